import { expect, test } from '@jest/globals';
import { bound, call, read, written } from './reading.js';

test('a mesh of vectors is views of them, in a shape that the batch decides', async () => {
  const mesh = call(
    'meshgrid.indexing',
    { tensors: ['%x', '%w'], indexing: 'xy' },
    { y: [3, 's0'], z: [3, 's0'] },
    { isList: true },
  );
  const graph = await read([mesh], { inputs: { x: ['s0'], w: [3] } });
  expect(written(graph)).toEqual([
    'y/shape_0 = Shape(x)',
    'y/concat_2 = Concat([3], y/shape_0)',
    ...['y/reshape_4 = Reshape(x, [1 -1])', 'y = Expand(y/reshape_4, y/concat_2)'],
    ...['y/reshape_6 = Reshape(w, [-1 1])', 'z = Expand(y/reshape_6, y/concat_2)'],
  ]);
  const { tensors } = bound(graph);
  expect(['y', 'z'].map((id) => tensors.get(id)?.type)).toEqual([
    { dtype: 'float32', shape: [3, 2], strides: [0, 1] },
    { dtype: 'float32', shape: [3, 2], strides: [1, 0] },
  ]);
});

test('what is taken along an axis is stretched along the others', async () => {
  const taken = call('take_along_dim.default', { self: '%x', indices: '%i', dim: -1 }, { y: ['s0', 4, 2] });
  const graph = await read([taken], { inputs: { x: ['s0', 4, 6], i: [1, 4, 2] }, integers: ['i'] });
  expect(bound(graph)).toMatchObject({ problems: [], unknownOps: {} });
  expect(bound(graph).tensors.get('y')?.type?.shape).toEqual([2, 4, 2]);
});

// torch.tril_indices and triu_indices, torch 2.15.
test.each([
  ['tril', [4, 6], -1, 6],
  ['tril', [4, 6], 8, 24],
  ['tril', [6, 4], 0, 18],
  ['tril', [4, 4], -9, 0],
  ['triu', [4, 6], 1, 14],
  ['triu', [6, 4], -2, 18],
  ['triu', [4, 4], 9, 0],
])('%s_indices of %j from diagonal %d are %d', async (name, [row = 0, col = 0], offset, count) => {
  const graph = await read([call(`${name}_indices.default`, { row, col, offset }, { y: [2, count] })]);
  expect(bound(graph).tensors.get('y')?.type).toMatchObject({ dtype: 'int64', shape: [2, count] });
});

test.each([
  ['of two axes and an order is one of matrices', { ord: { float: 1 }, dim: [1, 2] }, ['linalg_norm.default(x)']],
  ['of one axis is one of vectors', { ord: { float: 1 }, dim: [1] }, ['ReduceL1(x)']],
  ['of two axes by Frobenius is one of vectors', { ord: 'fro', dim: [1, 2] }, ['ReduceL2(x)']],
  ['of no order is that of a vector', {}, ['ReduceL2(x)']],
])('a norm %s', async (_, given, layers) => {
  const graph = await read([call('linalg_norm.default', { self: '%x', ...given }, { y: ['s0'] })]);
  expect(written(graph).map((layer) => layer.replace(/^y = (aten\.)?/, ''))).toEqual(layers);
});
