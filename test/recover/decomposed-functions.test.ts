import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

const NUMBERS = {
  ...{ zero: 0, half: 0.5, one: 1, two: 2, three: 3, six: 6, twenty: 20, 'no-end': 9007199254740991 },
  ...{ four: 4, eight: 8, infinity: Infinity },
};

function program(layers: Layers, { isVerbatim = false, outputs = ['y'] } = {}): Graph {
  const constants = Object.entries(NUMBERS).map(([name, value]) => [name, { shape: [], value: [value] }]);
  return net({
    inputs: { x: [batch, 8], a: [batch, 8], b: [batch, 8] },
    parameters: { w: [1] },
    constants: { ...(Object.fromEntries(constants) as NetDescription['constants']), shape: { shape: [2] } },
    layers,
    outputs,
    hints: { isVerbatim },
  });
}

const CLIPPED: Layers = [
  ['Add', 'x three', 'raised'],
  ['Clip', 'raised zero -', 'low'],
  ['Clip', 'low - six', 'clipped'],
];
const SOFTPLUS: Layers = [
  ['Mul', 'x one', 'scaled'],
  ['Exp', 'scaled', 'exp'],
  ['Log1p', 'exp', 'log'],
  ['Div', 'log one', 'divided'],
  ['Greater', 'scaled twenty', 'large'],
  ['Where', 'large x divided', 'y'],
];
const halves = (end: string): Layers => [
  ['Slice', 'x zero four one one', 'first'],
  ['Slice', `x four ${end} one one`, 'second'],
  ['Sigmoid', 'second', 'gate'],
  ['Mul', 'first gate', 'y'],
];
const logsumexp = (keepdims: 0 | 1): Layers => [
  ['ReduceMax', 'x', 'max', { axes: [-1], keepdims: 1 }],
  ['Abs', 'max', 'size'],
  ['Equal', 'size infinity', 'infinite'],
  ['Where', 'infinite zero max', 'shift'],
  ['Sub', 'x shift', 'shifted'],
  ['Exp', 'shifted', 'exp'],
  ['ReduceSum', 'exp', 'sum', { axes: [-1], keepdims }],
  ['Log', 'sum', 'log'],
  ...(keepdims === 1 ? [] : [['Squeeze', 'shift', 'dropped', { axes: [-1] }] as const]),
  ['Add', keepdims === 1 ? 'log shift' : 'log dropped', 'y'],
];

// As run_decompositions of torch 2.15 writes them.
test.each<[string, Layers, { type: string; inputs?: string[]; attributes?: object }]>([
  [
    'mish',
    [
      ['Exp', 'x', 'exp'],
      ['Log1p', 'exp', 'log'],
      ['Greater', 'x twenty', 'large'],
      ['Where', 'large x log', 'plus'],
      ['Tanh', 'plus', 'gate'],
      ['Mul', 'x gate', 'y'],
    ],
    { type: 'Mish' },
  ],
  ['hardswish', [...CLIPPED, ['Mul', 'x clipped', 'product'], ['Div', 'product six', 'y']], { type: 'HardSwish' }],
  ['hardsigmoid', [...CLIPPED, ['Div', 'clipped six', 'y']], { type: 'HardSigmoid' }],
  ['softplus', SOFTPLUS, { type: 'Softplus' }],
  [
    'logsigmoid',
    [
      ['Min', 'zero x', 'least'],
      ['Abs', 'x', 'size'],
      ['Neg', 'size', 'neg'],
      ['Exp', 'neg', 'exp'],
      ['Log1p', 'exp', 'log'],
      ['Sub', 'least log', 'y'],
    ],
    { type: 'LogSigmoid' },
  ],
  [
    'celu',
    [
      ['Expm1', 'x', 'm'],
      ['Greater', 'x zero', 'up'],
      ['Where', 'up x m', 'y'],
    ],
    { type: 'Celu' },
  ],
  [
    'prelu',
    [
      ['Reshape', 'w shape', 'slope'],
      ['Greater', 'x zero', 'up'],
      ['Mul', 'slope x', 'sloped'],
      ['Where', 'up x sloped', 'y'],
    ],
    { type: 'PRelu', inputs: ['x', 'w'] },
  ],
  [
    'hardshrink',
    [
      ['Abs', 'x', 'size'],
      ['LessOrEqual', 'size half', 'small'],
      ['Where', 'small zero x', 'y'],
    ],
    { type: 'Shrink' },
  ],
  [
    'softshrink',
    [
      ['Abs', 'x', 'size'],
      ['Greater', 'size half', 'large'],
      ['Sign', 'x', 'sign'],
      ['Mul', 'sign half', 'step'],
      ['Sub', 'x step', 'shrunk'],
      ['Mul', 'x zero', 'nothing'],
      ['Where', 'large shrunk nothing', 'y'],
    ],
    { type: 'Shrink' },
  ],
  ['glu', halves('eight'), { type: 'Glu', attributes: { axis: 1 } }],
  [
    'addcmul',
    [
      ['Mul', 'a one', 'scaled'],
      ['Mul', 'scaled b', 'product'],
      ['Add', 'x product', 'y'],
    ],
    { type: 'Addcmul', inputs: ['x', 'a', 'b'] },
  ],
  [
    'linalg_vector_norm',
    [
      ['Pow', 'x two', 'square'],
      ['ReduceSum', 'square', 'sum', { axes: [1], keepdims: 1 }],
      ['Pow', 'sum half', 'y'],
    ],
    { type: 'ReduceL2', attributes: { axes: [1], keepdims: 1 } },
  ],
  ['logsumexp (keepdim)', logsumexp(1), { type: 'ReduceLogSumExp', attributes: { axes: [-1], keepdims: 1 } }],
  ['logsumexp', logsumexp(0), { type: 'ReduceLogSumExp', attributes: { axes: [-1], keepdims: 0 } }],
])('%s is one layer', (name, layers, { type, inputs = ['x'], attributes = {} }) => {
  const { graph, assumptions } = recoverTraining(program(layers));
  expect(graph.layers).toEqual([{ id: 'y', type, inputs, outputs: ['y'], attributes }]);
  expect(assumptions).toEqual([`${name} restored from its decomposition (1x)`]);
});

describe('stays', () => {
  test.each<[string, Layers, { isVerbatim?: boolean; outputs?: string[] }]>([
    ['what the file holds as it is trained', SOFTPLUS, { isVerbatim: true }],
    ['what others read a part of', SOFTPLUS, { outputs: ['y', 'exp'] }],
    ['a gate that the model slices to its end', halves('no-end'), {}],
    [
      'a sum of products',
      [
        ['Mul', 'a b', 'product'],
        ['Add', 'x product', 'y'],
      ],
      {},
    ],
  ])('%s', (_, layers, given) => {
    const { graph, assumptions } = recoverTraining(program(layers, given));
    expect(graph.layers).toHaveLength(layers.length);
    expect(assumptions).toEqual([]);
  });
});

test('and in a file that was not decomposed, it is what the model does', () => {
  const { graph } = recoverTraining({ ...program(SOFTPLUS), hints: {} });
  expect(graph.layers).toHaveLength(SOFTPLUS.length);
});
