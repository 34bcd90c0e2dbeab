import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { DETECTION } from '../../src/ops/detection.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';
import type { RowResult } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = DETECTION;

type Case = readonly [
  name: string,
  inputs: readonly string[],
  attributes: Attributes,
  expected: Pick<RowResult, 'outputs' | 'saves'>,
];

describe('what a detector layer puts out and keeps', () => {
  const cases: readonly Case[] = [
    [
      'MaxRoiPool',
      ['1x512x38x50', '128x5'],
      { pooled_shape: [7, 6] },
      { outputs: ['128x512x7x6'], saves: ['input 1', 'indices 128x512x7x6 int32'] },
    ],
    [
      'PSROIPooling',
      ['1x98x38x50', '300x5'],
      { output_dim: 2, group_size: 7 },
      { outputs: ['300x2x7x7'], saves: ['input 1', 'indices 300x2x7x7 int32'] },
    ],
    [
      'RoiAlign',
      ['1x512x38x50', '128x4', '128 int64'],
      { output_height: 7, output_width: 6 },
      { outputs: ['128x512x7x6'], saves: ['copy 128x5'] },
    ],
    ['RoiAlign', ['1x512x38x50', '128x4', '128 int64'], {}, { outputs: ['128x512x1x1'], saves: ['copy 128x5'] }],
    ['PriorBox', ['4x512x38x38', '4x3x300x300'], { boxes: 3 }, { outputs: ['1x2x17328'], saves: [] }],
    ['DetectionOutput', ['2x100', '2x100', '1x2x100'], { keep_top_k: 200 }, { outputs: ['1x1x400x7'], saves: [] }],
    ['Proposal', ['1x18x38x50', '1x36x38x50', '1x3'], { regions: 300 }, { outputs: ['300x5', '300x1'], saves: [] }],
    ['AnchorTarget', ['1x18x38x50', '1x5'], {}, { outputs: ['1x1x342x50 int64', '1x36x38x50'], saves: [] }],
    [
      'ProposalTarget',
      ['2000x5', '1x5'],
      { regions: 128, num_classes: 21 },
      { outputs: ['128x5', '128 int64', '128x84'], saves: [] },
    ],
    [
      'BoxAnnotatorOHEM',
      ['300x5', '300x1x1x1', '300 int64', '300x8'],
      {},
      { outputs: ['300 int64', '300x8'], saves: [] },
    ],
  ];
  test.each(cases)('%s of %j', (name, inputs, attributes, expected) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes, outputCount: expected.outputs.length })).toMatchObject(expected);
  });
});

// The last two are the node tests of ONNX; how many boxes overlap only the data knows, so the bound is what is asked for.
describe('NonMaxSuppression keeps', () => {
  const boxes = ['1x6x4', '1x2x6'];
  test.each([
    ['nothing where it is not told how many', boxes, {}, '0x3 int64'],
    ['at most all boxes of each class', [...boxes, '1 int64'], {}, '12x3 int64'],
    ['at most as many of each class as it is told', [...boxes, '1 int64'], { 2: [2] }, '4x3 int64'],
    ['no more than there are', ['1x1x4', '1x1x1', '1 int64'], { 2: [3] }, '1x3 int64'],
    ['as many of each image', ['2x6x4', '2x1x6', '1 int64'], { 2: [2] }, '4x3 int64'],
  ])('%s', (_, inputs, values, output) => {
    expect(runRow(DETECTION.NonMaxSuppression, inputs, { values })).toMatchObject({
      outputs: [output],
      gradients: inputs.map(() => 'none'),
    });
  });
});

// torchvision: the regions have no gradient, and its autocast runs in float32.
test.each(['MaxRoiPool', 'PSROIPooling', 'RoiAlign'])('%s has a gradient for the features alone', (name) => {
  const row = rows[name];
  const attributes = { pooled_shape: [7, 7], group_size: 7, output_dim: 2 };
  expect(row && runRow(row, ['1x98x38x50', '5x5', '5 int64'], { attributes }).gradients).toEqual([
    'new',
    'none',
    'none',
  ]);
  expect(row?.autocast).toBe('fp32');
});

test('boxes and targets have no gradient', () => {
  const made = ['PriorBox', 'DetectionOutput', 'Proposal', 'AnchorTarget', 'ProposalTarget', 'BoxAnnotatorOHEM'];
  const { context } = runRow({ infer: () => [] }, ['1x18x38x50', '1x5']);
  expect(made.map((name) => rows[name]?.gradients?.(context))).toEqual(made.map(() => ['none', 'none']));
});

test('a pooling of regions without a size is refused', () => {
  expect(() => runRow(DETECTION.MaxRoiPool, ['1x512x38x50', '128x5'])).toThrow('Row has no pooled_shape');
});
