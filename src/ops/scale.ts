import { CAFFE_LAYOUT } from './caffe-layout.js';
import { CAFFE_RECURRENT } from './caffe-recurrent.js';
import { axisOf, booleanAttribute, dimAt, elements, input, numberAttribute, output, tensor } from './context.js';
import { copyOf, KEEP_INPUT, KEEP_OPERANDS, like, saveFactors, scratchOf } from './parts.js';
import type {
  AutogradContext,
  GradientKind,
  ImpliedParameter,
  OpContext,
  OpSpec,
  Saved,
  Temporaries,
  TensorType,
} from './spec.js';

function parameter(context: OpContext, name: string, shape: readonly number[]): ImpliedParameter {
  return { name, role: 'parameter', dtype: input(context, 0).dtype, shape };
}

/** The axes a Scale or Bias spans; `num_axes` -1 is all that follow, 0 is one number for everything. */
function spanned(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axis = axisOf(context, 1);
  const count = numberAttribute(context.layer, 'num_axes', 1);
  return shape.slice(axis, count === -1 ? shape.length : axis + count);
}

/** What multiplies is implied unless a second bottom multiplies; the shift is implied where the layer has one. */
function impliedScale(context: OpContext): readonly ImpliedParameter[] {
  const other = context.inputs[1];
  const shape = other?.shape ?? spanned(context);
  const weight = other ? [] : [parameter(context, 'weight', shape)];
  const shift = booleanAttribute(context.layer, 'bias', false) ? [parameter(context, 'bias', shape)] : [];
  return [...weight, ...shift];
}

/** The product before the shift is added; and grad * x, where it is summed for a factor smaller than x. */
function scaleTemporaries(context: AutogradContext): Temporaries {
  const hasShift = booleanAttribute(context.layer, 'bias', false);
  const isSmaller = elements(input(context, 1).shape) !== elements(input(context, 0).shape);
  return {
    forward: scratchOf(input(context, 0), hasShift ? 1 : 0),
    backward: scratchOf(input(context, 0), isSmaller && context.requiresGrad(1) ? 1 : 0),
  };
}

/** Which steps of (shift + scale x) ^ power do anything. */
function powerOf({ layer }: OpContext): { isPowered: boolean; isScaled: boolean; isShifted: boolean } {
  return {
    isPowered: numberAttribute(layer, 'power', 1) !== 1,
    isScaled: numberAttribute(layer, 'scale', 1) !== 1,
    isShifted: numberAttribute(layer, 'shift', 0) !== 0,
  };
}

/** pow keeps what it is given, which is a copy unless that is x itself. */
function savePower(context: OpContext): readonly Saved[] {
  const { isPowered, isScaled, isShifted } = powerOf(context);
  if (!isPowered) return [];
  return isScaled || isShifted ? [copyOf(like(context))] : KEEP_INPUT;
}

/** The product before it is shifted, unless the sum is kept in its place; the power of one less, and the exponent times it. */
function powerTemporaries(context: OpContext): Temporaries {
  const { isPowered, isScaled, isShifted } = powerOf(context);
  const type = input(context, 0);
  return {
    forward: scratchOf(type, isScaled && isShifted && !isPowered ? 1 : 0),
    backward: scratchOf(type, isPowered ? 2 : 0),
  };
}

function powerGradients(context: OpContext): readonly GradientKind[] {
  const { isPowered, isScaled } = powerOf(context);
  return [isPowered || isScaled ? 'new' : 'pass'];
}

/** The roots SSD's Normalize takes, and the sums with epsilon it divides by: one per position, or one per sample. */
function lengths(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const everywhere = booleanAttribute(context.layer, 'across_spatial', true);
  return tensor(dtype, [2, ...shape.slice(0, 1), ...(everywhere ? [] : shape.slice(2))]);
}

/** Everything before `axis`, then the features; the product is over everything from `axis` on. */
function inferInnerProduct(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const before = shape.slice(0, axisOf(context, 1));
  return [tensor(dtype, [...before, dimAt(input(context, 1).shape, 0)])];
}

function impliedInnerProduct(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const out = numberAttribute(context.layer, 'out_features', 0);
  const features = elements(input(context, 0).shape.slice(axisOf(context, 1)));
  const weight = parameter(context, 'weight', [out, features]);
  return booleanAttribute(context.layer, 'bias', true) ? [weight, parameter(context, 'bias', [out])] : [weight];
}

function impliedEmbedding(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const out = numberAttribute(context.layer, 'out_features', 0);
  const weight: ImpliedParameter = {
    name: 'weight',
    role: 'parameter',
    dtype: 'float32',
    shape: [numberAttribute(context.layer, 'input_dim', 0), out],
  };
  return booleanAttribute(context.layer, 'bias', true) ? [weight, { ...weight, name: 'bias', shape: [out] }] : [weight];
}

/** Caffe's own arithmetic and layout, under Caffe's names. */
export const SCALE = {
  ...CAFFE_LAYOUT,
  ...CAFFE_RECURRENT,
  /** x * w + b: the product keeps x for the weight's gradient and w for the input's, the addition nothing. */
  Scale: {
    operands: 2,
    infer: (context) => [like(context)],
    parameters: impliedScale,
    saves: (context) => saveFactors(context),
    temporaries: scaleTemporaries,
    autocast: 'widest',
  },
  /** An addition keeps nothing; the gradient of x is the output's. */
  Bias: {
    operands: 2,
    infer: (context) => [like(context)],
    parameters: (context) => (context.inputs[1] ? [] : [parameter(context, 'bias', spanned(context))]),
    gradients: () => ['pass', 'new'],
    autocast: 'widest',
  },
  /** a x + y with one factor per channel (SENet's axpy_layer.cpp): the product keeps both its factors. */
  Axpy: {
    operands: 3,
    infer: (context) => [tensor(input(context, 1).dtype, input(context, 1).shape)],
    saves: (context) => saveFactors(context),
    gradients: () => ['new', 'new', 'pass'],
    autocast: 'widest',
    temporaries: (context) => ({ forward: scratchOf(input(context, 1), 1), backward: scratchOf(input(context, 1), 1) }),
  },
  Power: {
    infer: (context) => [like(context)],
    saves: savePower,
    gradients: powerGradients,
    temporaries: powerTemporaries,
  },
  /** A step function has no gradient. */
  Threshold: { infer: (context) => [like(context)], gradients: () => ['none'] },
  /** SSD's Normalize as its PyTorch ports write it: x / (sqrt(sum(x^2)) + eps) * weight. */
  Normalize: {
    operands: 2,
    infer: (context) => [like(context)],
    parameters: (context) => {
      if (context.inputs[1]) return [];
      const shared = booleanAttribute(context.layer, 'channel_shared', true);
      return [parameter(context, 'weight', [shared ? 1 : dimAt(input(context, 0).shape, 1)])];
    },
    saves: (context) => [
      ...KEEP_OPERANDS,
      { from: 'new', what: 'statistics', type: lengths(context) },
      copyOf(like(context)),
    ],
    gradients: () => ['new', 'new'],
    temporaries: (context) => ({ backward: scratchOf(input(context, 0), 4) }),
  },
  /** torch.nn.Linear over the last axes of more than a matrix. */
  InnerProduct: {
    operands: 2,
    infer: inferInnerProduct,
    parameters: impliedInnerProduct,
    flops: (context) => {
      const rows = elements(input(context, 0).shape.slice(0, axisOf(context, 1)));
      return 2 * rows * elements(input(context, 1).shape);
    },
    saves: (context) => saveFactors(context),
    autocast: 'lower',
    library: 'cublas',
  },
  /** embedding keeps the ids alone (derivatives.yaml: embedding). */
  Embed: {
    operands: 2,
    infer: (context) => {
      const { dtype, shape } = input(context, 1);
      return [tensor(dtype, [...input(context, 0).shape, dimAt(shape, 1)])];
    },
    parameters: impliedEmbedding,
    saves: () => KEEP_INPUT,
    gradients: () => ['none', 'new', 'new'],
    temporaries: (context) => ({ forward: scratchOf(output(context, 0), context.inputs[2] ? 1 : 0) }),
  },
} as const satisfies Record<string, OpSpec>;
