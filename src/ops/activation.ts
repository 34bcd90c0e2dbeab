import { booleanAttribute, dimAt, input, numberAttribute, tensor } from './context.js';
import type { AutocastClass, ImpliedParameter, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { isDense } from './strides.js';

/** Same shape; the strides of a dense input are inherited, as TensorIterator does. */
function sameType(context: OpContext): TensorType {
  const type = input(context, 0);
  return isDense(type) ? type : tensor(type.dtype, type.shape);
}

/** An activation of one input; autograd keeps its input or its output (PyTorch: tools/autograd/derivatives.yaml). */
function activation(keeps: 'input' | 'output', autocast: AutocastClass = 'keep'): OpSpec {
  return {
    infer: (context) => [sameType(context)],
    saves: () => [{ from: keeps, index: 0 }],
    autocast,
  };
}

/** One slope per channel, or one for all of them (`channel_shared`, Caffe). */
function impliedSlope(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const { dtype, shape } = input(context, 0);
  const count = booleanAttribute(context.layer, 'channel_shared', false) ? 1 : dimAt(shape, 1);
  return [{ name: 'weight', role: 'parameter', dtype, shape: [count] }];
}

/** A dropout that never drops: torch returns its input (aten/src/ATen/native/Dropout.cpp, `p == 0`). */
function isIdleDropout(context: OpContext): boolean {
  return (context.value(1)?.[0] ?? numberAttribute(context.layer, 'ratio', 0.5)) === 0;
}

/** native_dropout on CUDA keeps a bool mask, one byte an element. */
function dropoutMask(context: OpContext): readonly Saved[] {
  if (isIdleDropout(context)) return [];
  return [{ from: 'new', what: 'mask', type: tensor('bool', input(context, 0).shape) }];
}

/** Dropout's optional second output is its mask. */
function inferDropout(context: OpContext): readonly TensorType[] {
  const mask = tensor('bool', input(context, 0).shape);
  return context.outputCount > 1 ? [sameType(context), mask] : [sameType(context)];
}

/** Clip to [0, 6] is relu6 (hardtanh), which keeps its input like clamp does. */
const CLIP = activation('input');

export const ACTIVATION = {
  Relu: activation('output'),
  Sigmoid: activation('output'),
  Tanh: activation('output'),
  Softmax: activation('output', 'fp32'),
  LogSoftmax: activation('output', 'fp32'),
  LeakyRelu: activation('input'),
  Elu: activation('input'),
  Celu: activation('input'),
  Selu: activation('input'),
  ThresholdedRelu: activation('input'),
  HardSigmoid: activation('input'),
  HardSwish: activation('input'),
  Softplus: activation('input', 'fp32'),
  /** x / (1 + |x|): the division keeps its divisor besides. */
  Softsign: {
    ...activation('input'),
    saves: (context) => [
      { from: 'input', index: 0 },
      { from: 'new', what: 'copy', type: sameType(context) },
    ],
  },
  Gelu: activation('input'),
  Swish: activation('input'),
  Mish: activation('input'),
  Erf: activation('input'),
  Clip: { ...CLIP, gradients: () => ['new', 'none', 'none'] },
  /** prelu keeps input and weight; autocast lowers it as it does products (ATen/autocast_mode.h). */
  PRelu: {
    infer: (context) => [sameType(context)],
    parameters: impliedSlope,
    roles: ['constant', 'parameter'],
    saves: () => [
      { from: 'input', index: 0 },
      { from: 'input', index: 1 },
    ],
    autocast: 'lower',
  },
  Dropout: {
    infer: inferDropout,
    view: isIdleDropout,
    saves: dropoutMask,
    gradients: () => ['new', 'none', 'none'],
  },
  /** `Hardmax` is argmax as one-hot: not differentiable. */
  Hardmax: { infer: (context) => [sameType(context)], gradients: () => ['none'] },
  /** Shrink(x): keeps its input (hardshrink, softshrink). */
  Shrink: activation('input'),
} as const satisfies Record<string, OpSpec>;
