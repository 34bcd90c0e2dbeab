import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { POOLING } from '../../src/ops/pooling.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = POOLING;
const IMAGE = '2x6x8x8';
const CHANNELS_LAST = '2x6x8x8 /384x1x48x6';
const HALVING = { kernel_shape: [2, 2], strides: [2, 2] };

type Case = readonly [
  name: string,
  inputs: readonly string[],
  attributes: Attributes,
  output: string,
  saves: readonly string[],
];

// torch.nn.functional.max_pool*d, avg_pool*d, adaptive_*_pool2d, lp_pool2d, max_unpool2d on CUDA tensors, torch 2.15.
describe('what a pooling puts out and keeps', () => {
  const cases: readonly Case[] = [
    ['MaxPool', [IMAGE], HALVING, '2x6x4x4', ['input 0', 'indices 2x6x4x4 int64']],
    ['MaxPool', ['2x6x8'], { kernel_shape: [2], strides: [2] }, '2x6x4', ['input 0', 'indices 2x6x4 int64']],
    ['MaxPool', ['1x2x8x8x8'], { kernel_shape: [2, 2, 2] }, '1x2x7x7x7', ['input 0', 'indices 1x2x7x7x7 int64']],
    ['MaxPool', [IMAGE], { kernel_shape: [3, 3], dilations: [2, 2] }, '2x6x4x4', ['input 0', 'indices 2x6x4x4 int64']],
    ['MaxPool', [`${IMAGE} float16`], HALVING, '2x6x4x4 float16', ['input 0', 'indices 2x6x4x4 int64']],
    ['MaxPool', [CHANNELS_LAST], HALVING, '2x6x4x4 /96x1x24x6', ['input 0', 'indices 2x6x4x4 int64']],
    ['AveragePool', [IMAGE], HALVING, '2x6x4x4', ['input 0']],
    ['AveragePool', [CHANNELS_LAST], HALVING, '2x6x4x4 /96x1x24x6', ['input 0']],
    ['AveragePool', ['2x6x8x8 /384x64x1x8'], HALVING, '2x6x4x4', ['input 0']],
    ['GlobalAveragePool', [IMAGE], {}, '2x6x1x1', []],
    ['GlobalAveragePool', ['2x6x8'], {}, '2x6x1', []],
    ['GlobalMaxPool', [IMAGE], {}, '2x6x1x1', ['input 0', 'indices 2x6x1x1 int64']],
    ['AdaptiveAveragePool', [IMAGE], { output_size: [3, 4] }, '2x6x3x4', ['input 0']],
    ['AdaptiveMaxPool', [IMAGE], { output_size: [3, 4] }, '2x6x3x4', ['input 0', 'indices 2x6x3x4 int64']],
    ['LpPool', [IMAGE], HALVING, '2x6x4x4', ['input 0', `copy ${IMAGE}`, 'copy 4x2x6x4x4']],
    ['GlobalLpPool', [IMAGE], {}, '2x6x1x1', ['input 0', `copy ${IMAGE}`, 'copy 4x2x6x1x1']],
    ['MaxUnpool', ['2x6x4x4', '2x6x4x4 int64'], HALVING, IMAGE, ['input 1']],
  ];
  test.each(cases)('%s of %j with %j', (...[name, inputs, attributes, output, saves]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes })).toMatchObject({ outputs: [output], saves, flops: 0 });
  });
});

describe('the positions of MaxPool', () => {
  test('are kept once where the layer puts them out', () => {
    expect(runRow(POOLING.MaxPool, [IMAGE], { attributes: HALVING, outputCount: 2 })).toMatchObject({
      outputs: ['2x6x4x4', '2x6x4x4 int64'],
      saves: ['input 0', 'output 1'],
    });
  });
});

describe('MaxUnpool', () => {
  // The node tests of ONNX: 1x1x2x2 becomes 4x4, or what output_shape says.
  test.each([
    ['the pooling’s formula backwards', ['1x1x2x2', '1x1x2x2 int64'], {}, '1x1x4x4'],
    ['a shape it is told', ['1x1x2x2', '1x1x2x2 int64', '4 int64'], { 2: [1, 1, 5, 5] }, '1x1x5x5'],
  ])('puts out by %s', (_, inputs, values, output) => {
    expect(runRow(POOLING.MaxUnpool, inputs, { attributes: HALVING, values }).outputs).toEqual([output]);
  });

  test('takes pads off', () => {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    expect(runRow(POOLING.MaxUnpool, ['1x1x4x4', '1x1x4x4 int64'], { attributes }).outputs).toEqual(['1x1x7x7']);
  });

  test('has a gradient for the values alone', () => {
    const { gradients } = runRow(POOLING.MaxUnpool, ['1x1x2x2', '1x1x2x2 int64'], { attributes: HALVING });
    expect(gradients).toEqual(['new', 'none']);
  });
});

test.each(['MaxPool', 'AveragePool', 'LpPool', 'MaxUnpool'])('%s without a window is refused', (name) => {
  const row = rows[name];
  expect(() => row && runRow(row, [IMAGE, `${IMAGE} int64`])).toThrow('Row has no kernel_shape');
});

// The power on autocast's list of float32; the others pool in what they are given (ATen/autocast_mode.h).
test('LpPool runs in float32, and holds three tensors of its input’s size in backward', () => {
  expect(Object.keys(rows).filter((name) => rows[name]?.autocast !== undefined)).toEqual(['LpPool', 'GlobalLpPool']);
  expect(POOLING.LpPool.autocast).toBe('fp32');
  expect(runRow(POOLING.LpPool, [IMAGE], { attributes: HALVING }).bytes).toEqual({ forward: 0, backward: 3 * 3072 });
});
