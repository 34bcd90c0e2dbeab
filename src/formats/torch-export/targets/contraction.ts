import type { Size } from '../argument.js';
import type { Call } from '../call.js';
import { row } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

/** How many elements these axes have together: a number, or what computes it. */
function productOf(call: Call, sizes: readonly Size[]): Size {
  if (sizes.every((size) => typeof size === 'number')) return sizes.reduce((product, size) => product * size, 1);
  return call.layer('ReduceProd', [call.vector(sizes)], { keepdims: 1 });
}

/** One side of a contraction: the axes that are summed, and those that stay. */
interface Side {
  readonly id: string;
  readonly summed: readonly number[];
  readonly kept: readonly number[];
  readonly sizes: readonly Size[];
}

function sideOf(call: Call, id: string, stated: readonly number[]): Side {
  const rank = call.rankOf(id);
  const summed = stated.map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !summed.includes(axis));
  return { id, summed, kept, sizes: axesOf(call, id, [0, rank]) };
}

/** Axes that are 1 on the other side alone are summed first. */
function summedWhereStretched(call: Call, side: Side, other: Side): Side {
  const axes = side.summed.filter(
    (axis, index) => other.sizes[other.summed[index] ?? 0] === 1 && side.sizes[axis] !== 1,
  );
  if (axes.length === 0) return side;
  const id = call.layer('ReduceSum', [side.id], { axes, keepdims: 1 });
  return { ...side, id, sizes: side.sizes.map((size, axis) => (axes.includes(axis) ? 1 : size)) };
}

const sizesAt = ({ sizes }: Side, axes: readonly number[]): readonly Size[] => axes.map((axis) => sizes[axis] ?? 1);

/** Its axes in this order, in this shape. */
function arranged(call: Call, { id }: Side, order: { perm: readonly number[]; shape: readonly Size[] }): string {
  const permuted = call.layer('Transpose', [id], { perm: order.perm });
  return call.layer('Reshape', [permuted, call.vector(order.shape)]);
}

/** Two tensors as matrices, whose product gets the axes back that stay (Linear.cpp, tensordot). */
function contract(call: Call, given: readonly [Side, Side]): void {
  const left = summedWhereStretched(call, given[0], given[1]);
  const right = summedWhereStretched(call, given[1], given[0]);
  const summed = productOf(call, sizesAt(left, left.summed));
  const [rows, columns] = [left, right].map((side) => productOf(call, sizesAt(side, side.kept)));
  const product = call.layer('TensorDot', [
    arranged(call, left, { perm: [...left.kept, ...left.summed], shape: [rows ?? 1, summed] }),
    arranged(call, right, { perm: [...right.summed, ...right.kept], shape: [summed, columns ?? 1] }),
  ]);
  const sizes = [...sizesAt(left, left.kept), ...sizesAt(right, right.kept)];
  call.result('Reshape', [product, call.vector(sizes)]);
}

function tensordot(call: Call): void {
  const [left, right] = [call.numbers('dims_self') ?? [], call.numbers('dims_other') ?? []];
  contract(call, [sideOf(call, call.operand('self'), left), sideOf(call, call.operand('other'), right)]);
}

/** tensordot of the last axes; a number is a factor (LinearAlgebra.cpp, inner). */
function inner(call: Call): void {
  const operands = [call.operand('self'), call.operand('other')] as const;
  if (operands.some((id) => call.rankOf(id) === 0)) call.result('Mul', operands);
  else contract(call, [sideOf(call, operands[0], [-1]), sideOf(call, operands[1], [-1])]);
}

/** Rows of features: all axes in front made one. */
function rowsOf(call: Call, id: string): string {
  const rank = call.rankOf(id);
  return call.layer('Reshape', [id, call.vector([-1, ...axesOf(call, id, [rank - 1, rank])])]);
}

/** nn.Bilinear (Linear.cpp, bilinear). */
function bilinear(call: Call): void {
  const [first, weight, bias] = [call.operand('input1'), call.operand('weight'), call.operand('bias')];
  const rows = [rowsOf(call, first), weight, rowsOf(call, call.operand('input2'))];
  const shape = call.vector([...axesOf(call, first, [0, call.rankOf(first) - 1]), ...axesOf(call, weight, [0, 1])]);
  const inputs = [call.layer('Trilinear', rows), shape];
  if (bias === '') call.result('Reshape', inputs);
  else call.result('Add', [call.layer('Reshape', inputs), bias]);
}

/** Every element times all of the other tensor: each axis of one beside that of the other (LinearAlgebra.cpp, KronImpl). */
function kron(call: Call): void {
  const operands = [call.operand('self'), call.operand('other')];
  const rank = Math.max(...operands.map((id) => call.rankOf(id)));
  const [left = [], right = []] = operands.map((id): readonly Size[] => {
    const own = call.rankOf(id);
    return [...new Array<number>(rank - own).fill(1), ...axesOf(call, id, [0, own])];
  });
  const shapes = [left.flatMap((size) => [size, 1]), right.flatMap((size) => [1, size])];
  const factors = operands.map((id, index) => call.layer('Reshape', [id, call.vector(shapes[index] ?? [])]));
  const sizes = left.map((size, axis) => productOf(call, [size, right[axis] ?? 1]));
  call.result('Reshape', [call.layer('Mul', factors), call.vector(sizes)]);
}

/** Sources: aten/src/ATen/native/Linear.cpp, LinearAlgebra.cpp. */
export const CONTRACTION: Rows = {
  tensordot,
  inner,
  bilinear,
  kron,
  addr: row('OuterSum', ['self', 'vec1', 'vec2'], (call) => ({ beta: call.number('beta', 1) })),
};
