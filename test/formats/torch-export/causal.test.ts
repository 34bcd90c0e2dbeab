import { expect, test } from '@jest/globals';
import { defaultLossOf } from '../../../src/estimate/default-loss.js';
import { call, read } from './reading.js';

test.each([
  ['next-token', true],
  ['cross-entropy', false],
])('the loss of a language model is %s where is_causal of its attention is %j', async (loss, isCausal) => {
  const heads = ['s0', 4, 8, 8];
  const [query, key, value] = ['%turned', '%turned', '%turned'];
  const graph = await read(
    [
      call('embedding.default', { weight: '%p_w', indices: '%x' }, { embedding: ['s0', 8, 32] }),
      call('view.default', { self: '%embedding', size: [-1, 8, 4, 8] }, { view: ['s0', 8, 4, 8] }),
      call('transpose.int', { self: '%view', dim0: 1, dim1: 2 }, { turned: heads }),
      call('scaled_dot_product_attention.default', { query, key, value, is_causal: isCausal }, { out: heads }),
    ],
    { inputs: { x: ['s0', 8] }, integers: ['x'], parameters: { w: [16, 32] } },
  );
  expect(defaultLossOf(graph)).toBe(loss);
});
