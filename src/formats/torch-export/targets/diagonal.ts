import type { Call, GivenAttributes } from '../call.js';
import { row } from './rows.js';
import type { Rows } from './rows.js';

const matrixAxes = (call: Call, rank: number, defaults: readonly [number, number]): GivenAttributes => ({
  axes: [call.axis('dim1', defaults[0], rank), call.axis('dim2', defaults[1], rank)],
  offset: call.number('offset', call.number('diagonal', 0)),
});

/** A copy of the diagonal. */
function diagonalCopy(call: Call): void {
  const self = call.operand('self');
  call.result('Clone', [call.layer('Diagonal', [self], matrixAxes(call, call.rankOf(self), [0, 1]))]);
}

function diagonalEmbed(call: Call): void {
  const self = call.operand('self');
  call.result('DiagonalEmbed', [self], matrixAxes(call, call.rankOf(self) + 1, [-2, -1]));
}

/** A vector becomes a matrix, of a matrix its diagonal is copied (TensorShape.cpp, diag). */
function diag(call: Call): void {
  (call.rankOf(call.operand('self')) === 1 ? diagonalEmbed : diagonalCopy)(call);
}

function blockDiagonal(call: Call): void {
  call.result('BlockDiagonal', call.operands('tensors'));
}

/** Sources: aten/src/ATen/native/TensorShape.cpp, TensorFactories.cpp. */
export const DIAGONAL: Rows = {
  diag,
  diagonal_copy: diagonalCopy,
  diag_embed: diagonalEmbed,
  diagonal_scatter: row('CopyInto', ['self', 'src']),
  trace: row('Trace'),
  block_diag: blockDiagonal,
};
