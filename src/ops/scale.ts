import { CAFFE_LAYOUT } from './caffe-layout.js';
import {
  booleanAttribute,
  dimAt,
  elements,
  input,
  normalizeAxis,
  numberAttribute,
  output,
  tensor,
  tensorBytes,
} from './context.js';
import { saveOperands } from './convolution.js';
import type { GradientKind, ImpliedParameter, OpContext, OpSpec, Saved, TensorType } from './spec.js';

const copyOf = (type: TensorType): Saved => ({ from: 'new', what: 'copy', type });
const like = (context: OpContext): TensorType => tensor(input(context, 0).dtype, input(context, 0).shape);

function parameter(context: OpContext, name: string, shape: readonly number[]): ImpliedParameter {
  return { name, role: 'parameter', dtype: input(context, 0).dtype, shape };
}

/** The axes a Scale or Bias spans; `num_axes` -1 is all that follow, 0 is one number for everything. */
function spanned(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 1), shape.length);
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

/** The product before the shift is added, and grad * x before it is summed over the other axes. */
function scaleTemporaries(context: OpContext): { forward: number; backward: number } {
  const bytes = tensorBytes(like(context));
  return { forward: booleanAttribute(context.layer, 'bias', false) ? bytes : 0, backward: bytes };
}

const KEEP_IDS: readonly GradientKind[] = ['none', 'new', 'new'];

/** (shift + scale x) ^ power: pow keeps what it is given, which is a copy unless that is x itself. */
function savePower(context: OpContext): readonly Saved[] {
  const { layer } = context;
  if (numberAttribute(layer, 'power', 1) === 1) return [];
  const isIdentity = numberAttribute(layer, 'scale', 1) === 1 && numberAttribute(layer, 'shift', 0) === 0;
  return [isIdentity ? { from: 'input', index: 0 } : copyOf(like(context))];
}

/** The lengths SSD's Normalize divides by: one per position, or one per sample. */
function lengths(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const everywhere = booleanAttribute(context.layer, 'across_spatial', true);
  return tensor(dtype, everywhere ? [dimAt(shape, 0)] : [dimAt(shape, 0), ...shape.slice(2)]);
}

/** Everything before `axis`, then the features; the product is over everything from `axis` on. */
function inferInnerProduct(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 1), shape.length);
  return [tensor(dtype, [...shape.slice(0, axis), numberAttribute(context.layer, 'out_features', 0)])];
}

function impliedInnerProduct(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 1), shape.length);
  const out = numberAttribute(context.layer, 'out_features', 0);
  const weight = parameter(context, 'weight', [out, elements(shape.slice(axis))]);
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

/** Caffe's recurrent layers: x `[T, N, ...]`, continuation marks `[T, N]`, output `[T, N, H]` (recurrent_layer.cpp). */
function recurrent(gates: number): OpSpec {
  const hidden = (context: OpContext): number => numberAttribute(context.layer, 'hidden_size', 0);
  const steps = (context: OpContext): readonly number[] => input(context, 0).shape.slice(0, 2);
  const weightsAt = (context: OpContext): number => context.inputs.length - 3;
  return {
    infer: (context) => [tensor(input(context, 0).dtype, [...steps(context), hidden(context)])],
    parameters: (context) => {
      const rows = gates * hidden(context);
      const features = elements(input(context, 0).shape.slice(2));
      return [
        parameter(context, 'weight_ih', [rows, features]),
        parameter(context, 'bias', [rows]),
        parameter(context, 'weight_hh', [rows, hidden(context)]),
      ];
    },
    flops: (context) => {
      const [ih, hh] = [input(context, weightsAt(context)), input(context, weightsAt(context) + 2)];
      return 2 * elements(steps(context)) * (elements(ih.shape) + elements(hh.shape));
    },
    /** As the ONNX rows: input, output, and the gates and cell state of every step. */
    saves: (context) => {
      const type = tensor(input(context, 0).dtype, [...steps(context), (gates + 1) * hidden(context)]);
      return [
        { from: 'input', index: 0 },
        { from: 'output', index: 0 },
        { from: 'new', what: 'reserve', type },
      ];
    },
    gradients: (context) => context.inputs.map((_, index) => (index === 1 ? 'none' : 'new')),
    autocast: 'lower',
  };
}

/** Caffe's own arithmetic and layout, under Caffe's names. */
export const SCALE = {
  ...CAFFE_LAYOUT,
  /** x * w + b: the product keeps x for the weight's gradient and w for the input's, the addition nothing. */
  Scale: {
    infer: (context) => [like(context)],
    parameters: impliedScale,
    saves: saveOperands,
    temporaries: scaleTemporaries,
  },
  /** An addition keeps nothing; the gradient of x is the output's. */
  Bias: {
    infer: (context) => [like(context)],
    parameters: (context) => (context.inputs[1] ? [] : [parameter(context, 'bias', spanned(context))]),
    gradients: () => ['pass', 'new'],
  },
  /** a x + y with one factor per channel (SENet's axpy_layer.cpp): the product keeps both its factors. */
  Axpy: {
    infer: (context) => [tensor(input(context, 1).dtype, input(context, 1).shape)],
    saves: saveOperands,
    gradients: () => ['new', 'new', 'pass'],
    temporaries: (context) => ({ forward: tensorBytes(input(context, 1)), backward: tensorBytes(input(context, 1)) }),
  },
  Power: {
    infer: (context) => [like(context)],
    saves: savePower,
    temporaries: (context) => ({ forward: savePower(context).length > 0 ? 0 : tensorBytes(like(context)) }),
  },
  /** A step function has no gradient. */
  Threshold: { infer: (context) => [like(context)], gradients: () => ['none'] },
  /** SSD's Normalize as its PyTorch ports write it: x / norm(x) * weight keeps x, the norm and the quotient. */
  Normalize: {
    infer: (context) => [like(context)],
    parameters: (context) => {
      if (context.inputs[1]) return [];
      const shared = booleanAttribute(context.layer, 'channel_shared', true);
      return [parameter(context, 'weight', [shared ? 1 : dimAt(input(context, 0).shape, 1)])];
    },
    saves: (context) => [
      { from: 'input', index: 0 },
      { from: 'new', what: 'statistics', type: lengths(context) },
      copyOf(like(context)),
    ],
    gradients: () => ['new', 'new'],
  },
  /** torch.nn.Linear over the last axes of more than a matrix. */
  InnerProduct: {
    infer: inferInnerProduct,
    parameters: impliedInnerProduct,
    flops: (context) => {
      const rows = elements(output(context, 0).shape) / Math.max(1, numberAttribute(context.layer, 'out_features', 1));
      return 2 * rows * elements(input(context, 1).shape);
    },
    saves: saveOperands,
    autocast: 'lower',
  },
  /** embedding keeps the ids alone (derivatives.yaml: embedding). */
  Embed: {
    infer: (context) => [
      tensor('float32', [...input(context, 0).shape, numberAttribute(context.layer, 'out_features', 0)]),
    ],
    parameters: impliedEmbedding,
    saves: () => [{ from: 'input', index: 0 }],
    gradients: () => KEEP_IDS,
  },
  CaffeLstm: recurrent(4),
  CaffeRnn: recurrent(1),
} as const satisfies Record<string, OpSpec>;
