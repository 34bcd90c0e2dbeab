import { describe, expect, test } from '@jest/globals';
import { LOSS } from '../../src/ops/loss.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = LOSS;

describe('what a loss puts out and keeps', () => {
  test.each([
    ['SoftmaxCrossEntropyLoss', ['8x10', '8 int64'], ['scalar'], ['copy 8x10', 'input 1', 'copy scalar']],
    [
      'SoftmaxCrossEntropyLoss',
      ['8x10', '8 int64', '10'],
      ['scalar'],
      ['copy 8x10', 'input 1', 'input 2', 'copy scalar'],
    ],
    ['SoftmaxCrossEntropyLoss', ['2x21x5x5', '2x5x5 int64'], ['scalar'], ['copy 2x21x5x5', 'input 1', 'copy scalar']],
    // saved_tensors_hooks, torch 2.15: cross_entropy of probabilities, l1_loss.
    ['SoftmaxCrossEntropyLoss', ['8x10', '8x10'], ['scalar'], ['copy 8x10', 'input 1']],
    ['L1Loss', ['8x4', '8x4'], ['scalar'], ['copy 8x4']],
    ['NegativeLogLikelihoodLoss', ['8x10', '8 int64'], ['scalar'], ['input 0', 'input 1', 'copy scalar']],
    ['MultinomialLogisticLoss', ['8x10', '8'], ['scalar'], ['input 0', 'copy 8x10', 'input 1', 'copy scalar']],
    ['InfogainLoss', ['8x10', '8'], ['scalar'], ['copy 8x10', 'copy 8x10', 'input 1']],
    ['MSELoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['SigmoidCrossEntropyLoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['BinaryCrossEntropyLoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['KLDivLoss', ['8x10', '8x10'], ['scalar'], ['input 1']],
    ['HingeLoss', ['8x10', '8'], ['scalar'], ['input 0', 'input 1']],
    ['HingeLoss', ['8x10', '8 int64', '10'], ['scalar'], ['input 0', 'input 1', 'input 2']],
    ['SoftMarginLoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['MultiLabelMarginLoss', ['8x10', '8x10 int64'], ['scalar'], ['input 0', 'input 1', 'copy 8x10']],
    ['LossReduction', ['8x10'], ['scalar'], []],
    ['SmoothL1Loss', ['8x4', '8x4'], ['scalar'], ['input 0', 'input 1']],
    ['SmoothL1Loss', ['8x4', '8x4', '8x4', '8x4'], ['scalar'], ['copy 8x4', 'input 2', 'input 3']],
    ['ContrastiveLoss', ['8x4', '8x4', '8'], ['scalar'], ['copy 8x4', 'statistics 8', 'input 2']],
  ])('%s of %j', (name, inputs, outputs, saves) => {
    const row = rows[name];
    expect(row?.loss).toBe(true);
    expect(row && runRow(row, inputs)).toMatchObject({ outputs, saves });
  });
});

test('labels that a net drawn for viewers leaves out are not kept', () => {
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['8x10'])).toMatchObject({
    outputs: ['scalar'],
    saves: ['copy 8x10', 'copy scalar'],
  });
  expect(runRow(LOSS.MSELoss, ['8x10']).saves).toEqual(['input 0']);
});

test('more outputs: probabilities like the scores, and a loss per sample', () => {
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['8x10x1x1', '8 int64'], { outputCount: 3 }).outputs).toEqual([
    'scalar',
    '8x10x1x1',
    '8x1x1x1',
  ]);
});

// aten/src/ATen/native/Loss.cpp, apply_loss_reduction.
test.each([
  ['none', '8x4', true, 'pass'],
  ['mean', 'scalar', false, 'new'],
  ['sum', 'scalar', false, 'pass'],
])('a loss of %s is %s', (reduction, output, view, gradient) => {
  expect(runRow(LOSS.LossReduction, ['8x4'], { attributes: { reduction } })).toMatchObject({
    ...{ outputs: [output], view, gradients: [gradient] },
  });
});

test('an unreduced loss has the shape of the labels', () => {
  const attributes = { reduction: 'none' };
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['2x21x5x5', '2x5x5 int64'], { attributes }).outputs).toEqual(['2x5x5']);
  expect(runRow(LOSS.MultiLabelMarginLoss, ['8x10', '8x10 int64'], { attributes }).outputs).toEqual(['8']);
});

// torch.nn.functional.cross_entropy of float16 scores outside autocast, torch 2.15; inside, losses are float32.
test('a loss is computed in the dtype of its scores', () => {
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['8x10 float16', '8 int64'])).toMatchObject({
    outputs: ['scalar float16'],
    saves: ['copy 8x10 float16', 'input 1', 'copy scalar float16'],
  });
  const named = Object.keys(rows).filter((name) => rows[name]?.loss && rows[name]?.autocast !== 'fp32');
  expect(named).toEqual(['SoftmaxCrossEntropyLoss']);
  expect(LOSS.SoftmaxCrossEntropyLoss.autocast).toBe('fp32-output');
});

// Of 8 x 10 floats. cross_entropy, log + nll_loss: torch 2.15. The unreduced loss of mse_loss and smooth_l1_loss, and
// log_sigmoid: aten/src/ATen/native/Loss.cpp.
test.each([
  ['SoftmaxCrossEntropyLoss', ['8x10', '8 int64'], 0, 320],
  ['NegativeLogLikelihoodLoss', ['8x10', '8 int64'], 0, 0],
  ['MultinomialLogisticLoss', ['8x10', '8 int64'], 0, 320],
  ['MSELoss', ['8x10', '8x10'], 320, 0],
  ['SmoothL1Loss', ['8x10', '8x10'], 320, 0],
  ['SigmoidCrossEntropyLoss', ['8x10', '8x10'], 640, 320],
  ['HingeLoss', ['8x10', '8 int64'], 0, 0],
])('%s of %j takes %d bytes of scratch forward and %d backward', (name, inputs, forward, backward) => {
  const row = rows[name];
  expect(row && runRow(row, inputs).bytes).toEqual({ forward, backward });
});

test.each([
  ['SoftmaxCrossEntropyLoss', ['8x10', '8 int64'], ['new', 'none', 'none']],
  ['MSELoss', ['8x10', '8x10'], ['new', 'new', 'none', 'none']],
  ['SigmoidCrossEntropyLoss', ['8x10', '8x10'], ['new', 'none', 'none']],
  ['ContrastiveLoss', ['8x4', '8x4', '8'], ['new', 'new', 'none', 'none']],
])('%s of %j has gradients %j', (name, inputs, gradients) => {
  const row = rows[name];
  expect(row && runRow(row, inputs).gradients).toEqual(gradients);
});

test('scores of one axis have a loss, but no axis of classes', () => {
  expect(runRow(LOSS.MSELoss, ['8', '8']).outputs).toEqual(['scalar']);
  expect(() => runRow(LOSS.MSELoss, ['8', '8'], { outputCount: 2 })).toThrow('axis 1 is outside rank 1');
});

describe('what takes no gradient', () => {
  test.each([
    ['UnweightedLoss', ['8x10x1x1', '8 int64'], ['scalar', '8x10x1x1', '8x1x1x1'], { per_instance: 2 }],
    ['UnweightedLoss', ['8x4x1x1', '8x4', '8x4'], ['scalar', '8x1x1x1'], { per_instance: 1 }],
    ['Accuracy', ['8x10', '8 int64'], ['scalar', '10'], {}],
    ['Silence', ['8x10', '8 int64'], [], {}],
  ])('%s of %j', (name, inputs, outputs, attributes) => {
    const row = rows[name];
    const result = row && runRow(row, inputs, { attributes, outputCount: outputs.length });
    expect(result).toMatchObject({ outputs, saves: [] });
    expect(result && row.gradients?.(result.context)).toEqual(inputs.map(() => 'none'));
    expect(row?.loss).toBeUndefined();
  });
});
