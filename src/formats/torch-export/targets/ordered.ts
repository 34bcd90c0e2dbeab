import type { Call } from '../call.js';
import { all, scalar } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

/** sort along the first axis, whose positions nobody reads but backward (Sorting.cpp, msort). */
function msort(call: Call): void {
  const self = call.operand('self');
  const [values = ''] = call.layers('TopK', [self, call.vector(axesOf(call, self, [0, 1]))], { axis: 0 }, 2);
  call.result('Identity', [values]);
}

/** One index of an axis. */
function at(call: Call, id: string, { index, axis }: { index: number; axis: number }): string {
  const position = call.constant({ dtype: 'int64', shape: [], value: [index] });
  return call.layer('Gather', [id, position], { axis });
}

/** All but the last index of an axis, and all but the first. */
function neighbours(call: Call, id: string, axis: number): readonly [string, string] {
  const [start, end, axes] = [call.vector([0]), call.vector([-1]), call.vector([axis])];
  const rest = [call.vector([1]), call.vector([Number.MAX_SAFE_INTEGER])] as const;
  return [call.layer('Slice', [id, start, end, axes]), call.layer('Slice', [id, ...rest, axes])];
}

/** The sum without half of both ends, times the step. */
function evenTrapezoid(call: Call): void {
  const y = call.operand('y');
  const axis = call.axis('dim', -1, call.rankOf(y));
  const ends = call.layer('Add', [at(call, y, { index: -1, axis }), at(call, y, { index: 0, axis })]);
  const half = call.layer('Mul', [ends, scalar(call, 0.5)]);
  const inside = call.layer('Sub', [call.layer('ReduceSum', [y], { axes: [axis], keepdims: 0 }), half]);
  call.result('Mul', [inside, scalar(call, call.number('dx', 1))]);
}

/** Where the values are, along the axis of a tensor of this rank. */
function positions(call: Call, rank: number, axis: number): string {
  const x = call.operand('x');
  const own = call.rankOf(x);
  if (own >= rank) return x;
  const leading = new Array<number>(rank - own).fill(1);
  const sizes = own === 1 ? new Array<number>(rank).fill(1).with(axis, -1) : [...leading, ...axesOf(call, x, [0, own])];
  return call.layer('Reshape', [x, call.vector(sizes)]);
}

/** Half of the sum of neighbours, each times how far they are apart. */
function trapezoid(call: Call): void {
  const y = call.operand('y');
  const rank = call.rankOf(y);
  const axis = call.axis('dim', -1, rank);
  const [before, behind] = neighbours(call, positions(call, rank, axis), axis);
  const steps = call.layer('Sub', [behind, before]);
  const areas = call.layer('Mul', [call.layer('Add', neighbours(call, y, axis)), steps]);
  call.result('Div', [call.layer('ReduceSum', [areas], { axes: [axis], keepdims: 0 }), scalar(call, 2)]);
}

/** Sources: aten/src/ATen/native/Sorting.cpp, Integration.cpp. */
export const ORDERED: Rows = {
  msort,
  ...all(['trapezoid.dx', 'trapz.dx'], evenTrapezoid),
  ...all(['trapezoid.x', 'trapz.x'], trapezoid),
};
