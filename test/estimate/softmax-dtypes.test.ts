import { expect, test } from '@jest/globals';
import { softmaxInputs } from '../../src/estimate/softmax-dtypes.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

test('softmaxes that go into a product are told from those that are cast, or put out', () => {
  const graph = net({
    inputs: { a: [batch, 16], b: [batch, 16], c: [batch, 16], d: [batch, 16] },
    parameters: { w: [16, 16] },
    layers: [
      ['Softmax', 'a', 'straight'],
      ['MatMul', 'straight w', 'y'],
      ['Softmax', 'b', 'dropping'],
      ['Dropout', 'dropping', 'dropped'],
      ['MatMul', 'dropped w', 'z'],
      ['Softmax', 'c', 'casting'],
      ['Cast', 'casting', 'cast', { to: 'float32' }],
      ['MatMul', 'cast w', 'u'],
      ['Softmax', 'd', 'v'],
    ],
    outputs: ['y', 'z', 'u', 'v'],
  });
  const { narrow, wide } = softmaxInputs(bindGraph(graph, { bindings: new Map([['batch', 4]]) }));
  expect([...narrow].sort()).toEqual(['a', 'b']);
  expect([...wide].sort()).toEqual(['c', 'd']);
});
