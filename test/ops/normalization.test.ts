import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { NORMALIZATION } from '../../src/ops/normalization.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = NORMALIZATION;
const IMAGE = '2x6x8x8';

type Case = readonly [name: string, inputs: readonly string[], attributes: Attributes, saves: readonly string[]];

// saved_tensors_hooks on CUDA tensors, torch 2.15: batch_norm (cudnn), layer_norm, rms_norm (fused), instance_norm,
// group_norm, local_response_norm, normalize.
describe('what a normalisation keeps', () => {
  const cases: readonly Case[] = [
    [
      'BatchNormalization',
      [IMAGE, '6', '6', '6', '6'],
      {},
      ['input 0', 'input 1', 'input 3', 'input 4', 'statistics 6', 'statistics 6'],
    ],
    [
      'BatchNormalization',
      ['4x6 float16', '6', '6', '6', '6'],
      {},
      ['input 0', 'input 1', 'input 3', 'input 4', 'statistics 6', 'statistics 6'],
    ],
    ['LayerNormalization', ['4x3', '3', '3'], {}, ['input 0', 'input 1', 'input 2', 'statistics 4', 'statistics 4']],
    ['LayerNormalization', ['2x4x3', '3', '3'], {}, ['input 0', 'input 1', 'input 2', 'statistics 8', 'statistics 8']],
    [
      'LayerNormalization',
      ['2x4x3', '4x3', '4x3'],
      { axis: 1 },
      ['input 0', 'input 1', 'input 2', 'statistics 2', 'statistics 2'],
    ],
    [
      'LayerNormalization',
      ['2x4x3', '4x3', '4x3'],
      { axis: -2 },
      ['input 0', 'input 1', 'input 2', 'statistics 2', 'statistics 2'],
    ],
    ['LayerNormalization', ['4x3'], {}, ['input 0', 'statistics 4', 'statistics 4']],
    ['RMSNormalization', ['4x3', '3'], {}, ['input 0', 'input 1', 'statistics 4']],
    ['InstanceNormalization', [IMAGE, '6', '6'], {}, ['input 0', 'statistics 12', 'statistics 12', 'statistics 12']],
    ['InstanceNormalization', [IMAGE], {}, ['input 0', 'statistics 12', 'statistics 12']],
    [
      'GroupNormalization',
      [IMAGE, '6', '6'],
      { num_groups: 3 },
      ['input 0', 'input 1', 'statistics 6', 'statistics 6'],
    ],
    ['LRN', [IMAGE], { size: 5 }, ['input 0', 'copy 2x1x10x8x8', `copy ${IMAGE}`, `copy ${IMAGE}`]],
    ['LRN', ['2x6x8'], { size: 3 }, ['input 0', 'copy 2x1x8x8', 'copy 2x6x8', 'copy 2x6x8']],
    ['LpNormalization', ['4x3'], {}, ['input 0', 'statistics 4', 'statistics 4']],
    ['LpNormalization', ['4x3'], { axis: 0 }, ['input 0', 'statistics 3', 'statistics 3']],
    // (x - x.mean(dims)) / x.std(dims).
    ['MeanVarianceNormalization', [IMAGE], {}, ['input 0', 'statistics 6', `copy ${IMAGE}`]],
    ['MeanVarianceNormalization', [IMAGE], { axes: [2, -1] }, ['input 0', 'statistics 12', `copy ${IMAGE}`]],
    ['MeanVarianceNormalization', [IMAGE], { across_channels: false }, ['input 0', 'statistics 12', `copy ${IMAGE}`]],
    ['MeanVarianceNormalization', [IMAGE], { across_channels: true }, ['input 0', 'statistics 2', `copy ${IMAGE}`]],
    // `spatial: 0` of opset 7: each of 6 x 8 x 8 activations has a scale, and statistics, of its own.
    [
      'BatchNormalization',
      [IMAGE, '6x8x8', '6x8x8', '6x8x8', '6x8x8'],
      {},
      ['input 0', 'input 1', 'input 3', 'input 4', 'statistics 384', 'statistics 384'],
    ],
  ];
  test.each(cases)('%s of %j with %j: %j', (name, inputs, attributes, saves) => {
    const row = rows[name];
    const [shape = '', dtype] = inputs[0]?.split(' ') ?? [];
    expect(row && runRow(row, inputs, { attributes })).toMatchObject({
      saves,
      outputs: [dtype ? `${shape} ${dtype}` : shape],
      flops: 0,
    });
  });

  test('the same where only the scale wants a gradient', () => {
    const { saves } = runRow(NORMALIZATION.LayerNormalization, ['4x3', '3', '3'], { constants: [0] });
    expect(saves).toEqual(['input 0', 'input 1', 'input 2', 'statistics 4', 'statistics 4']);
  });
});

describe('more outputs', () => {
  test('of BatchNormalization are statistics of each channel', () => {
    const { outputs } = runRow(NORMALIZATION.BatchNormalization, ['2x6x8x8 float16', '6', '6', '6', '6'], {
      outputCount: 3,
    });
    expect(outputs).toEqual(['2x6x8x8 float16', '6', '6']);
  });

  // ONNX: Mean and InvStdDev keep the normalised axes as dims of size 1.
  test('of LayerNormalization are statistics of each row', () => {
    const options = { outputCount: 3, attributes: { axis: 1 } };
    expect(runRow(NORMALIZATION.LayerNormalization, ['2x4x3', '4x3', '4x3'], options).outputs).toEqual([
      '2x4x3',
      '2x1x1',
      '2x1x1',
    ]);
  });
});

describe('BatchNormalization', () => {
  test.each([
    [{}, ['weight 6', 'bias 6', 'running_mean 6', 'running_var 6']],
    [{ affine: false }, ['running_mean 6', 'running_var 6']],
  ])('with %j implies %j', (attributes, parameters) => {
    expect(runRow(NORMALIZATION.BatchNormalization, [IMAGE], { attributes }).parameters).toEqual(parameters);
  });

  test('trains its scale and shift, not its running statistics', () => {
    const { context } = runRow(NORMALIZATION.BatchNormalization, [IMAGE]);
    const implied = NORMALIZATION.BatchNormalization.parameters({ ...context, inputs: context.inputs.slice(0, 1) });
    expect(implied.map(({ role }) => role)).toEqual(['parameter', 'parameter', 'buffer', 'buffer']);
    expect(NORMALIZATION.BatchNormalization.gradients()).toEqual(['new', 'new', 'new', 'none', 'none']);
    expect(NORMALIZATION.BatchNormalization.roles).toEqual(['constant', 'parameter', 'parameter', 'buffer']);
  });

  test('keeps its parameters in float32, whatever its input is', () => {
    expect(runRow(NORMALIZATION.BatchNormalization, ['4x6 float16']).parameters[0]).toBe('weight 6');
  });
});

const CHANNELS_LAST = '2x6x8x8 /384x1x48x6';
const TRANSPOSED = '2x6x8x8 /384x64x1x8';
/** Bytes of an image in float32. */
const FULL = 2 * 6 * 8 * 8 * 4;

// Strides of the outputs and what saved_tensors_hooks show, CUDA tensors, torch 2.15.
describe('an image that is not contiguous', () => {
  test.each([
    ['BatchNormalization', CHANNELS_LAST, CHANNELS_LAST, 'input 0'],
    ['BatchNormalization', TRANSPOSED, IMAGE, `copy ${IMAGE}`],
    ['InstanceNormalization', CHANNELS_LAST, IMAGE, `copy ${IMAGE}`],
    ['InstanceNormalization', TRANSPOSED, IMAGE, `copy ${IMAGE}`],
    ['GroupNormalization', CHANNELS_LAST, CHANNELS_LAST, 'input 0'],
    ['GroupNormalization', TRANSPOSED, IMAGE, 'input 0'],
    ['LayerNormalization', TRANSPOSED, IMAGE, 'input 0'],
    ['LRN', TRANSPOSED, TRANSPOSED, 'input 0'],
    ['LpNormalization', CHANNELS_LAST, CHANNELS_LAST, 'input 0'],
    ['MeanVarianceNormalization', TRANSPOSED, TRANSPOSED, 'input 0'],
  ])('%s of %s puts out %s and keeps %s', (name, image, output, kept) => {
    const row = rows[name];
    const result = row && runRow(row, [image, '6', '6']);
    expect([result?.outputs[0], result?.saves[0]]).toEqual([output, kept]);
  });
});

// Kernels that copy what is not contiguous, or not channels last; LRN, normalize and (x - mean) / std as torch 2.15
// computes their gradients.
describe('scratch', () => {
  test.each([
    ['BatchNormalization', TRANSPOSED, 0, 0],
    ['LayerNormalization', IMAGE, 0, 0],
    ['LayerNormalization', TRANSPOSED, FULL, FULL],
    ['RMSNormalization', TRANSPOSED, FULL, FULL],
    ['GroupNormalization', CHANNELS_LAST, 0, 0],
    ['GroupNormalization', TRANSPOSED, FULL, FULL],
    ['LRN', IMAGE, 0, 4 * FULL],
    ['LpNormalization', IMAGE, 0, 3 * FULL],
    ['MeanVarianceNormalization', IMAGE, 0, 3 * FULL],
  ])('of %s of %s: %d bytes forward, %d backward', (name, image, forward, backward) => {
    const row = rows[name];
    expect(row && runRow(row, [image, '6', '6']).bytes).toEqual({ forward, backward });
  });
});

test.each([
  ['GroupNormalization', { num_groups: 4 }, '6 channels do not divide into 4 groups'],
  ['GroupNormalization', { num_groups: 0 }, '6 channels do not divide into 0 groups'],
  ['LRN', { size: -9 }, 'LRN over no number of channels'],
])('%s with %j is refused', (name, attributes, message) => {
  const row = rows[name];
  expect(() => row && runRow(row, [IMAGE, '6', '6'], { attributes })).toThrow(message);
});

test('an axis outside the rank is refused', () => {
  expect(() => runRow(NORMALIZATION.LayerNormalization, ['4x3', '3'], { attributes: { axis: 3 } })).toThrow(
    'axis 3 is outside rank 2',
  );
  expect(() => runRow(NORMALIZATION.LpNormalization, ['4x3'], { attributes: { axis: -3 } })).toThrow(
    'axis -3 is outside rank 2',
  );
});

// Output dtypes of float16 inputs under CUDA's autocast, torch 2.15.
test.each([
  ['BatchNormalization', undefined],
  ['InstanceNormalization', undefined],
  ['LayerNormalization', 'fp32'],
  ['RMSNormalization', 'fp32'],
  ['GroupNormalization', 'fp32'],
  ['LRN', 'fp32'],
  ['LpNormalization', 'fp32'],
])('autocast runs %s as %s', (name, autocast) => {
  expect(rows[name]?.autocast).toBe(autocast);
});
