import { expect, test } from '@jest/globals';
import { bareCasts } from '../../src/estimate/bare-casts.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

test('casts of what has no gradient, and nothing casts again before it meets what has one', () => {
  const graph = net({
    inputs: { x: [batch, 16], a: [batch, 16], b: [batch, 16], c: [batch, 16] },
    parameters: { w: [16, 16] },
    layers: [
      ['Cast', 'a', 'bare', { to: 'float32' }],
      ['Neg', 'bare', 'negative'],
      ['Cast', 'b', 'first', { to: 'float32' }],
      ['Cos', 'first', 'cos'],
      ['Cast', 'cos', 'second', { to: 'float32' }],
      ['Cast', 'c', 'counted', { to: 'float32' }],
      ['Cast', 'counted', 'whole', { to: 'int64' }],
      ['Gemm', 'x w', 'e'],
      ['Cast', 'e', 'learned', { to: 'float32' }],
      ['Add', 'learned negative', 'sum'],
      ['Mul', 'sum second', 'y'],
    ],
    outputs: ['y', 'whole'],
  });
  const bare = bareCasts(bindGraph(graph, { bindings: new Map([['batch', 4]]) }));
  expect([...bare].sort()).toEqual(['bare', 'second', 'whole']);
});
