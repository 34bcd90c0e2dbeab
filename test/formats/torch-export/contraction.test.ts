import { expect, test } from '@jest/globals';
import { bound, call, read } from './reading.js';

// Shapes as torch 2.15 has them, of a batch of two.
test.each([
  ['tensordot.default', { self: '%x', other: '%w', dims_self: [2], dims_other: [0] }, [4, 5], [2, 3, 5]],
  ['tensordot.default', { self: '%x', other: '%w', dims_self: [0, 1], dims_other: [0, 1] }, ['s0', 3, 5], [4, 5]],
  ['inner.default', { self: '%x', other: '%w' }, ['s0', 4], [2, 3, 2]],
  ['kron.default', { self: '%x', other: '%w' }, [5], [2, 3, 20]],
  ['bilinear.default', { input1: '%x', input2: '%x', weight: '%w' }, [5, 4, 4], [2, 3, 5]],
  ['dsplit.int', { self: '%x', sections: 1 }, [5], [2, 3, 4]],
])('%s with %j by %j of a batch puts out %j', async (target, arguments_, w, shape) => {
  const dims = shape.map((dim, axis) => (axis === 0 ? 's0' : dim));
  const graph = await read([call(target, arguments_, { y: dims })], { inputs: { x: ['s0', 3, 4], w } });
  expect(bound(graph)).toMatchObject({ problems: [], unknownOps: {} });
  expect(bound(graph).tensors.get('y')?.type?.shape).toEqual(shape);
});

test('a distance of an order that is not known stays unknown', async () => {
  const distance = call('dist.default', { self: '%x', other: '%x', p: { float: 3 } }, { y: [] });
  expect(bound(await read([distance], { inputs: { x: [4, 6] } })).unknownOps).toEqual({ 'aten.dist.default': 1 });
});
