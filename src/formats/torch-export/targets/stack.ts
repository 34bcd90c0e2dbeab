import { quoted } from '../../../graph/index.js';
import { LIMITS } from '../../limits.js';
import type { Size } from '../argument.js';
import type { Call, Row } from '../call.js';
import { failure } from '../failure.js';
import { all } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

/** Behind every axis there can be. */
const END = Number.MAX_SAFE_INTEGER;

/** The new axes of a tensor that has fewer than two or three (TensorTransformations.cpp, atleast_2d and atleast_3d). */
function missingAxes(rank: number, least: number): readonly number[] {
  if (rank >= least) return [];
  if (rank === 0) return Array.from({ length: least }, (_, axis) => axis);
  return least === 3 && rank === 1 ? [0, 2] : [rank === 2 ? 2 : 0];
}

const atLeast =
  (least: number): Row =>
  (call) => {
    const tensors = [...call.operands('self'), ...call.operands('tensors')];
    tensors.forEach((id, index) => {
      const axes = missingAxes(call.rankOf(id), least);
      if (axes.length === 0) call.resultAt(index, 'Identity', [id]);
      else call.resultAt(index, 'Unsqueeze', [id], { axes });
    });
  };

/** Joined along an axis that those have which have fewer. */
const joined =
  (axis: number, extend: (call: Call, id: string) => string): Row =>
  (call) => {
    const parts = call.operands('tensors').map((id) => extend(call, id));
    call.result('Concat', parts, { axis });
  };

/** A vector is a column, a number too. */
function asColumn(call: Call, id: string): string {
  return call.rankOf(id) <= 1 ? call.layer('Reshape', [id, call.vector([-1, 1])]) : id;
}

const extended =
  (least: number) =>
  (call: Call, id: string): string => {
    const axes = missingAxes(call.rankOf(id), least);
    return axes.length === 0 ? id : call.layer('Unsqueeze', [id], { axes });
  };

/** Slices of an axis, from each bound to the next. */
function sliced(call: Call, axis: number, bounds: readonly number[]): void {
  const axes = call.vector([axis]);
  const ends = [0, ...bounds, END].map((at) => call.vector([at]));
  call.outputs.forEach((_, index) => {
    call.resultAt(index, 'Slice', [call.operand('self'), ends[index] ?? '', ends[index + 1] ?? '', axes]);
  });
}

/** Parts of one size: tensor_split along an axis, of vectors the first for `hsplit` (TensorShape.cpp). */
const splitAlong =
  (axisOf: (rank: number) => number): Row =>
  (call) => {
    const self = call.operand('self');
    const axis = axisOf(call.rankOf(self));
    const size = call.recorded(self)?.shape?.[axis];
    const parts = call.outputs.length;
    const bounds = call.numbers('indices');
    if (bounds) sliced(call, axis, bounds);
    else if (typeof size !== 'number') call.result('Split', [self], { axis, num_outputs: parts });
    else {
      const equal = Array.from({ length: parts - 1 }, (_, index) => ((index + 1) * size) / parts);
      sliced(call, axis, equal);
    }
  };

/**
 * Every element of one beside every one of the others: each stretched, in a row, then stacked (LinearAlgebra.cpp). Before
 * that each is an axis, of which a tensor has no more than so many.
 */
function cartesianProduct(call: Call): void {
  const tensors = call.operands('tensors');
  if (tensors.length > LIMITS.maxRank) {
    const message = `a product of more than ${LIMITS.maxRank} tensors`;
    throw failure('LIMIT_EXCEEDED', message, { location: `node ${quoted(call.id)}` });
  }
  if (tensors.length === 1) {
    call.result('Identity', tensors);
    return;
  }
  const shape = call.vector(tensors.map((id): Size => axesOf(call, id, [0, 1])[0] ?? 1));
  const columns = tensors.map((id, index) => {
    const alone = call.layer('Reshape', [id, call.vector(tensors.map((_, axis) => (axis === index ? -1 : 1)))]);
    const row = call.layer('Reshape', [call.layer('Expand', [alone, shape]), call.vector([-1])]);
    return call.layer('Unsqueeze', [row], { axes: [1] });
  });
  call.result('Concat', columns, { axis: 1 });
}

/** Sources: aten/src/ATen/native/TensorShape.cpp, TensorTransformations.cpp. */
export const STACK: Rows = {
  atleast_1d: atLeast(1),
  atleast_2d: atLeast(2),
  atleast_3d: atLeast(3),
  column_stack: joined(1, asColumn),
  dstack: joined(2, extended(3)),
  row_stack: joined(0, extended(2)),
  hsplit: splitAlong((rank) => (rank === 1 ? 0 : 1)),
  vsplit: splitAlong(() => 0),
  dsplit: splitAlong(() => 2),
  ...all(['cartesian_prod'], cartesianProduct),
};
