import { describe, expect, test } from '@jest/globals';
import type { Dim, Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

const Q: readonly Dim[] = [batch, 4, 24, 16];
const K: readonly Dim[] = [batch, 4, 16, 24];

/** `q @ k`, run_decompositions of torch 2.15. */
const FOLDED: NetDescription['layers'] = [
  ['Expand', 'q sizes', 'q1'],
  ['Clone', 'q1', 'q2'],
  ['Reshape', 'q2 sizes', 'q3'],
  ['Expand', 'k sizes', 'k1'],
  ['Reshape', 'k1 sizes', 'k3'],
  ['MatMul', 'q3 k3', 'bmm'],
  ['Reshape', 'bmm sizes', 'y'],
];

interface Given extends Pick<NetDescription, 'layers'> {
  readonly k?: readonly Dim[];
  readonly q?: readonly Dim[];
  readonly isVerbatim?: boolean;
  readonly outputs?: readonly string[];
}

function program({ layers, q = Q, k = K, outputs = ['y'], ...hints }: Given): Graph {
  return net({
    inputs: { q, k },
    constants: { sizes: { shape: [4] } },
    layers,
    shapes: { q1: Q, k1: K },
    outputs,
    hints: { isVerbatim: false, ...hints },
  });
}

const shapeOf = (graph: Graph): unknown[] => graph.layers.map(({ type, inputs }) => [type, ...inputs]);

describe('a product of batches that were folded for it', () => {
  test.each<[string, Partial<Given>]>([
    ['of two operands with all batches', {}],
    ['of one that is repeated for each batch', { k: [16, 24] }],
  ])('%s', (_, given) => {
    const { graph, assumptions } = recoverTraining(program({ layers: FOLDED, ...given }));
    expect(shapeOf(graph)).toEqual([['MatMul', 'q', 'k']]);
    expect(assumptions).toEqual(['MatMul restored from a product of folded batches (1x)']);
  });

  test('of a weight is a linear layer', () => {
    const { graph } = recoverTraining(
      net({
        inputs: { q: [batch, 24, 16] },
        parameters: { w: [8, 16], b: [8] },
        constants: { sizes: { shape: [3] } },
        layers: [
          ['Transpose', 'w', 'k', { perm: [1, 0] }],
          ...FOLDED.slice(0, -1),
          ['Reshape', 'bmm sizes', 'product'],
          ['Add', 'product b', 'y'],
        ],
        shapes: { q1: [batch, 24, 16] },
        outputs: ['y'],
        hints: { isVerbatim: false },
      }),
    );
    expect(shapeOf(graph)).toEqual([['Gemm', 'q', 'w', 'b']]);
  });
});

describe('stays', () => {
  test.each<[string, Partial<Given>]>([
    ['where the program is not decomposed', { isVerbatim: true }],
    ['where both are repeated, so that the product of the sources is another', { q: [24, 16], k: [16, 24] }],
    ['where somebody reads what was folded', { outputs: ['y', 'q3'] }],
    ['without a Reshape behind', { layers: FOLDED.slice(0, -1), outputs: ['bmm'] }],
    ['without an Expand', { layers: [['Reshape', 'q sizes', 'q3'], ...FOLDED.slice(3)] }],
  ])('%s', (_, given) => {
    const layers = given.layers ?? FOLDED;
    const { graph, assumptions } = recoverTraining(program({ ...given, layers }));
    expect(graph.layers).toHaveLength(layers.length);
    expect(assumptions).toEqual([]);
  });
});
