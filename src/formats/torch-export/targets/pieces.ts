import type { Size } from '../argument.js';
import type { Call, Row } from '../call.js';
import { row } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

/** Each vector along an axis of its own, in the shape that they have together: views (TensorShape.cpp, meshgrid). */
function meshgrid(call: Call): void {
  const tensors = call.operands('tensors');
  const sizes = tensors.map((id): Size => (call.rankOf(id) === 0 ? 1 : (axesOf(call, id, [0, 1])[0] ?? 1)));
  const axes = [...tensors.keys()];
  // Of images: the first two change places.
  const order = call.text('indexing') === 'xy' ? [1, 0, ...axes.slice(2)].slice(0, axes.length) : axes;
  const shape = call.vector(order.map((axis) => sizes[axis] ?? 1));
  tensors.forEach((id, index) => {
    const alone = call.vector(order.map((axis) => (axis === index ? -1 : 1)));
    call.resultAt(index, 'Expand', [call.layer('Reshape', [id, alone]), shape]);
  });
}

/** A tensor in the shape of another but for one axis. */
function expandedAs(call: Call, id: string, { other, axis }: { other: string; axis: number }): string {
  const sizes = axesOf(call, other, [0, call.rankOf(other)]);
  return call.layer('Expand', [id, call.vector(sizes.with(axis, 1))]);
}

/** gather, of indices that are counted from the start first (TensorAdvancedIndexing.cpp, take_along_dim). */
function takeAlong(call: Call): void {
  const [self, indices] = [call.operand('self'), call.operand('indices')];
  if (!call.numbers('dim')) {
    const flat = [self, indices].map((id) => call.layer('Reshape', [id, call.vector([-1])]));
    call.result('GatherElements', flat, { axis: 0 });
    return;
  }
  const axis = call.axis('dim', 0, call.rankOf(self));
  const size = call.layer('Squeeze', [call.vector(axesOf(call, self, [axis, axis + 1]))]);
  const positions = call.layer('Mod', [expandedAs(call, indices, { other: self, axis }), size]);
  call.result('GatherElements', [expandedAs(call, self, { other: indices, axis }), positions], { axis });
}

/** Turned by so many quarters (TensorTransformations.cpp, rot90). */
function rot90(call: Call): void {
  const self = call.operand('self');
  const rank = call.rankOf(self);
  const [first = 0, second = 1] = (call.numbers('dims') ?? [0, 1]).map((axis) => (axis < 0 ? axis + rank : axis));
  const quarters = (4 + (call.number('k', 1) % 4)) % 4;
  if (quarters === 0) call.result('Clone', [self]);
  else if (quarters === 2) call.result('Flip', [self], { axes: [first, second] });
  else {
    const flipped = call.layer('Flip', [self], { axes: [quarters === 1 ? second : first] });
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    call.result('Transpose', [flipped], { perm: perm.with(first, second).with(second, first) });
  }
}

/** How many elements are on a diagonal of a matrix or below it. */
function countBelow(rows: number, columns: number, offset: number): number {
  const upTo = (count: number): number => {
    const ramp = Math.max(0, Math.min(count, columns));
    return (ramp * (ramp + 1)) / 2 + Math.max(0, count - columns) * columns;
  };
  return upTo(rows + offset) - upTo(offset);
}

/** Rows and columns of the elements of a triangle, as numbers. */
const triangle =
  (countOf: (rows: number, columns: number, offset: number) => number): Row =>
  (call) => {
    const count = countOf(call.number('row', 0), call.number('col', 0), call.number('offset', 0));
    call.result('ConstantOfShape', [call.vector([2, count])], {
      value_dtype: call.dtype() ?? 'int64',
      uninitialized: 1,
    });
  };

/** Sources: aten/src/ATen/native/TensorTransformations.cpp, TensorFactories.cpp, Bucketization.cpp. */
export const PIECES: Rows = {
  meshgrid,
  take_along_dim: takeAlong,
  rot90,
  fliplr: row('Flip', ['self'], () => ({ axes: [1] })),
  flipud: row('Flip', ['self'], () => ({ axes: [0] })),
  tril_indices: triangle(countBelow),
  triu_indices: triangle((rows, columns, offset) => rows * columns - countBelow(rows, columns, offset - 1)),
  bucketize: row('Bucketize', ['self', 'boundaries']),
  searchsorted: row('Bucketize', ['self', 'sorted_sequence']),
};
