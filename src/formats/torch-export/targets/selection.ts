import type { Call, Row } from '../call.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** A vector of no elements joins anything: caches begin as one (aten/src/ATen/native/TensorShape.cpp, cat_should_skip_tensor). */
function isSkipped(call: Call, id: string): boolean {
  const shape = call.recorded(id)?.shape;
  return shape?.length === 1 && shape[0] === 0;
}

function cat(call: Call): void {
  const parts = call.operands('tensors');
  const joined = parts.filter((id) => !isSkipped(call, id));
  call.result('Concat', joined.length === 0 ? parts : joined, { axis: call.number('dim', 0) });
}

/** A new axis in each, then joined along it. */
function stack(call: Call): void {
  const axis = call.number('dim', 0);
  const parts = call.operands('tensors').map((id) => call.layer('Unsqueeze', [id], { axes: [axis] }));
  call.result('Concat', parts, { axis });
}

/** One tensor of indices is index_select; several, or masks, are what NumPy calls advanced indexing. */
function index(call: Call): void {
  const indices = call.operands('indices');
  const only = indices.length === 1 ? call.recorded(indices[0] ?? '') : undefined;
  if (only && only.dtype !== 'bool' && only.dtype !== 'uint8')
    call.result('Gather', [call.operand('self'), only.id], { axis: 0 });
  else call.result('Index', [call.operand('self'), ...indices]);
}

function indexPut(call: Call): void {
  const attributes = { reduction: call.number('accumulate', 0) === 0 ? 'none' : 'add' };
  call.result('IndexPut', [call.operand('self'), call.operand('values'), ...call.operands('indices')], attributes);
}

const along = (call: Call): { axis: number } => ({ axis: call.number('dim', 0) });

/** What is scattered is a tensor, or one number; `scatter_reduce` names what becomes of several. */
const scatter =
  (reduction: string): Row =>
  (call) => {
    const source = call.operand('src') || call.operand('value');
    const attributes = { ...along(call), reduction: call.text('reduce') ?? reduction };
    call.result('ScatterElements', [call.operand('self'), call.operand('index'), source], attributes);
  };

/** `one_hot(self, num_classes)`: 0 and 1, of integers. */
function oneHot(call: Call): void {
  const depth = call.constant({ dtype: 'int64', shape: [], value: [call.number('num_classes', 0)] });
  call.result('OneHot', [call.operand('self'), depth, call.vector([0, 1])]);
}

/** The parts of one tensor that a shift moves round. */
const axes = (call: Call): { axes: readonly number[] | undefined } => ({ axes: call.numbers('dims') });

function repeat(call: Call): void {
  const self = call.operand('self');
  const repeats = call.sizes('repeats') ?? call.sizes('dims') ?? [];
  const missing = repeats.length - call.rankOf(self);
  const source =
    missing > 0 ? call.layer('Unsqueeze', [self], { axes: Array.from({ length: missing }, (_, axis) => axis) }) : self;
  const padded = missing < 0 ? [...new Array<number>(-missing).fill(1), ...repeats] : repeats;
  call.result('Tile', [source, call.vector(padded)]);
}

/** `repeat_interleave(repeats, dim)`; without an axis the tensor is one row. */
function repeatInterleave(call: Call): void {
  const self = call.operand('self');
  const source = call.numbers('dim') ? self : call.layer('Reshape', [self, call.vector([-1])]);
  call.result('RepeatInterleave', [source], { ...along(call), repeats: call.number('repeats', 1) });
}

/** `x[1:] - x[:-1]`, with what is put in front. */
function diff(call: Call): void {
  const axis = call.number('dim', -1);
  const parts = [call.operand('prepend'), call.operand('self'), call.operand('append')].filter((id) => id !== '');
  const whole = parts.length > 1 ? call.layer('Concat', parts, { axis }) : (parts[0] ?? '');
  const [ones, zeros, axisTensor] = [[1], [0], [axis]].map((values) => call.vector(values));
  const ends = [call.vector([Number.MAX_SAFE_INTEGER]), call.vector([-1])];
  const later = call.layer('Slice', [whole, ones ?? '', ends[0] ?? '', axisTensor ?? '']);
  const earlier = call.layer('Slice', [whole, zeros ?? '', ends[1] ?? '', axisTensor ?? '']);
  call.result('Sub', [later, earlier]);
}

/** Side by side: of vectors one behind the other. */
function hstack(call: Call): void {
  const parts = call.operands('tensors');
  call.result('Concat', parts, { axis: Math.min(1, call.rankOf(parts[0] ?? '') - 1) });
}

/** One under the other: a vector is a row. */
function vstack(call: Call): void {
  const parts = call
    .operands('tensors')
    .map((id) => (call.rankOf(id) === 1 ? call.layer('Unsqueeze', [id], { axes: [0] }) : id));
  call.result('Concat', parts, { axis: 0 });
}

export const SELECTION: Rows = {
  hstack,
  vstack,
  index_add: row('IndexAdd', ['self', 'source', 'index'], along),
  ...all(['cat', 'concat', 'concatenate'], cat),
  stack,
  embedding: row('Gather', ['weight', 'indices'], () => ({ axis: 0 })),
  ...all(
    ['embedding_bag', '_embedding_bag'],
    row('EmbeddingBag', ['weight', 'indices', 'offsets', 'per_sample_weights'], (call) => ({
      mode: call.number('mode', 0),
      include_last_offset: call.number('include_last_offset', 0),
    })),
  ),
  index_select: row('Gather', ['self', 'index'], along),
  ...all(['index', '_unsafe_index'], index),
  ...all(['index_put', '_unsafe_index_put'], indexPut),
  gather: row('GatherElements', ['self', 'index'], along),
  masked_scatter: row('IndexPut', ['self', 'source', 'mask'], () => ({ reduction: 'none' })),
  scatter: scatter('none'),
  ...all(['scatter_add', 'scatter_reduce'], scatter('add')),
  ...all(['tril', 'triu'], row('Trilu')),
  nonzero: row('NonZero'),
  one_hot: oneHot,
  roll: row('Roll', ['self'], axes),
  flip: row('Flip', ['self'], axes),
  ...all(['repeat', 'tile'], repeat),
  repeat_interleave: repeatInterleave,
  diff,
};
