import { axisOf, dimAt, input, integers, normalizeAxis, numberAttribute, requiredIntegers } from './context.js';
import { offsets, pick } from './fold.js';
import type { Folded, Values } from './fold.js';
import { iteratedType } from './layout.js';
import { firstGradient } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { contiguousStrides, stridesOf, withStrides } from './strides.js';
import { VIEW_ROLES } from './view.js';

/** One axis of a slice: `count` elements from `from`, every `step`. */
interface AxisRange {
  readonly axis: number;
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

function takeRanges(data: Folded, ranges: readonly AxisRange[]): number[] | undefined {
  const strides = contiguousStrides(data.shape);
  const shape = [...data.shape];
  let base = 0;
  for (const { axis, from, step, count } of ranges) {
    const stride = strides[axis] ?? 1;
    base += from * stride;
    strides[axis] = stride * step;
    shape[axis] = count;
  }
  return pick(
    data.values,
    offsets(shape, strides)?.map((offset) => base + offset),
  );
}

/** Sizes of the parts of `Split`: stated, or equal, the last one smaller. */
function partsOf(context: OpContext, size: number): readonly number[] {
  const stated = integers(context, 1, 'split');
  if (stated) return stated;
  const count = numberAttribute(context.layer, 'num_outputs', context.outputCount);
  if (count > context.outputCount)
    throw new ShapeError(`Split into ${count} parts, but ${context.outputCount} outputs`);
  const part = Math.ceil(size / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(part, size - index * part)));
}

function inferSplit(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = axisOf(context, 0);
  const parts = partsOf(context, dimAt(type.shape, axis));
  if (parts.reduce((sum, part) => sum + part, 0) !== dimAt(type.shape, axis)) {
    throw new ShapeError(`parts of [${parts.join(', ')}] do not make ${dimAt(type.shape, axis)}`);
  }
  const strides = stridesOf(type);
  return parts.map((part) => withStrides(type, type.shape.with(axis, part), strides));
}

function evaluateSplit(context: OpContext): readonly (Values | undefined)[] {
  const values = context.value(0);
  const { shape } = input(context, 0);
  const axis = axisOf(context, 0);
  let from = 0;
  return partsOf(context, dimAt(shape, axis)).map((count) => {
    const range = { axis, from, step: 1, count };
    from += count;
    return values && takeRanges({ shape, values }, [range]);
  });
}

/** `Slice`: attributes before opset 10, inputs since. */
function rangesOf(context: OpContext): AxisRange[] {
  const { shape } = input(context, 0);
  const starts = requiredIntegers(context, 1, 'starts');
  const ends = requiredIntegers(context, 2, 'ends');
  const axes = integers(context, 3, 'axes') ?? [...starts.keys()];
  const steps = integers(context, 4, 'steps');
  return axes.map((stated, index) => {
    const axis = normalizeAxis(stated, shape.length);
    const bounds = { start: starts[index] ?? 0, end: ends[index] ?? 0, step: steps?.[index] ?? 1 };
    return { axis, ...bounded(dimAt(shape, axis), bounds) };
  });
}

/** Starts and ends are cut to [0, size] forwards and, so that the first element can be reached, to [-1, size - 1] backwards. */
function bounded(
  size: number,
  { start, end, step }: { start: number; end: number; step: number },
): Omit<AxisRange, 'axis'> {
  if (step === 0) throw new ShapeError('Slice with a step of 0');
  const fromEnd = (index: number): number => (index < 0 ? index + size : index);
  const clamp = (index: number, low: number, high: number): number => Math.max(low, Math.min(high, fromEnd(index)));
  const high = step > 0 ? size : size - 1;
  const from = clamp(start, 0, high);
  const to = step < 0 && end < -size ? -1 : clamp(end, step > 0 ? 0 : -1, high);
  return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** True where every step runs forwards: a view with other strides. PyTorch has no view that runs backwards. */
function isForward(context: OpContext): boolean {
  return rangesOf(context).every(({ step }) => step > 0);
}

function inferSlice(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const shape = [...type.shape];
  const strides = [...stridesOf(type)];
  for (const { axis, step, count } of rangesOf(context)) {
    shape[axis] = count;
    strides[axis] = (strides[axis] ?? 1) * Math.abs(step);
  }
  const sliced = withStrides(type, shape, strides);
  return [isForward(context) ? sliced : iteratedType([sliced], type.dtype)];
}

/** Sources: ONNX operator specification; aten/src/ATen/native/TensorShape.cpp; tools/autograd/derivatives.yaml. */
export const SLICE = {
  /** split_backward joins the parts' gradients into a new tensor. */
  Split: {
    infer: inferSplit,
    evaluate: evaluateSplit,
    view: () => true,
    gradients: firstGradient,
    roles: VIEW_ROLES,
  },
  /** slice_backward writes into a tensor of zeros. */
  Slice: {
    infer: inferSlice,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && takeRanges({ shape: input(context, 0).shape, values }, rangesOf(context))];
    },
    view: isForward,
    gradients: firstGradient,
    roles: VIEW_ROLES,
  },
} as const satisfies Record<string, OpSpec>;
