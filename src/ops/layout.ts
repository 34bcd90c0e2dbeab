/** The memory layouts that outputs inherit from inputs: they decide what is a view later, and what must be copied. */
import { broadcast } from './context.js';
import type { TensorType } from './spec.js';
import { stridesOf, withStrides } from './strides.js';

/** Strides of an operand as seen in the shape it is broadcast to: 0 where an axis is stretched or missing. */
export function broadcastStrides(type: TensorType, shape: readonly number[]): number[] {
  const strides = stridesOf(type);
  const missing = shape.length - type.shape.length;
  return shape.map((dim, axis) => {
    const own = type.shape[axis - missing];
    return own === undefined || (own === 1 && dim !== 1) ? 0 : (strides[axis - missing] ?? 0);
  });
}

/**
 * The output of an element-wise kernel: its axes lie in memory in the order of the operands', the first operand that
 * tells two axes apart deciding (aten/src/ATen/TensorIterator.cpp, reorder_dimensions).
 */
export function iteratedType(operands: readonly TensorType[], dtype: TensorType['dtype']): TensorType {
  const shape = broadcast(...operands.map((type) => type.shape));
  const plain = { dtype, shape };
  if (operands.every(({ strides }) => strides === undefined)) return plain;
  const all = operands.map((type) => broadcastStrides(type, shape));
  const order = [...shape.keys()].reverse();
  for (const from of order.keys()) sink(order, from, (first, second) => comesAfter(all, shape, [first, second]));
  return withStrides(plain, shape, stridesInOrder(shape, order));
}

/** Insertion sort's step, as far as comparisons are decided: undecided ones are stepped over. */
function sink(order: number[], from: number, compare: (first: number, second: number) => number): void {
  let at = from;
  for (let before = from - 1; before >= 0; before--) {
    const [first = 0, second = 0] = [order[before], order[at]];
    const result = compare(first, second);
    if (result < 0) return;
    if (result > 0) {
      order[before] = second;
      order[at] = first;
      at = before;
    }
  }
}

/** Positive where the first axis comes after the second (varies more slowly), negative before, 0 undecided. */
function comesAfter(
  operands: readonly (readonly number[])[],
  shape: readonly number[],
  [first, second]: readonly [number, number],
): number {
  for (const strides of operands) {
    const [a = 0, b = 0] = [strides[first], strides[second]];
    if (a === 0 || b === 0) continue;
    if (a !== b) return a - b;
    if ((shape[first] ?? 1) > (shape[second] ?? 1)) return 1;
  }
  return 0;
}

/** Dense strides with the axes in this order, fastest first. */
function stridesInOrder(shape: readonly number[], order: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  let stride = 1;
  for (const axis of order) {
    strides[axis] = stride;
    stride *= Math.max(shape[axis] ?? 1, 1);
  }
  return strides;
}

/** Channels first, then the last axis to the second, then the batch. */
function channelsLastOrder(rank: number): number[] {
  return [1, ...Array.from({ length: rank - 2 }, (_, index) => rank - 1 - index), 0];
}

/** True for an image or volume whose channels lie next to each other (c10/core/MemoryFormat.h). */
export function isChannelsLast({ shape, strides }: TensorType): boolean {
  const isImage = shape.length === 4 || shape.length === 5;
  if (!strides || !isImage || strides[1] === 0 || shape.includes(0)) return false;
  let least = 0;
  return channelsLastOrder(shape.length).every((axis) => {
    const stride = strides[axis] ?? 0;
    const isBehind = stride >= least && (axis !== 0 || least !== strides[1]);
    least = stride * (shape[axis] ?? 1);
    return isBehind;
  });
}

/** Convolutions, pools and norms put out what they are given: channels last, or contiguous. */
export function inLayoutOf(type: TensorType, shape: readonly number[]): TensorType {
  const plain = { dtype: type.dtype, shape };
  if (!isChannelsLast(type) || shape.length !== type.shape.length) return plain;
  return withStrides(plain, shape, stridesInOrder(shape, channelsLastOrder(shape.length)));
}
