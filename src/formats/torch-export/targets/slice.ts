import type { Call, Row } from '../call.js';
import { all } from './rows.js';
import type { Rows } from './rows.js';

/** Behind every axis there can be. */
const END = Number.MAX_SAFE_INTEGER;

function slice(call: Call): void {
  const at = (name: string, fallback: number): string => call.vector((call.sizes(name) ?? [fallback]).map(finite));
  const axes = call.vector([call.number('dim', 0)]);
  call.result('Slice', [call.operand('self'), at('start', 0), at('end', END), axes, at('step', 1)]);
}

/** The file writes 2^63 - 1 for the end. */
function finite<T>(value: T): T | number {
  return typeof value === 'number' ? Math.min(value, END) : value;
}

/** `narrow(dim, start, length)`. */
function narrow(call: Call): void {
  const [start = 0, length = 0] = [call.number('start', 0), call.number('length', 0)];
  const [starts, ends, axes] = [[start], [start + length], [call.number('dim', 0)]].map((values) =>
    call.vector(values),
  );
  call.result('Slice', [call.operand('self'), starts ?? '', ends ?? '', axes ?? '']);
}

/** One index of an axis: a view. */
function select(call: Call): void {
  const self = call.operand('self');
  const [index = 0] = call.sizes('index') ?? [];
  const at = typeof index === 'string' ? call.layer('Squeeze', [index]) : scalar(call, index);
  call.result('Gather', [self, at], { axis: call.number('dim', 0) });
}

function scalar(call: Call, value: number): string {
  return call.constant({ dtype: 'int64', shape: [], value: [value] });
}

/** Views of an axis, whose sizes are computed from its own. */
const split =
  (sizeOf: (call: Call, index: number, size: number) => number): Row =>
  (call) => {
    const self = call.operand('self');
    const axis = call.number('dim', 0);
    const size = call.recorded(self)?.shape?.at(axis);
    const outputs = call.outputs.length;
    if (typeof size !== 'number') {
      call.result('Split', [self], { axis, num_outputs: outputs });
      return;
    }
    const parts = Array.from({ length: outputs }, (_, index) => sizeOf(call, index, size));
    call.result('Split', [self, call.vector(parts)], { axis });
  };

/** All of one size, the last one smaller. */
const equally = (partOf: (call: Call, size: number) => number): Row =>
  split((call, index, size) => {
    const part = partOf(call, size);
    return Math.max(0, Math.min(part, size - index * part));
  });

/** What is left over makes the first ones larger by one (aten/src/ATen/native/TensorShape.cpp, tensor_split_sections_symint). */
const evenly = split(
  ({ outputs: { length } }, index, size) => Math.floor(size / length) + (index < size % length ? 1 : 0),
);

/** `tensor_split(indices, dim)`: slices from each index to the next. */
function splitAt(call: Call): void {
  const self = call.operand('self');
  const axes = call.vector([call.number('dim', 0)]);
  const bounds = [0, ...(call.sizes('indices') ?? []), END].map((at) => call.vector([at]));
  call.outputs.forEach((_, index) => {
    call.resultAt(index, 'Slice', [self, bounds[index] ?? '', bounds[index + 1] ?? '', axes]);
  });
}

/** `split.sizes` calls them `split_size`. */
function splitWithSizes(call: Call): void {
  const sizes = call.sizes('split_sizes') ?? call.sizes('split_size') ?? [];
  call.result('Split', [call.operand('self'), call.vector(sizes)], { axis: call.number('dim', 0) });
}

/** Every index of an axis as a tensor: one Split, whose parts lose the axis. */
function unbind(call: Call): void {
  const self = call.operand('self');
  const axis = call.number('dim', 0);
  const parts = call.layers('Split', [self], { axis, num_outputs: call.outputs.length });
  parts.forEach((part, index) => {
    call.resultAt(index, 'Squeeze', [part], { axes: [axis] });
  });
}

export const SLICE: Rows = {
  ...all(['slice', 'slice_copy'], slice),
  narrow,
  ...all(['select', 'select_copy'], select),
  ...all(
    ['split', 'split_copy', 'unsafe_split'],
    equally((call) => call.number('split_size', 1)),
  ),
  ...all(
    ['chunk', 'unsafe_chunk'],
    equally((call, size) => Math.ceil(size / Math.max(1, call.number('chunks', 1)))),
  ),
  tensor_split: evenly,
  'tensor_split.indices': splitAt,
  ...all(['split_with_sizes', 'split_with_sizes_copy', 'split.sizes'], splitWithSizes),
  ...all(['unbind', 'unbind_copy'], unbind),
};
