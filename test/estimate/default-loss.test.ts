import { expect, test } from '@jest/globals';
import { defaultLossOf } from '../../src/estimate/default-loss.js';
import type { Graph, Layer } from '../../src/graph/index.js';
import { batch, net } from '../helpers/graphs.js';

type LayerRow = readonly [string, string, string, Layer['attributes']?];

/** Tokens that an embedding looks up, and layers behind it. */
function model(inputs: readonly string[], ...layers: readonly LayerRow[]): Graph {
  return net({
    inputs: Object.fromEntries(inputs.map((id) => [id, [batch, 16]])),
    parameters: { table: [100, 8], other: [100, 8] },
    layers,
    outputs: [layers.at(-1)?.[2] ?? ''],
    inputDType: 'int64',
  });
}

const EMBEDDED: LayerRow = ['Gather', 'table ids', 'e'];
const CAUSAL: LayerRow = ['Attention', 'e e e', 'y', { is_causal: 1 }];

test.each<[string, Graph]>([
  ["SDPA's flag", model(['ids'], EMBEDDED, CAUSAL)],
  ['a triangle', model(['ids', 'mask'], EMBEDDED, ['Trilu', 'mask', 'm'], ['Attention', 'e e e m', 'y'])],
  [
    'a comparison of positions',
    model(['ids', 'p'], EMBEDDED, ['LessOrEqual', 'p p', 'm'], ['Attention', 'e e e m', 'y']),
  ],
  ['tokens that are viewed first', model(['ids'], ['Reshape', 'ids', 'v'], ['Gather', 'table v', 'e'], CAUSAL)],
])('a causal model learns the next token: %s', (_, graph) => {
  expect(defaultLossOf(graph)).toBe('next-token');
});

test.each<[string, Graph]>([
  ['one that sees both sides', model(['ids'], EMBEDDED, ['Attention', 'e e e', 'y', { is_causal: 0 }])],
  ['one of a decoder beside an encoder', model(['ids', 'more'], EMBEDDED, ['Gather', 'other more', 'd'], CAUSAL)],
  ['one of what is no token', model(['e'], CAUSAL)],
])('any other learns classes: %s', (_, graph) => {
  expect(defaultLossOf(graph)).toBe('cross-entropy');
});
