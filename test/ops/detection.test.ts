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

test('a pooling of regions without a size is refused', () => {
  expect(() => runRow(DETECTION.MaxRoiPool, ['1x512x38x50', '128x5'])).toThrow('Row has no pooled_shape');
});
