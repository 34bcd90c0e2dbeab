import { describe, expect, test } from '@jest/globals';
import { LOSS } from '../../src/ops/loss.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = LOSS;

describe('what a loss puts out and keeps', () => {
  test.each([
    ['SoftmaxCrossEntropyLoss', ['8x10', '8 int64'], ['scalar'], ['copy 8x10', 'input 1', 'copy scalar']],
    ['SoftmaxCrossEntropyLoss', ['8x10 float16', '8 int64'], ['scalar'], ['copy 8x10', 'input 1', 'copy scalar']],
    ['SoftmaxCrossEntropyLoss', ['2x21x5x5', '2x5x5 int64'], ['scalar'], ['copy 2x21x5x5', 'input 1', 'copy scalar']],
    ['NegativeLogLikelihoodLoss', ['8x10', '8 int64'], ['scalar'], ['input 0', 'input 1', 'copy scalar']],
    ['MultinomialLogisticLoss', ['8x10', '8'], ['scalar'], ['input 0', 'copy 8x10', 'input 1', 'copy scalar']],
    ['InfogainLoss', ['8x10', '8'], ['scalar'], ['copy 8x10', 'copy 8x10', 'input 1']],
    ['MSELoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['SigmoidCrossEntropyLoss', ['8x10', '8x10'], ['scalar'], ['input 0', 'input 1']],
    ['HingeLoss', ['8x10', '8'], ['scalar'], ['input 0', 'input 1']],
    ['SmoothL1Loss', ['8x4', '8x4'], ['scalar'], ['input 0', 'input 1']],
    ['SmoothL1Loss', ['8x4', '8x4', '8x4', '8x4'], ['scalar'], ['copy 8x4', 'input 2', 'input 3']],
    ['ContrastiveLoss', ['8x4', '8x4', '8'], ['scalar'], ['copy 8x4', 'statistics 8', 'input 2']],
  ])('%s of %j', (name, inputs, outputs, saves) => {
    const row = rows[name];
    expect(row?.loss).toBe(true);
    expect(row && runRow(row, inputs)).toMatchObject({ outputs, saves });
  });
});

test('more outputs: probabilities like the scores, and a loss per sample', () => {
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['8x10x1x1', '8 int64'], { outputCount: 3 }).outputs).toEqual([
    'scalar',
    '8x10x1x1',
    '8x1x1x1',
  ]);
});

test('an unreduced loss has the shape of the labels', () => {
  const attributes = { reduction: 'none' };
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['2x21x5x5', '2x5x5 int64'], { attributes }).outputs).toEqual(['2x5x5']);
});

test('cross-entropy writes the gradient of its log-softmax before that of the scores', () => {
  expect(runRow(LOSS.SoftmaxCrossEntropyLoss, ['8x10 float16', '8 int64']).bytes).toEqual({
    forward: 0,
    backward: 8 * 10 * 4,
  });
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
