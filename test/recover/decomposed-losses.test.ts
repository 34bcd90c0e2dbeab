import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

const NUMBERS = { zero: 0, half: 0.5, one: 1, two: 2, ignored: -100 };

function program(layers: Layers, isVerbatim = false): Graph {
  const constants = Object.entries(NUMBERS).map(([name, value]) => [name, { shape: [], value: [value] }]);
  return net({
    inputs: { x: [batch, 8], t: [batch] },
    constants: Object.fromEntries(constants) as NetDescription['constants'] & object,
    layers,
    outputs: ['y'],
    hints: { isVerbatim },
  });
}

const uncounted = (name: string): Layers => [
  ['Equal', 't ignored', `${name}/equal`],
  ['Not', `${name}/equal`, name],
];
const likelihoods = (output: string): Layers => [
  ...uncounted('ne'),
  ['Where', 'ne t zero', 'safe'],
  ['Unsqueeze', 'safe', 'column', { axes: [1] }],
  ['GatherElements', 'x column', 'gathered', { axis: 1 }],
  ['Squeeze', 'gathered', 'row', { axes: [1] }],
  ['Neg', 'row', 'neg'],
  ...uncounted('ne_1'),
  ['Where', 'ne_1 neg zero', output],
];
const DISTANCE: Layers = [
  ['Sub', 'x t', 'sub'],
  ['Abs', 'sub', 'abs'],
  ['Less', 'abs one', 'near'],
];
const smooth = (output: string): Layers => [
  ...DISTANCE,
  ['Pow', 'abs two', 'square'],
  ['Mul', 'square half', 'halved'],
  ['Div', 'halved one', 'inner'],
  ['Sub', 'abs half', 'outer'],
  ['Where', 'near inner outer', output],
];
const WHOLE = { keepdims: 0 };

// As run_decompositions of torch 2.15 writes them.
test.each<[name: string, reduction: string, layers: Layers, type: string]>([
  [
    'nll_loss',
    'mean',
    [
      ...likelihoods('each'),
      ...uncounted('ne_2'),
      ['ReduceSum', 'ne_2', 'count', WHOLE],
      ['Cast', 'count', 'float', { to: 'float32' }],
      ['ReduceSum', 'each', 'sum', WHOLE],
      ['Div', 'sum float', 'y'],
    ],
    'NegativeLogLikelihoodLoss',
  ],
  ['nll_loss', 'sum', [...likelihoods('each'), ['ReduceSum', 'each', 'y', WHOLE]], 'NegativeLogLikelihoodLoss'],
  ['nll_loss', 'none', likelihoods('y'), 'NegativeLogLikelihoodLoss'],
  ['smooth_l1_loss', 'mean', [...smooth('each'), ['ReduceMean', 'each', 'y', WHOLE]], 'SmoothL1Loss'],
  ['smooth_l1_loss', 'sum', [...smooth('each'), ['ReduceSum', 'each', 'y', WHOLE]], 'SmoothL1Loss'],
  ['smooth_l1_loss', 'none', smooth('y'), 'SmoothL1Loss'],
  [
    'huber_loss',
    'mean',
    [
      ...DISTANCE,
      ['Mul', 'abs half', 'halved'],
      ['Mul', 'halved abs', 'inner'],
      ['Sub', 'abs half', 'beyond'],
      ['Mul', 'beyond one', 'outer'],
      ['Where', 'near inner outer', 'each'],
      ['ReduceMean', 'each', 'y', WHOLE],
    ],
    'SmoothL1Loss',
  ],
  [
    'binary_cross_entropy_with_logits',
    'mean',
    [
      ['Sub', 'one t', 'rest'],
      ['Mul', 'rest x', 'product'],
      ['Min', 'zero x', 'least'],
      ['Abs', 'x', 'size'],
      ['Neg', 'size', 'neg'],
      ['Exp', 'neg', 'exp'],
      ['Log1p', 'exp', 'log'],
      ['Sub', 'least log', 'sigmoid'],
      ['Sub', 'product sigmoid', 'each'],
      ['ReduceMean', 'each', 'y', WHOLE],
    ],
    'SigmoidCrossEntropyLoss',
  ],
  [
    'binary_cross_entropy',
    'mean',
    [
      ['Sub', 't one', 'rest'],
      ['Neg', 'x', 'neg'],
      ['Log1p', 'neg', 'log_1'],
      ['Max', 'log_1 ignored', 'bounded_1'],
      ['Mul', 'rest bounded_1', 'left'],
      ['Log', 'x', 'log'],
      ['Max', 'log ignored', 'bounded'],
      ['Mul', 't bounded', 'right'],
      ['Sub', 'left right', 'each'],
      ['ReduceMean', 'each', 'y', WHOLE],
    ],
    'BinaryCrossEntropyLoss',
  ],
])('%s with reduction %s is the loss of the graph', (name, reduction, layers, type) => {
  const { graph, assumptions } = recoverTraining(program(layers));
  const attributes = { axis: 1, reduction };
  expect(graph.layers).toEqual([{ id: 'y', type, inputs: ['x', 't'], outputs: ['y'], attributes }]);
  expect(graph.hints.hasLoss).toBe(true);
  expect(assumptions).toEqual([`${name} (${reduction}) restored from its decomposition (1x)`]);
});

test('a mean over some axes is the model’s own, of a loss of each element', () => {
  const { graph } = recoverTraining(program([...smooth('each'), ['ReduceMean', 'each', 'y', { axes: [1], ...WHOLE }]]));
  expect(graph.layers.map(({ type, attributes }) => [type, attributes['reduction']])).toEqual([
    ['SmoothL1Loss', 'none'],
    ['ReduceMean', undefined],
  ]);
});

describe('no loss is found', () => {
  test.each<[string, Layers, boolean]>([
    ['in what the file holds as it is trained', smooth('y'), true],
    ['where there is none', DISTANCE.with(2, ['Less', 'abs one', 'y']), false],
  ])('%s', (_, layers, isVerbatim) => {
    const { graph } = recoverTraining(program(layers, isVerbatim));
    expect(graph.layers).toHaveLength(layers.length);
    expect(graph.hints.hasLoss).toBeUndefined();
  });
});
