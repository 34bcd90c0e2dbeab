import { describe, expect, test } from '@jest/globals';
import { ACTIVATION } from '../../src/ops/activation.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = ACTIVATION;
const IMAGE = '2x6x8x8';
const CHANNELS_LAST = '2x6x8x8 /384x1x48x6';
const TRANSPOSED = '6x4 /1x8';

// saved_tensors_hooks on the function of the same name in torch.nn.functional, CUDA tensors, torch 2.15.
describe('what an activation keeps', () => {
  test.each([
    ['Relu', ['output 0']],
    ['Sigmoid', ['output 0']],
    ['Tanh', ['output 0']],
    ['Softmax', ['output 0']],
    ['LogSoftmax', ['output 0']],
    ['LeakyRelu', ['input 0']],
    ['Elu', ['input 0']],
    ['Celu', ['input 0']],
    ['Selu', ['input 0']],
    ['ThresholdedRelu', ['input 0']],
    ['HardSigmoid', ['input 0']],
    ['HardSwish', ['input 0']],
    ['Softplus', ['input 0']],
    ['Softsign', ['input 0', `copy ${IMAGE}`]],
    ['Gelu', ['input 0']],
    ['GeluFunction', ['input 0']],
    ['Swish', ['input 0']],
    ['Mish', ['input 0']],
    ['Erf', ['input 0']],
    ['Clip', ['input 0']],
    ['Shrink', ['input 0']],
    ['Dropout', [`mask ${IMAGE} bool`]],
    ['Hardmax', []],
  ])('%s: %j', (name, saves) => {
    const row = rows[name];
    expect(row && runRow(row, [IMAGE])).toMatchObject({ outputs: [IMAGE], saves, flops: 0, view: false });
  });

  test('in the dtype of its input', () => {
    for (const [name, row] of Object.entries(rows)) {
      const inputs = name === 'PRelu' ? ['4x6 float16', '6 float16'] : ['4x6 float16'];
      expect([name, runRow(row, inputs).outputs]).toEqual([name, ['4x6 float16']]);
    }
  });
});

// Strides of the outputs, torch 2.15.
describe('memory layout', () => {
  test.each([
    ['Relu', CHANNELS_LAST, CHANNELS_LAST],
    ['Relu', TRANSPOSED, '6x4 /1x6'],
    ['Gelu', '4x3 /6x1', '4x3'],
    ['PRelu', CHANNELS_LAST, CHANNELS_LAST],
    ['Dropout', CHANNELS_LAST, CHANNELS_LAST],
    ['Softmax', CHANNELS_LAST, IMAGE],
    ['LogSoftmax', TRANSPOSED, '6x4'],
  ])('%s of %s gives %s', (name, input, output) => {
    const row = rows[name];
    expect(row && runRow(row, [input, '6']).outputs).toEqual([output]);
  });

  test('Softmax copies what is not contiguous, for the time it runs', () => {
    expect(runRow(ACTIVATION.Softmax, [CHANNELS_LAST]).bytes).toEqual({ forward: 2 * 6 * 8 * 8 * 4, backward: 0 });
    expect(runRow(ACTIVATION.Softmax, [IMAGE]).bytes).toEqual({ forward: 0, backward: 0 });
  });
});

describe('PRelu', () => {
  test.each([
    [{}, ['weight 6']],
    [{ channel_shared: true }, ['weight 1']],
  ])('with %j implies %j', (attributes, parameters) => {
    expect(runRow(ACTIVATION.PRelu, [IMAGE], { attributes })).toMatchObject({ parameters, outputs: [IMAGE] });
  });

  test('implies nothing where the layer has its slope, which is a parameter', () => {
    expect(runRow(ACTIVATION.PRelu, [IMAGE, '6x1x1']).parameters).toEqual([]);
    expect(ACTIVATION.PRelu.roles).toEqual(['constant', 'parameter']);
  });

  // torch.nn.functional.prelu, 2.15: _prelu_kernel_backward gives both gradients in full.
  test.each([[[]], [[0]], [[1]]])('keeps both operands and computes both gradients (constant: %j)', (constants) => {
    expect(runRow(ACTIVATION.PRelu, [IMAGE, '6'], { constants })).toMatchObject({
      saves: ['input 0', 'input 1'],
      bytes: { forward: 0, backward: 2 * 6 * 8 * 8 * 4 },
    });
  });
});

describe('Dropout', () => {
  // torch: `p == 0` returns the input itself (aten/src/ATen/native/Dropout.cpp); 0.5 is ONNX's default.
  test.each([
    ['of the default ratio', [IMAGE], {}, false],
    ['of a ratio as an attribute (opset 7)', [IMAGE], { attributes: { ratio: 0.1 } }, false],
    ['of a ratio as an input (opset 12)', [IMAGE, 'scalar'], { values: { 1: [0.1] } }, false],
    ['of 0 as an attribute', [IMAGE], { attributes: { ratio: 0 } }, true],
    ['of 0 as an input', [IMAGE, 'scalar'], { values: { 1: [0] } }, true],
  ])('%s', (_, inputs, options, isIdle) => {
    expect(runRow(ACTIVATION.Dropout, inputs, options)).toMatchObject({
      view: isIdle,
      saves: isIdle ? [] : [`mask ${IMAGE} bool`],
      gradients: [isIdle ? 'pass' : 'new', 'none', 'none'],
    });
  });

  test('that never drops hands on the strides too', () => {
    expect(runRow(ACTIVATION.Dropout, [TRANSPOSED], { attributes: { ratio: 0 } }).outputs).toEqual([TRANSPOSED]);
  });

  // saved_tensors_hooks on CUDA tensors, torch 2.15: feature_dropout.
  test('of whole channels keeps noise for each of them', () => {
    const { saves } = runRow(ACTIVATION.Dropout, [IMAGE], { attributes: { per_channel: 1 } });
    expect(saves).toEqual(['mask 2x6x1x1']);
  });

  // The same of alpha_dropout and feature_alpha_dropout; the profiler of memory.
  test('of SELU keeps noise in the dtype of the input, and adds what is scaled besides', () => {
    const half = `${IMAGE} bfloat16`;
    const alpha = runRow(ACTIVATION.Dropout, [half], { attributes: { alpha: 1 } });
    expect(alpha).toMatchObject({ saves: [`mask ${half}`], bytes: { forward: 2 * 6 * 8 * 8 * 2 } });
    const features = runRow(ACTIVATION.Dropout, [IMAGE], { attributes: { alpha: 1, per_channel: 1 } });
    expect(features).toMatchObject({ saves: ['mask 2x6x1x1'], bytes: { forward: 2 * 6 * 4 } });
    const idle = runRow(ACTIVATION.Dropout, [IMAGE], { attributes: { alpha: 1, ratio: 0 } });
    expect(idle).toMatchObject({ saves: [], bytes: { forward: 0 } });
  });

  test('keeps one mask, whether or not the layer names it', () => {
    expect(runRow(ACTIVATION.Dropout, [IMAGE], { outputCount: 2 })).toMatchObject({
      outputs: [IMAGE, `${IMAGE} bool`],
      saves: [`mask ${IMAGE} bool`],
    });
  });
});

// ONNX operator specification: bounds are attributes before opset 11, inputs since, and open where they are left out.
describe('of what is known', () => {
  test.each([
    ['from below, as an attribute', ['3'], { attributes: { min: 0 }, values: { 0: [-2, 0, 5] } }, [0, 0, 5]],
    ['from both sides, as inputs', ['3', 'scalar', 'scalar'], { values: { 0: [-2, 1, 9], 1: [0], 2: [6] } }, [0, 1, 6]],
    ['from above alone', ['3', '-', 'scalar'], { values: { 0: [-2, 1, 9], 2: [6] } }, [-2, 1, 6]],
    ['of integers', ['2 int64', 'scalar int64'], { values: { 0: [-3, 4], 1: [0] } }, [0, 4]],
    ['to the upper bound, where the two cross', ['1', 'scalar', 'scalar'], { values: { 0: [3], 1: [5], 2: [2] } }, [2]],
    ['by what only the data knows: not at all', ['1', 'scalar'], { values: { 0: [3] } }, undefined],
    ['of what only the data knows: not at all', ['1', 'scalar'], { values: { 1: [0] } }, undefined],
  ])('Clip folds %s', (_, inputs, options, expected) => {
    expect(runRow(ACTIVATION.Clip, inputs, options).values).toEqual([expected]);
  });

  test('Relu folds too', () => {
    expect(runRow(ACTIVATION.Relu, ['3 int64'], { values: { 0: [-2, 0, 5] } }).values).toEqual([[0, 0, 5]]);
    expect(runRow(ACTIVATION.Relu, ['3']).values).toEqual([undefined]);
  });
});

test('the bounds of Clip have no gradient, Hardmax none at all', () => {
  expect(runRow(ACTIVATION.Clip, ['4x6', 'scalar', 'scalar']).gradients).toEqual(['new', 'none', 'none']);
  expect(runRow(ACTIVATION.Hardmax, ['4x6']).gradients).toEqual(['none']);
});

// Tensors of the input's size that the backward of torch 2.15 holds beside the gradient.
test.each([
  ['Relu', 0],
  ['Gelu', 0],
  ['Softsign', 3],
  ['Erf', 4],
])('%s takes %d tensors of scratch in backward', (name, tensors) => {
  const row = rows[name];
  expect(row && runRow(row, ['4x6']).bytes).toEqual({ forward: 0, backward: tensors * 4 * 6 * 4 });
});

// A dispatch mode around transformers' GeLUFunction on the meta device, torch 2.15: most tensors at once, less its result.
test('GELU as an autograd function computes in Python', () => {
  const { bytes, context } = runRow(ACTIVATION.GeluFunction, ['4x6']);
  expect(bytes).toEqual({ forward: 3 * 4 * 6 * 4, backward: 4 * 4 * 6 * 4 });
  expect(ACTIVATION.GeluFunction.bytes?.(context)).toBe(21 * 4 * 6 * 4);
});

// ATen/autocast_mode.h, torch 2.15.
test('autocast widens softmax and softplus, lowers prelu, and leaves the others as they are', () => {
  const classes = Object.entries(rows).filter(([, { autocast }]) => autocast !== undefined);
  expect(classes.map(([name, { autocast }]) => [name, autocast])).toEqual([
    ['Softmax', 'fp32-output'],
    ['LogSoftmax', 'fp32-output'],
    ['Softplus', 'fp32'],
    ['PRelu', 'lower'],
  ]);
});
