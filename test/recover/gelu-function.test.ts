import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

/** bloom_gelu_forward of transformers 5 as torch.export writes it, in the order of its nodes. */
const BLOOM: Layers = [
  ['Mul', 'x half', 'halved'],
  ['Mul', 'x root', 'scaled'],
  ['Mul', 'x weight', 'weighted'],
  ['Mul', 'weighted x', 'square'],
  ['Add', 'square one', 'polynomial'],
  ['Mul', 'scaled polynomial', 'argument'],
  ['Tanh', 'argument', 'tanh'],
  ['Add', 'tanh one', 'sum'],
  ['Mul', 'halved sum', 'y'],
];
const NUMBERS = { half: 0.5, root: 0.79788456, weight: 0.044715, one: 1 };

interface Given {
  readonly layers?: Layers;
  readonly numbers?: Partial<typeof NUMBERS>;
  readonly outputs?: readonly string[];
  readonly isVerbatim?: boolean;
}

function program({ layers = BLOOM, numbers = {}, outputs = ['y'], isVerbatim = true }: Given): Graph {
  const scalars = Object.entries({ ...NUMBERS, ...numbers }).map(([id, value]) => [id, { shape: [], value: [value] }]);
  const constants = Object.fromEntries(scalars) as NonNullable<NetDescription['constants']>;
  return net({ inputs: { x: [batch, 8], z: [batch, 8] }, constants, layers, outputs, hints: { isVerbatim } });
}

/** BLOOM with another layer in the place of one. */
const but = (layer: Layers[number]): Layers => BLOOM.map((each) => (each[2] === layer[2] ? layer : each));

test.each([true, false])(
  'the autograd function of Bloom is one layer; in a program of the training: %s',
  (isVerbatim) => {
    const { graph, assumptions } = recoverTraining(program({ isVerbatim }));
    expect(graph.layers).toEqual([{ id: 'y', type: 'GeluFunction', inputs: ['x'], outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual(['GELU taken for the autograd function of Bloom, which keeps its input alone (1x)']);
  },
);

describe('what looks like it stays', () => {
  test.each<[string, Given]>([
    // transformers, activations.py: 0.5 * x * (1.0 + tanh(x * 0.7978845608 * (1.0 + 0.044715 * x * x))).
    ['FastGELUActivation', { numbers: { root: 0.7978845608 } }],
    ['another weight', { numbers: { weight: 0.0447 } }],
    ['another sum', { numbers: { one: 2 } }],
    ['the whole of x', { numbers: { half: 1 } }],
    ['another tensor that is scaled', { layers: but(['Mul', 'z root', 'scaled']) }],
    ['another tensor that is halved', { layers: but(['Mul', 'z half', 'halved']) }],
    ['another tensor in the square', { layers: but(['Mul', 'weighted z', 'square']) }],
    ['a difference', { layers: but(['Sub', 'square one', 'polynomial']) }],
    ['no half', { layers: but(['Mul', 'x sum', 'y']) }],
    ['a tanh that is an output', { outputs: ['y', 'tanh'] }],
    ['a square that is an output', { outputs: ['y', 'square'] }],
  ])('%s', (_, given) => {
    const { graph, assumptions } = recoverTraining(program(given));
    expect(graph.layers.map(({ id }) => id)).toEqual((given.layers ?? BLOOM).map(([, , id]) => id));
    expect(assumptions).toEqual([]);
  });
});
