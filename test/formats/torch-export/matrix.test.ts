import { expect, test } from '@jest/globals';
import { bound, call, read } from './reading.js';

const MATRICES = { x: [3, 4, 4] };

// What is not known to be computed as PyTorch does stays unknown.
test.each([
  ['matrix_power.default', { self: '%x', n: 0 }],
  ['linalg_matrix_norm.default', { self: '%x', ord: { float: 2 }, dim: [0, 1] }],
  ['linalg_matrix_norm.default', { self: '%x', ord: { float: 3 } }],
  ['linalg_matrix_norm.default', { self: '%x', ord: 'constructor' }],
  ['linalg_multi_dot.default', { tensors: ['%x', '%x', '%x', '%x'] }],
  ['fft_rfftfreq.default', { n: 8 }],
])('%s with %j is an unknown operator', async (target, given) => {
  const shape = target.startsWith('fft') ? ['s0'] : [3, 4, 4];
  const graph = await read([call(target, given, { y: shape })], { inputs: { ...MATRICES, w: ['s0'] } });
  expect(bound(graph).unknownOps).toEqual({ [`aten.${target}`]: 1 });
});
