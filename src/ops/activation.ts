import { booleanAttribute, dimAt, input, numberAttribute, tensor } from './context.js';
import { iteratedType } from './layout.js';
import {
  contiguousCopy,
  copyOf,
  isWidened,
  KEEP_INPUT,
  KEEP_OPERANDS,
  KEEP_OUTPUT,
  like,
  noGradients,
  scratchOf,
  widened,
} from './parts.js';
import { backwardScratch, evaluateWith } from './pointwise.js';
import type { GradientKind, ImpliedParameter, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';

/** The type of the input, laid out as it is but for gaps. */
function iterated(context: OpContext): TensorType {
  const type = input(context, 0);
  return iteratedType([type], type.dtype);
}

/** An activation of one input; autograd keeps its input or its output (PyTorch: tools/autograd/derivatives.yaml). */
function activation(saved: readonly Saved[], more: Partial<OpSpec> = {}): OpSpec {
  return { infer: (context) => [iterated(context)], saves: () => saved, ...more };
}

/** In place, the output is all there is: its sign tells the input's (derivatives.yaml: leaky_relu_, elu_, celu_). */
const ELU = activation(KEEP_INPUT, {
  saves: ({ layer }) => (layer.overwrites === undefined ? KEEP_INPUT : KEEP_OUTPUT),
});

/**
 * Of float16 the kernel makes float32 by itself, of bfloat16 it is given a copy, and its gradient is cast back
 * (aten/src/ATen/native/SoftMax.cpp, softmax: `half_to_float`).
 */
function softmaxScratch(context: OpContext): Temporaries {
  const isCopied = isWidened(context) && input(context, 0).dtype === 'bfloat16';
  const copy = scratchOf(widened(context), isCopied ? 1 : 0);
  return { forward: contiguousCopy(context).forward + copy, backward: copy };
}

/** Softmax runs over contiguous memory and puts out such (aten/src/ATen/native/cuda/SoftMax.cu). */
const SOFTMAX: OpSpec = {
  infer: (context) => [like(context)],
  saves: () => KEEP_OUTPUT,
  temporaries: softmaxScratch,
  autocast: 'fp32-output',
};

/**
 * GELU as an autograd function that keeps its input and computes in Python, forward and again backward (transformers,
 * modeling_bloom.py: GeLUFunction, bloom_gelu_forward and bloom_gelu_back). At most 4 tensors live at once forward and 5
 * backward, the result being one of them; forward the nine operators read and write 21.
 */
const GELU_FUNCTION = activation(KEEP_INPUT, {
  temporaries: (context) => ({ forward: scratchOf(iterated(context), 3), backward: scratchOf(iterated(context), 4) }),
  bytes: (context) => scratchOf(iterated(context), 21),
});

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

/**
 * native_dropout on CUDA keeps a bool mask, one byte an element, whether or not the layer names it as an output; in place
 * the input is multiplied by noise of its own dtype, which is kept, and so it is channel by channel and for SELU
 * (feature_dropout, alpha_dropout; aten/src/ATen/native/Dropout.cpp, _dropout_impl).
 */
function dropoutMask(context: OpContext): readonly Saved[] {
  if (isIdleDropout(context)) return [];
  const { dtype, shape } = input(context, 0);
  const isInPlace = context.layer.overwrites !== undefined;
  const isFused = !isInPlace && !isPerChannel(context) && !isAlpha(context);
  return [{ from: 'new', what: 'mask', type: isFused ? tensor('bool', shape) : tensor(dtype, noiseShape(context)) }];
}

const isPerChannel = ({ layer }: OpContext): boolean => booleanAttribute(layer, 'per_channel', false);
/** The dropout of SELU, whose noise has the mean and variance of the input. */
const isAlpha = ({ layer }: OpContext): boolean => booleanAttribute(layer, 'alpha', false);

function noiseShape(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  return isPerChannel(context) ? shape.map((dim, axis) => (axis < 2 ? dim : 1)) : shape;
}

/** What alpha dropout adds. */
function dropoutScratch(context: OpContext): Temporaries {
  const noise = tensor(input(context, 0).dtype, noiseShape(context));
  return { forward: isAlpha(context) && !isIdleDropout(context) ? scratchOf(noise, 1) : 0 };
}

function inferDropout(context: OpContext): readonly TensorType[] {
  const dropped = isIdleDropout(context) ? input(context, 0) : iterated(context);
  return [dropped, tensor('bool', dropped.shape)].slice(0, Math.max(1, context.outputCount));
}

function dropoutGradients(context: OpContext): readonly GradientKind[] {
  return [isIdleDropout(context) ? 'pass' : 'new', 'none', 'none'];
}

/** A bound of `Clip`: an input since opset 11, before that an attribute; undefined where only the data knows it. */
function boundOf(context: OpContext, index: number, name: string, absent: number): number | undefined {
  if (context.inputs[index]) return context.value(index)?.[0];
  return numberAttribute(context.layer, name, absent);
}

/** min(max, max(x, min)), as the specification has it where the two cross. */
function clipped(context: OpContext): readonly number[] | undefined {
  const least = boundOf(context, 1, 'min', -Infinity);
  const most = boundOf(context, 2, 'max', Infinity);
  if (least === undefined || most === undefined) return undefined;
  return context.value(0)?.map((value) => Math.min(most, Math.max(value, least)));
}

/** Sources: ONNX operator specification; derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const ACTIVATION = {
  /** Folded, as Clip is: exporters write the padding that is never negative with either. */
  Relu: activation(KEEP_OUTPUT, {
    evaluate: evaluateWith(
      () =>
        (value = 0) =>
          Math.max(value, 0),
    ),
  }),
  Sigmoid: activation(KEEP_OUTPUT),
  Tanh: activation(KEEP_OUTPUT),
  Softmax: SOFTMAX,
  LogSoftmax: SOFTMAX,
  LeakyRelu: ELU,
  Elu: ELU,
  Celu: ELU,
  Selu: ELU,
  ThresholdedRelu: activation(KEEP_INPUT),
  HardSigmoid: activation(KEEP_INPUT),
  HardSwish: activation(KEEP_INPUT),
  Softplus: activation(KEEP_INPUT, { autocast: 'fp32' }),
  /** x / (1 + |x|): the division keeps its divisor besides. */
  Softsign: activation(KEEP_INPUT, {
    saves: (context) => [...KEEP_INPUT, copyOf(iterated(context))],
    temporaries: backwardScratch(() => 3),
  }),
  Gelu: activation(KEEP_INPUT),
  GeluFunction: GELU_FUNCTION,
  Swish: activation(KEEP_INPUT),
  /** On a GPU its buffer is empty (aten/src/ATen/native/Activation.cpp, log_sigmoid_forward_cuda). */
  LogSigmoid: activation(KEEP_INPUT),
  Mish: activation(KEEP_INPUT),
  /** 2 / sqrt(pi) * exp(-x^2) * grad, each factor in a tensor of its own. */
  Erf: activation(KEEP_INPUT, { temporaries: backwardScratch(() => 4) }),
  /** clamp keeps its input, as relu6 (hardtanh) does. */
  Clip: activation(KEEP_INPUT, {
    evaluate: (context) => [clipped(context)],
    gradients: () => ['new', 'none', 'none'],
  }),
  /** prelu keeps input and weight, whose gradient is computed in any case, in the input's size; lowered by autocast. */
  PRelu: {
    operands: 2,
    infer: (context) => [iterated(context)],
    parameters: impliedSlope,
    roles: ['constant', 'parameter'],
    saves: () => KEEP_OPERANDS,
    temporaries: backwardScratch(() => 1),
    autocast: 'lower',
  },
  Dropout: {
    infer: inferDropout,
    view: isIdleDropout,
    saves: dropoutMask,
    gradients: dropoutGradients,
    temporaries: dropoutScratch,
  },
  /** `Hardmax` is argmax as one-hot: not differentiable. */
  Hardmax: { infer: (context) => [like(context)], gradients: noGradients },
  /** hardshrink, softshrink. */
  Shrink: activation(KEEP_INPUT),
} as const satisfies Record<string, OpSpec>;
