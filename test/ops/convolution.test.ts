import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { CONVOLUTION } from '../../src/ops/convolution.js';
import { runRow } from '../helpers/row.js';

const { Conv, ConvTranspose, DeformConv } = CONVOLUTION;

type Case = readonly [input: string, weight: string, attributes: Attributes, output: string];

describe('Conv slides its window', () => {
  // The first five are the examples of the ONNX operator documentation; the others torch.nn.functional.conv*d, 2.15.
  const cases: readonly Case[] = [
    ['1x1x5x5', '1x1x3x3', { pads: [1, 1, 1, 1] }, '1x1x5x5'],
    ['1x1x5x5', '1x1x3x3', { pads: [0, 0, 0, 0] }, '1x1x3x3'],
    ['1x1x7x5', '1x1x3x3', { pads: [1, 1, 1, 1], strides: [2, 2] }, '1x1x4x3'],
    ['1x1x7x5', '1x1x3x3', { pads: [1, 0, 1, 0], strides: [2, 2] }, '1x1x4x2'],
    ['1x1x5x5', '1x1x3x3', { auto_pad: 'SAME_LOWER', strides: [2, 2] }, '1x1x3x3'],
    ['2x3x224x224', '64x3x7x7', { pads: [3, 3, 3, 3], strides: [2, 2] }, '2x64x112x112'],
    ['2x6x9x9', '8x3x3x3', { group: 2, dilations: [2, 3] }, '2x8x5x3'],
    ['2x6x8', '5x6x3', {}, '2x5x6'],
    ['1x2x8x8x8', '4x2x3x3x3', { strides: [1, 2, 3] }, '1x4x6x3x2'],
    ['2x3x9x9', '4x3x2x2', { auto_pad: 'VALID', pads: [1, 1, 1, 1], strides: [2, 2] }, '2x4x4x4'],
    ['2x3x9x9', '4x3x2x2', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, '2x4x5x5'],
  ];
  test.each(cases)('%s by %s with %j', (input, weight, attributes, output) => {
    expect(runRow(Conv, [input, weight], { attributes }).outputs).toEqual([output]);
  });

  test('in the dtype of its input', () => {
    expect(runRow(Conv, ['1x1x5x5 float16', '1x1x3x3 float16']).outputs).toEqual(['1x1x3x3 float16']);
  });
});

describe('ConvTranspose spreads its window', () => {
  // The examples of the ONNX operator documentation; the last two torch.nn.functional.conv_transpose2d, 2.15.
  const cases: readonly Case[] = [
    ['1x1x3x3', '1x2x3x3', {}, '1x2x5x5'],
    ['1x1x3', '1x2x3', {}, '1x2x5'],
    ['1x1x3x3', '1x2x3x3', { strides: [3, 2], output_shape: [10, 8] }, '1x2x10x8'],
    ['1x1x3x3', '1x2x3x3', { strides: [3, 2], output_shape: [1, 2, 10, 8] }, '1x2x10x8'],
    ['1x1x3x3', '1x2x3x3', { strides: [3, 2], output_padding: [1, 1] }, '1x2x10x8'],
    ['1x1x3x3', '1x2x3x3', { strides: [3, 2], pads: [1, 2, 1, 2] }, '1x2x7x3'],
    ['1x1x3x3', '1x2x3x3', { strides: [2, 2], auto_pad: 'SAME_UPPER' }, '1x2x6x6'],
    ['1x1x3x3', '1x1x2x2', { dilations: [2, 2] }, '1x1x5x5'],
    ['2x6x8x8', '6x5x3x3', {}, '2x5x10x10'],
    ['2x6x8x8', '6x4x2x2', { group: 3, strides: [2, 2] }, '2x12x16x16'],
  ];
  test.each(cases)('%s by %s with %j', (input, weight, attributes, output) => {
    expect(runRow(ConvTranspose, [input, weight], { attributes }).outputs).toEqual([output]);
  });
});

describe('weights that attributes imply', () => {
  test.each([
    [Conv, { kernel_shape: [3, 3], out_channels: 8 }, ['weight 8x6x3x3', 'bias 8'], '2x8x6x6'],
    [Conv, { kernel_shape: [3, 3], out_channels: 8, group: 2 }, ['weight 8x3x3x3', 'bias 8'], '2x8x6x6'],
    [Conv, { kernel_shape: [3, 3], group: -1, bias: false }, ['weight 6x1x3x3'], '2x6x6x6'],
    [ConvTranspose, { kernel_shape: [2, 2], out_channels: 4, group: 2 }, ['weight 6x2x2x2', 'bias 4'], '2x4x9x9'],
  ])('%# %j', (row, attributes, parameters, output) => {
    expect(runRow(row, ['2x6x8x8'], { attributes })).toMatchObject({ parameters, outputs: [output] });
  });

  test('none where the layer has its own', () => {
    expect(runRow(Conv, ['2x6x8x8', '4x6x3x3'], { attributes: { out_channels: 99 } })).toMatchObject({
      parameters: [],
      outputs: ['2x4x6x6'],
    });
  });
});

describe('FLOPs are 2 per multiply-accumulate', () => {
  test('each output of Conv takes C / group * k * k of them; the bias none', () => {
    const { flops } = runRow(Conv, ['2x6x8x8', '4x3x3x3', '4'], { attributes: { group: 2 } });
    expect(flops).toBe(2 * (2 * 4 * 6 * 6) * (3 * 3 * 3));
  });
  test('each input of ConvTranspose takes M / group * k * k of them', () => {
    const { flops } = runRow(ConvTranspose, ['2x6x8x8', '6x5x3x3']);
    expect(flops).toBe(2 * (2 * 6 * 8 * 8) * (5 * 3 * 3));
  });
  test('the first layer of ResNet-50 takes 118 million multiply-accumulates', () => {
    const attributes = { pads: [3, 3, 3, 3], strides: [2, 2] };
    const { flops } = runRow(Conv, ['1x3x224x224', '64x3x7x7'], { attributes });
    expect(flops / 2).toBe(118_013_952);
  });
});

// saved_tensors_hooks on torch.nn.functional.conv2d and conv_transpose2d, torch 2.15: always both.
test.each([
  ['everything', []],
  ['the weight', [0]],
  ['the input', [1, 2]],
  ['the bias', [0, 1]],
])('both operands are kept where %s wants a gradient', (_, constants) => {
  for (const row of [Conv, ConvTranspose]) {
    expect(runRow(row, ['2x6x8x8', '6x6x3x3', '6'], { constants }).saves).toEqual(['input 0', 'input 1']);
  }
});

describe('refuses', () => {
  test.each([
    [['2x6x8x8', '4x6x3x3'], { group: 2 }, 'Conv weight [4, 6, 3, 3] does not fit 6 channels in 2 groups'],
    [['2x6x8x8', '4x1x3x3'], { group: 4 }, '6 channels do not divide into 4 groups'],
    [['2x6x8x8', '4x2x3x3'], { group: 3 }, '4 output channels do not divide into 3 groups'],
    [['2x6x8x8', '4x6x3x3'], { group: 0 }, '6 channels do not divide into 0 groups'],
    [['2x6x8x8', '4x6x3x3'], { group: 1.5 }, '6 channels do not divide into 1.5 groups'],
    [['2x6x8x8'], { kernel_shape: [3, 3], group: 4 }, '6 channels do not divide into 4 groups'],
    [['2x6x8x8'], { kernel_shape: [3, 3], group: 3, out_channels: 8 }, '8 output channels do not divide into 3 groups'],
    [['2x6x8x8', '4x5x3x3'], {}, 'Conv weight [4, 5, 3, 3] does not fit 6 channels in 1 groups'],
    [['2x6x8x8'], {}, 'Row has neither a weight nor kernel_shape'],
    [['2x6x8', '4x6x3x3'], {}, 'a 2-d window cannot slide over 1 spatial axes'],
    [['2x6x8x8', '4x6x3x3'], { strides: [0, 1] }, 'a stride of 0 never ends'],
    [['2x6x4x4', '4x6x5x5'], {}, 'a window of 5 does not fit into 4'],
    [['2x6x4x4', '4x6x3x3'], { dilations: [1, 2] }, 'a window of 5 does not fit into 4'],
    [['2', '4x6x3x3'], {}, 'shape [2] has no axis 1'],
    [['-', '4x6x3x3'], {}, 'Row needs input 0'],
  ])('%j with %j', (inputs, attributes, message) => {
    expect(() => runRow(Conv, inputs, { attributes })).toThrow(message);
  });
});

test.each([
  [['1x2x3x3', '3x2x3x3'], 'ConvTranspose weight [3, 2, 3, 3] does not fit 2 channels'],
  [['1x2x3', '2x2x3x3'], 'a 2-d window cannot slide over 1 spatial axes'],
])('ConvTranspose of %j is refused', (inputs, message) => {
  expect(() => runRow(ConvTranspose, inputs)).toThrow(message);
});

test('runs in the low precision, in kernels of cuDNN', () => {
  expect([Conv.autocast, ConvTranspose.autocast]).toEqual(['lower', 'lower']);
  expect([Conv.library, ConvTranspose.library]).toEqual(['cudnn', 'cudnn']);
});

describe('memory layout', () => {
  // Strides of torch.nn.functional.conv2d and conv_transpose2d on CUDA tensors, torch 2.15.
  test.each([
    ['channels last', '2x6x8x8 /384x1x48x6', '2x4x6x6 /144x1x24x4', '2x4x10x10 /400x1x40x4'],
    ['transposed otherwise', '2x6x8x8 /384x64x1x8', '2x4x6x6', '2x4x10x10'],
    ['sliced, channels last', '2x6x8x8 /768x1x96x12', '2x4x6x6 /144x1x24x4', '2x4x10x10 /400x1x40x4'],
  ])('of an input that is %s', (_, image, output, transposed) => {
    expect(runRow(Conv, [image, '4x6x3x3']).outputs).toEqual([output]);
    expect(runRow(ConvTranspose, [image, '6x4x3x3']).outputs).toEqual([transposed]);
  });

  // 2 x 6 x 8 x 8 floats; aten/src/ATen/native/Convolution.cpp: input.contiguous(backend_memory_format).
  test.each([
    ['contiguous', '2x6x8x8', {}],
    ['channels last', '2x6x8x8 /384x1x48x6', {}],
    ['neither', '2x6x8x8 /384x64x1x8', { forward: 3072, backward: 3072 }],
  ])('an input that is %s costs a copy of %j', (_, image, bytes) => {
    expect(runRow(Conv, [image, '4x6x3x3']).bytes).toEqual({ forward: 0, backward: 0, ...bytes });
  });
});

describe('DeformConv', () => {
  // The first example of the ONNX operator documentation.
  test('slides its window as Conv does', () => {
    const inputs = ['1x1x3x3', '1x1x2x2', '1x8x4x4', '1', '1x4x4x4'];
    const attributes = { kernel_shape: [2, 2], pads: [1, 1, 1, 1] };
    expect(runRow(DeformConv, inputs, { attributes })).toMatchObject({
      outputs: ['1x1x4x4'],
      flops: 2 * (1 * 4 * 4) * (2 * 2),
    });
  });

  // torchvision csrc/ops/autograd/deform_conv2d_kernel.cpp: save_for_backward({input, weight, offset, mask, bias}).
  test('keeps all it reads', () => {
    const { saves } = runRow(DeformConv, ['2x6x8x8', '4x6x3x3', '2x18x6x6', '-', '2x9x6x6']);
    expect(saves).toEqual(['input 0', 'input 1', 'input 2', 'input 4']);
  });

  // deform_conv2d_kernel.cu: the columns of n images at a time, n the largest divisor of the batch up to 32.
  test.each([
    [1, 1],
    [32, 32],
    [33, 11],
    [37, 1],
    [48, 24],
  ])('gathers the windows of a batch of %d for %d images at once', (batch, images) => {
    const columns = 6 * 3 * 3 * images * 6 * 6 * 4;
    const { bytes } = runRow(DeformConv, [`${batch}x6x8x8`, '4x6x3x3', `${batch}x18x6x6`]);
    expect(bytes).toEqual({ forward: columns, backward: columns });
  });
});
