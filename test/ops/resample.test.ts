import { describe, expect, test } from '@jest/globals';
import { RESAMPLE } from '../../src/ops/resample.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

const { Resize, Upsample, DepthToSpace, SpaceToDepth, GridSample, AffineGrid } = RESAMPLE;

type Case = readonly [what: string, inputs: readonly string[], options: RowOptions, output: string];

describe('Resize', () => {
  // The node tests of ONNX, and its operator specification for older opsets.
  const cases: readonly Case[] = [
    ['by scales, opset 10', ['1x1x2x2', '4'], { values: { 1: [1, 1, 2, 3] } }, '1x1x4x6'],
    ['by scales, opset 11', ['1x1x2x4', '0', '4'], { values: { 1: [], 2: [1, 1, 0.6, 0.6] } }, '1x1x1x2'],
    ['by scales without a roi', ['1x1x2x4', '-', '4'], { values: { 2: [1, 1, 2, 3] } }, '1x1x4x12'],
    ['to sizes', ['1x1x2x4', '-', '-', '4 int64'], { values: { 3: [1, 1, 7, 8] } }, '1x1x7x8'],
    [
      'to sizes, with empty scales',
      ['1x1x2x4', '0', '0', '4 int64'],
      { values: { 2: [], 3: [1, 1, 7, 8] } },
      '1x1x7x8',
    ],
    [
      'by scales, with empty sizes',
      ['1x1x2x4', '0', '4', '0 int64'],
      { values: { 2: [1, 1, 2, 2], 3: [] } },
      '1x1x4x8',
    ],
    [
      'of some axes, opset 18',
      ['1x1x2x4', '-', '2'],
      { attributes: { axes: [3, 2] }, values: { 2: [2, 3] } },
      '1x1x6x8',
    ],
    [
      'of axes counted from the end',
      ['1x1x2x4', '-', '-', '1 int64'],
      { attributes: { axes: [-1] }, values: { 3: [9] } },
      '1x1x2x9',
    ],
    [
      'not larger, in proportion',
      ['1x1x2x2', '-', '-', '2 int64'],
      { attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, values: { 3: [7, 8] } },
      '1x1x7x7',
    ],
    [
      'not smaller, in proportion',
      ['1x1x2x2', '-', '-', '2 int64'],
      { attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' }, values: { 3: [7, 8] } },
      '1x1x8x8',
    ],
    [
      'not larger, downwards',
      ['1x1x2x4', '-', '-', '2 int64'],
      { attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, values: { 3: [1, 3] } },
      '1x1x1x2',
    ],
    ['channels last', ['2x6x8x8 /384x1x48x6', '4'], { values: { 1: [1, 1, 2, 2] } }, '2x6x16x16 /1536x1x96x6'],
  ];
  test.each(cases)('%s: %j', (_, inputs, options, output) => {
    expect(runRow(Resize, inputs, options).outputs).toEqual([output]);
  });

  test('neither by constant scales nor to constant sizes is refused', () => {
    const message = 'Row has neither constant scales nor sizes';
    expect(() => runRow(Resize, ['1x1x2x2'])).toThrow(message);
    expect(() => runRow(Resize, ['1x1x2x2', '-', '4'])).toThrow(message);
    expect(() => runRow(Resize, ['1x1x2x2', '0', '0'], { values: { 1: [], 2: [] } })).toThrow(message);
  });

  // torch.nn.functional.interpolate, 2.15; ATen/autocast_mode.h lists upsample_*.
  test('keeps nothing, has a gradient for the image alone, and runs in float32', () => {
    expect(runRow(Resize, ['1x1x2x2', '-', '4'], { values: { 2: [1, 1, 2, 2] } })).toMatchObject({
      saves: [],
      gradients: ['new', 'none', 'none'],
      flops: 0,
    });
    expect([Resize.autocast, Upsample.autocast]).toEqual(['fp32', 'fp32']);
  });
});

describe('Upsample', () => {
  test.each([
    ['of opset 7 has its scales as an attribute', ['1x1x2x2'], { attributes: { scales: [1, 1, 2, 3] } }, '1x1x4x6'],
    ['of opset 9 has them as an input', ['1x1x2x2', '4'], { values: { 1: [1, 1, 2, 3] } }, '1x1x4x6'],
  ])('%s', (_, inputs, options, output) => {
    expect(runRow(Upsample, inputs, options).outputs).toEqual([output]);
  });
});

describe('blocks of channels', () => {
  // torch.nn.functional.pixel_shuffle and pixel_unshuffle, 2.15.
  test.each([
    [DepthToSpace, '2x8x4x4', 2, '2x2x8x8'],
    [DepthToSpace, '1x9x2x3', 3, '1x1x6x9'],
    [SpaceToDepth, '2x8x4x4', 2, '2x32x2x2'],
  ])('%#: %s by %d become %s, and nothing is kept', (row, input, blocksize, output) => {
    expect(runRow(row, [input], { attributes: { blocksize } })).toMatchObject({ outputs: [output], saves: [] });
  });
});

describe('sampling', () => {
  // torch.nn.functional.grid_sample and affine_grid, 2.15.
  test.each([
    ['2x6x8x8', '2x5x7x2', '2x6x5x7'],
    ['2x6x4x4x4', '2x3x5x7x3', '2x6x3x5x7'],
  ])('%s on the grid %s gives %s, and keeps both', (image, grid, output) => {
    expect(runRow(GridSample, [image, grid])).toMatchObject({ outputs: [output], saves: ['input 0', 'input 1'] });
    expect(GridSample.autocast).toBe('promote');
  });

  test.each([
    ['2x2x3', [2, 6, 5, 7], '2x5x7x2', 2 * 5 * 7 * 3 * 4],
    ['2x3x4', [2, 6, 3, 5, 7], '2x3x5x7x3', 2 * 3 * 5 * 7 * 4 * 4],
  ])('a grid is made of %s and the size %j: %s, from positions of %d bytes', (theta, size, output, bytes) => {
    expect(runRow(AffineGrid, [theta, `${size.length} int64`], { values: { 1: size } })).toMatchObject({
      outputs: [output],
      saves: [],
      gradients: ['view', 'none'],
      bytes: { forward: bytes, backward: bytes },
    });
  });

  test('a grid of a size that only the data knows is refused', () => {
    expect(() => runRow(AffineGrid, ['2x2x3', '4 int64'])).toThrow('size of AffineGrid is not a constant');
  });
});
