import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

const activation = (layers: Layers, outputs: readonly string[] = ['y']): Graph =>
  net({ inputs: { x: [batch, 8], z: [batch, 8] }, layers, outputs });

const typesOf = (graph: Graph): string[] => recoverTraining(graph).graph.layers.map(({ type }) => type);

const SIGMOID = ['Sigmoid', 'x', 'gate'] as const;
const HARD = ['HardSigmoid', 'x', 'gate', { alpha: 1 / 6, beta: 0.5 }] as const;
/** alpha as float32 stores it, and beta left to ONNX's default of 0.5. */
const HARD_DEFAULT = ['HardSigmoid', 'x', 'gate', { alpha: 0.1666666716337204 }] as const;
const SOFTPLUS = ['Softplus', 'x', 'soft'] as const;
const TANH = ['Tanh', 'soft', 'gate'] as const;

describe('an activation that gates its own input', () => {
  test.each<[string, Layers, string, string]>([
    ['SiLU', [SIGMOID, ['Mul', 'x gate', 'y']], 'Swish', 'SiLU restored from Sigmoid x Mul (1x)'],
    ['SiLU, the gate first', [SIGMOID, ['Mul', 'gate x', 'y']], 'Swish', 'SiLU restored from Sigmoid x Mul (1x)'],
    ['Hardswish', [HARD, ['Mul', 'x gate', 'y']], 'HardSwish', 'Hardswish restored from HardSigmoid x Mul (1x)'],
    [
      'Hardswish, beta left out',
      [HARD_DEFAULT, ['Mul', 'gate x', 'y']],
      'HardSwish',
      'Hardswish restored from HardSigmoid x Mul (1x)',
    ],
    ['Mish', [SOFTPLUS, TANH, ['Mul', 'x gate', 'y']], 'Mish', 'Mish restored from Tanh and Softplus x Mul (1x)'],
    [
      'Mish, the gate first',
      [SOFTPLUS, TANH, ['Mul', 'gate x', 'y']],
      'Mish',
      'Mish restored from Tanh and Softplus x Mul (1x)',
    ],
  ])('is one layer: %s', (_, layers, type, assumption) => {
    const { graph, assumptions } = recoverTraining(activation(layers));
    expect(graph.layers).toEqual([{ id: 'y', type, inputs: ['x'], outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual([assumption]);
  });

  test.each<[string, Layers, readonly string[]]>([
    ['a gate of another tensor', [SIGMOID, ['Mul', 'z gate', 'y']], ['y']],
    ['a gate times itself', [SIGMOID, ['Mul', 'gate gate', 'y']], ['y']],
    ['a sum', [SIGMOID, ['Add', 'x gate', 'y']], ['y']],
    ['a gate that others read', [SIGMOID, ['Mul', 'x gate', 'y'], ['Add', 'gate z', 'w']], ['y', 'w']],
    ['a gate that is an output', [SIGMOID, ['Mul', 'x gate', 'y']], ['y', 'gate']],
    // ONNX's default alpha of 0.2 is Keras' hard_sigmoid, which torch has no fused activation of.
    [
      'a hard sigmoid of another slope',
      [
        ['HardSigmoid', 'x', 'gate'],
        ['Mul', 'x gate', 'y'],
      ],
      ['y'],
    ],
    [
      'a hard sigmoid of another offset',
      [
        ['HardSigmoid', 'x', 'gate', { alpha: 1 / 6, beta: 0.4 }],
        ['Mul', 'x gate', 'y'],
      ],
      ['y'],
    ],
    ['a softplus of another tensor', [['Softplus', 'z', 'soft'], TANH, ['Mul', 'x gate', 'y']], ['y']],
    ['a softplus that others read', [SOFTPLUS, TANH, ['Mul', 'x gate', 'y'], ['Relu', 'soft', 'w']], ['y', 'w']],
    [
      'tanh without softplus',
      [
        ['Tanh', 'x', 'gate'],
        ['Mul', 'x gate', 'y'],
      ],
      ['y'],
    ],
  ])('stays as it is written: %s', (_, layers, outputs) => {
    expect(typesOf(activation(layers, outputs))).toEqual(layers.map(([type]) => type));
  });
});
