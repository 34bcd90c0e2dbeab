import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

function linear(layers: NetDescription['layers'], outputs: readonly string[] = ['y']): Graph {
  return net({
    inputs: { x: [batch, 4, 8], z: [8, 16], vector: [8] },
    parameters: { w: [8, 16], transposed: [16, 8], cube: [2, 8, 16], bias: [16], table: [4, 16] },
    layers,
    outputs,
  });
}

describe('MatMul and Add of parameters are one Linear', () => {
  test.each<[string, NetDescription['layers'], readonly string[]]>([
    [
      'the bias last',
      [
        ['MatMul', 'x w', 'm'],
        ['Add', 'm bias', 'y'],
      ],
      ['x', 'w', 'bias'],
    ],
    [
      'the bias first',
      [
        ['MatMul', 'x w', 'm'],
        ['Add', 'bias m', 'y'],
      ],
      ['x', 'w', 'bias'],
    ],
  ])('%s', (_, layers, inputs) => {
    const { graph, assumptions } = recoverTraining(linear(layers));
    expect(graph.layers).toEqual([{ id: 'y', type: 'Gemm', inputs, outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual(['Linear restored from MatMul (1x)']);
  });

  test.each<[string, NetDescription['layers'], readonly string[]]>([
    [
      'with its bias',
      [
        ['Transpose', 'transposed', 't', { perm: [1, 0] }],
        ['MatMul', 'x t', 'm'],
        ['Add', 'm bias', 'y'],
      ],
      ['x', 'transposed', 'bias'],
    ],
    [
      'without one',
      [
        ['Transpose', 'transposed', 't'],
        ['MatMul', 'x t', 'y'],
      ],
      ['x', 'transposed'],
    ],
  ])('where a Transpose turns the weight, %s', (_, layers, inputs) => {
    const attributes = { transB: 1 };
    expect(recoverTraining(linear(layers)).graph.layers).toEqual([
      { id: 'y', type: 'Gemm', inputs, outputs: ['y'], attributes },
    ]);
  });

  test('a Transpose that others read stays for them', () => {
    const layers = [
      ['Transpose', 'transposed', 't', { perm: [1, 0] }],
      ['MatMul', 'x t', 'y'],
      ['Relu', 't', 'v'],
    ] as const;
    const { layers: left } = recoverTraining(linear(layers, ['y', 'v'])).graph;
    expect(left.map(({ type }) => type)).toEqual(['Transpose', 'Gemm', 'Relu']);
  });
});

describe('what is no Linear stays', () => {
  test.each<[string, NetDescription['layers'], readonly string[]]>([
    [
      'a product of two activations',
      [
        ['MatMul', 'x z', 'm'],
        ['Add', 'm bias', 'y'],
      ],
      ['y'],
    ],
    [
      'a product by a weight as it is',
      [
        ['Transpose', 'w', 't', { perm: [0, 1] }],
        ['MatMul', 'x t', 'y'],
      ],
      ['y'],
    ],
    [
      'a product of a vector',
      [
        ['Transpose', 'transposed', 't', { perm: [1, 0] }],
        ['MatMul', 'vector t', 'y'],
      ],
      ['y'],
    ],
    [
      'a batched weight',
      [
        ['MatMul', 'x cube', 'm'],
        ['Add', 'm bias', 'y'],
      ],
      ['y'],
    ],
    [
      'a table of positions',
      [
        ['MatMul', 'x w', 'm'],
        ['Add', 'm table', 'y'],
      ],
      ['y'],
    ],
    [
      'a residual',
      [
        ['MatMul', 'x w', 'm'],
        ['Relu', 'm', 'r'],
        ['Add', 'r m', 'y'],
      ],
      ['y'],
    ],
    [
      'a product that is an output',
      [
        ['MatMul', 'x w', 'm'],
        ['Add', 'm bias', 'y'],
      ],
      ['y', 'm'],
    ],
    [
      'a product that others read',
      [
        ['MatMul', 'x w', 'm'],
        ['Add', 'm bias', 'y'],
        ['Relu', 'm', 'v'],
      ],
      ['y', 'v'],
    ],
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(linear(layers, outputs));
    expect(graph.layers.map(({ type }) => type)).toEqual(layers.map(([type]) => type));
    expect(assumptions).toEqual([]);
  });
});
