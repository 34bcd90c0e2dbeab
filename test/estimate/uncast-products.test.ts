import { expect, test } from '@jest/globals';
import { uncastProducts } from '../../src/estimate/uncast-products.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

test('products with a parameter are told from others, and from those that the program casts', () => {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { gain: [16] },
    constants: { two: { shape: [], value: [2] } },
    layers: [
      ['Mul', 'x two', 'doubled'],
      ['Mul', 'x doubled', 'product'],
      ['Add', 'product gain', 'sum'],
      ['Mul', 'sum gain', 'plain'],
      ['Mul', 'gain plain', 'reversed'],
      ['Mul', 'reversed gain', 'cast'],
      ['Cast', 'cast', 'back', { to: 'float32' }],
      ['Mul', 'back gain', 'alike'],
      ['CastLike', 'alike x', 'y'],
    ],
    outputs: ['y'],
  });
  const products = uncastProducts(bindGraph(graph, { bindings: new Map([['batch', 4]]) }));
  expect([...products].map(({ layer }) => layer.id)).toEqual(['plain', 'reversed']);
});
