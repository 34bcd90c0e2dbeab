import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { SCALE } from '../../src/ops/scale.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = SCALE;

type Case = readonly [
  name: string,
  inputs: readonly string[],
  attributes: Attributes,
  expected: Partial<ReturnType<typeof runRow>>,
];

const IMAGE = '2x6x8x8';

describe('what Caffe’s own layers imply, put out and keep', () => {
  const cases: readonly Case[] = [
    ['Scale', [IMAGE], { bias: true }, { parameters: ['weight 6', 'bias 6'], saves: ['input 0', 'input 1'] }],
    ['Scale', [IMAGE], { axis: 0, num_axes: -1 }, { parameters: ['weight 2x6x8x8'] }],
    ['Scale', [IMAGE], { num_axes: 0 }, { parameters: ['weight scalar'] }],
    ['Scale', [IMAGE, '2x6'], { axis: 0 }, { parameters: [], outputs: [IMAGE] }],
    ['Bias', [IMAGE], {}, { parameters: ['bias 6'], saves: [] }],
    ['Axpy', ['2x6', IMAGE, IMAGE], {}, { outputs: [IMAGE], saves: ['input 0', 'input 1'] }],
    ['Power', [IMAGE], { power: 1, scale: 2 }, { saves: [] }],
    ['Power', [IMAGE], { power: 2 }, { saves: ['input 0'] }],
    ['Power', [IMAGE], { power: 2, shift: 1 }, { saves: ['copy 2x6x8x8'] }],
    ['Threshold', [IMAGE], {}, { outputs: [IMAGE], saves: [] }],
    [
      'Normalize',
      [IMAGE],
      { across_spatial: false, channel_shared: false },
      { parameters: ['weight 6'], saves: ['input 0', 'input 1', 'statistics 2x2x8x8', 'copy 2x6x8x8'] },
    ],
    [
      'Normalize',
      [IMAGE],
      {},
      { parameters: ['weight 1'], saves: ['input 0', 'input 1', 'statistics 2x2', 'copy 2x6x8x8'] },
    ],
    [
      'InnerProduct',
      ['5x2x7'],
      { axis: 2, out_features: 3 },
      { parameters: ['weight 3x7', 'bias 3'], outputs: ['5x2x3'], flops: 2 * 5 * 2 * 7 * 3 },
    ],
    [
      'Embed',
      ['4x9 int64'],
      { input_dim: 100, out_features: 16 },
      { parameters: ['weight 100x16', 'bias 16'], outputs: ['4x9x16'], saves: ['input 0'] },
    ],
    [
      'CaffeLstm',
      ['5x2x7', '5x2'],
      { hidden_size: 3 },
      {
        parameters: ['weight_ih 12x7', 'bias 12', 'weight_hh 12x3'],
        outputs: ['5x2x3'],
        saves: ['input 0', 'output 0', 'reserve 5x2x15'],
        flops: 2 * 5 * 2 * (12 * 7 + 12 * 3),
      },
    ],
    ['CaffeReshape', [IMAGE], { dims: [0, -1], axis: 1, num_axes: 2 }, { outputs: ['2x6x8x8'] }],
    ['CaffeReshape', [IMAGE], { dims: [-1], axis: 1, end_axis: 2 }, { outputs: ['2x48x8'] }],
    [
      'CaffeSlice',
      [IMAGE],
      { axis: 1, slice_point: [1, 4] },
      { outputs: ['2x1x8x8 /384x64x8x1', '2x3x8x8 /384x64x8x1', '2x2x8x8 /384x64x8x1'] },
    ],
    ['Crop', [IMAGE, '2x3x5x4'], { axis: 2 }, { outputs: ['2x6x5x4 /384x64x8x1'], saves: [] }],
    ['CaffeTile', [IMAGE], { axis: 1, tiles: 2 }, { outputs: ['2x12x8x8'] }],
    ['Interp', [IMAGE], { shrink_factor: 2 }, { outputs: ['2x6x4x4'] }],
    ['Interp', [IMAGE], { zoom_factor: 8 }, { outputs: ['2x6x57x57'] }],
    ['Interp', [IMAGE], { scale: 2 }, { outputs: ['2x6x16x16'] }],
    ['Interp', [IMAGE, '2x1x9x7'], {}, { outputs: ['2x6x9x7'] }],
    ['Im2col', [IMAGE], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { outputs: ['2x54x8x8'] }],
    ['SPP', [IMAGE], { pyramid_height: 2 }, { outputs: ['2x30'], saves: ['input 0', 'indices 2x30 int64'] }],
    ['Filter', [IMAGE, '2'], {}, { outputs: [IMAGE] }],
    ['BatchReindex', [IMAGE, '9'], {}, { outputs: ['9x6x8x8'], saves: ['input 1'] }],
    ['ShuffleChannel', [IMAGE], { group: 3 }, { outputs: [IMAGE], saves: [] }],
  ];
  test.each(cases)('%s of %j with %j', (name, inputs, attributes, expected) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes, outputCount: expected.outputs?.length ?? 1 })).toMatchObject(
      expected,
    );
  });
});

describe('refuses', () => {
  test.each([
    ['CaffeReshape', [IMAGE], { dims: [5, -1] }, '[2, 6, 8, 8] does not reshape by [5, -1]'],
    ['CaffeSlice', [IMAGE], { axis: 1, slice_point: [6] }, 'slice points [6] do not divide 6'],
    ['Crop', [IMAGE, '2x3x9x9'], {}, '[2, 6, 8, 8] cannot be cropped to [2, 6, 9, 9]'],
  ])('%s of %j with %j', (name, inputs, attributes, message) => {
    const row = rows[name];
    expect(() => row && runRow(row, inputs, { attributes })).toThrow(message);
  });
});
