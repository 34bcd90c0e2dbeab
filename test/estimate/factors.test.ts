import { expect, test } from '@jest/globals';
import { otherFactors } from '../../src/estimate/factors.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

test('the other factors of what products alone read', () => {
  const graph = net({
    inputs: { a: [batch, 16], b: [batch, 16], c: [batch, 16], d: [batch, 16], e: [batch, 16] },
    parameters: { w: [16, 16], v: [16, 16], bias: [16] },
    layers: [
      ['Gemm', 'a w bias', 'y'],
      ['MatMul', 'a v', 'z'],
      ['Dropout', 'b', 'dropped'],
      ['MatMul', 'dropped w', 'u'],
      ['MatMul', 'c w', 's'],
      ['Relu', 'c', 't'],
      ['MatMul', 'd w', 'r'],
      ['MatMul', 'r v', 'q'],
      ['Relu', 'e', 'p'],
    ],
    outputs: ['y', 'z', 'u', 's', 't', 'r', 'q', 'p'],
  });
  const factors = otherFactors(bindGraph(graph, { bindings: new Map([['batch', 4]]) }));
  expect(
    Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'dropped', 'r', 'bias'].map((id) => [id, factors.get(id)])),
  ).toEqual({
    a: ['v', 'w'],
    b: ['w'],
    dropped: ['w'],
    d: ['w'],
  });
});
