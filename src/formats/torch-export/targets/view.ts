import type { Size } from '../argument.js';
import type { Call, Row } from '../call.js';
import { all, identity, row } from './rows.js';
import type { Rows } from './rows.js';

/** A target shape as Reshape and Expand read it: here 0 is a size like any other. */
function reshape(call: Call, sizes: readonly Size[]): void {
  const attributes = sizes.includes(0) ? { allowzero: 1 } : {};
  call.result('Reshape', [call.operand('self'), call.vector(sizes)], attributes);
}

const toSizes =
  (name: string): Row =>
  (call) => {
    reshape(call, call.sizes(name) ?? []);
  };

/** The shape of another tensor. */
const like =
  (type: 'Reshape' | 'Expand'): Row =>
  (call) => {
    call.result(type, [call.operand('self'), call.layer('Shape', [call.operand('other')])]);
  };

/** Axes from `start_dim` to `end_dim` made one: sizes in front and behind are those of the input. */
function flatten(call: Call): void {
  const self = call.operand('self');
  const rank = Math.max(1, call.rankOf(self));
  const [start, end] = [call.axis('start_dim', 0, rank), call.axis('end_dim', -1, rank)];
  const sizes: Size[] = [...axesOf(call, self, [0, start]), -1, ...axesOf(call, self, [end + 1, rank])];
  reshape(call, sizes);
}

/** `unflatten(dim, sizes)`: one axis made several. */
function unflatten(call: Call): void {
  const self = call.operand('self');
  const rank = call.rankOf(self);
  const axis = call.axis('dim', 0, rank);
  const sizes = call.sizes('sizes') ?? [];
  reshape(call, [...axesOf(call, self, [0, axis]), ...sizes, ...axesOf(call, self, [axis + 1, rank])]);
}

/** Sizes of a tensor's axes: numbers where the file states them, else read from the tensor. */
export function axesOf(call: Call, id: string, [from, to]: readonly [number, number]): readonly Size[] {
  const shape = call.recorded(id)?.shape;
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => {
    const dim = shape?.[from + index];
    if (typeof dim === 'number') return dim;
    return call.layer('Shape', [id], { start: from + index, end: from + index + 1 });
  });
}

/** -1 keeps a size, which is what 1 means to a broadcast. */
function expand(call: Call): void {
  const sizes = call.sizes('size') ?? [];
  call.result('Expand', [call.operand('self'), call.vector(sizes.map((size) => (size === -1 ? 1 : size)))]);
}

const transpose =
  (names: readonly [string, string]): Row =>
  (call) => {
    const self = call.operand('self');
    const rank = call.rankOf(self);
    const [first, second] = [call.axis(names[0], 0, rank), call.axis(names[1], 1, rank)];
    const perm = Array.from({ length: rank }, (_, axis) => (axis === first ? second : axis === second ? first : axis));
    call.result('Transpose', [self], { perm });
  };

/** The last two axes, which are all that `t` has. */
function transposeLast(call: Call): void {
  const self = call.operand('self');
  const axes = Array.from({ length: call.rankOf(self) }, (_, axis) => axis);
  call.result('Transpose', [self], { perm: [...axes.slice(0, -2), ...axes.slice(-2).reverse()] });
}

function permute(call: Call): void {
  const rank = call.rankOf(call.operand('self'));
  const perm = call.numbers('dims')?.map((axis) => (axis < 0 ? axis + rank : axis));
  call.result('Transpose', [call.operand('self')], { perm });
}

/** An axis that is not 1 stays; without any, all that are 1 go. */
function squeeze(call: Call): void {
  const self = call.operand('self');
  const shape = call.recorded(self)?.shape ?? [];
  const dims = call.numbers('dim')?.map((axis) => (axis < 0 ? axis + shape.length : axis));
  const axes = dims?.filter((axis) => shape[axis] === 1);
  if (axes?.length === 0) call.result('Identity', [self]);
  else call.result('Squeeze', [self], { axes });
}

/** `movedim(source, destination)`. */
function movedim(call: Call): void {
  const self = call.operand('self');
  const rank = call.rankOf(self);
  const axes = (name: string): readonly number[] =>
    (call.numbers(name) ?? []).map((axis) => (axis < 0 ? axis + rank : axis));
  const [from, to] = [axes('source'), axes('destination')];
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !from.includes(axis));
  const perm = Array.from({ length: rank }, (_, axis) => {
    const moved = to.indexOf(axis);
    return moved === -1 ? (rest.shift() ?? 0) : (from[moved] ?? 0);
  });
  call.result('Transpose', [self], { perm });
}

/** Each in the shape that they have together. */
function broadcastTensors(call: Call): void {
  const tensors = call.operands('tensors');
  const shapes = tensors.map((id) => call.layer('Shape', [id]));
  tensors.forEach((id, index) => {
    const expanded = shapes.slice(1).reduce((source, shape) => call.layer('Expand', [source, shape]), id);
    call.resultAt(index, 'Expand', [expanded, shapes[0] ?? '']);
  });
}

/**
 * adaptive_avg_pool2d gives its mean other strides (aten/src/ATen/native/AdaptiveAveragePooling.cpp), which of one position
 * are the same; what else is another part of the memory stays unknown.
 */
function asStrided(call: Call): void {
  const self = call.operand('self');
  const [before, after] = [self, call.outputs[0] ?? ''].map((id) => JSON.stringify(call.recorded(id)?.shape));
  call.result(before === after ? 'Identity' : call.target.text, [self]);
}

/** torch/_export/serde/schema.py, MemoryFormat. */
const CONTIGUOUS_FORMAT = 1;

function clone(call: Call): void {
  const isContiguous = call.number('memory_format', 0) === CONTIGUOUS_FORMAT;
  call.result('Clone', [call.operand('self')], { memory_format: isContiguous ? 'contiguous' : undefined });
}

/** Sources: aten/src/ATen/native/native_functions.yaml; `_copy` forms come from functionalized exports. */
export const VIEW: Rows = {
  ...all(['view', 'view_copy', '_unsafe_view', '_reshape_alias'], toSizes('size')),
  reshape: toSizes('shape'),
  ...all(['reshape_as', 'view_as'], like('Reshape')),
  ...all(['flatten', 'ravel'], flatten),
  unflatten,
  ...all(['expand', 'expand_copy', 'broadcast_to'], expand),
  broadcast_tensors: broadcastTensors,
  diagonal: row('Diagonal', ['self'], (call) => {
    const rank = call.rankOf(call.operand('self'));
    return { axes: [call.axis('dim1', 0, rank), call.axis('dim2', 1, rank)], offset: call.number('offset', 0) };
  }),
  expand_as: like('Expand'),
  ...all(['transpose', 'transpose_copy', 'swapdims'], transpose(['dim0', 'dim1'])),
  swapaxes: transpose(['axis0', 'axis1']),
  ...all(['t', 'mT', 't_copy', 'numpy_T', 'matrix_H'], transposeLast),
  ...all(['permute', 'permute_copy'], permute),
  ...all(['movedim', 'moveaxis'], movedim),
  ...all(
    ['unsqueeze', 'unsqueeze_copy'],
    row('Unsqueeze', ['self'], (call) => ({ axes: call.numbers('dim') })),
  ),
  ...all(['squeeze', 'squeeze_copy'], squeeze),
  ...all(['alias', 'alias_copy', 'lift_fresh', 'lift_fresh_copy', 'lift'], identity),
  ...all(['detach', 'detach_copy'], row('Detach')),
  contiguous: row('Contiguous'),
  clone,
  as_strided: asStrided,
  unfold: row('Unfold', ['self'], (call) => ({
    axis: call.number('dimension', 0),
    size: call.number('size', 1),
    step: call.number('step', 1),
  })),
};
