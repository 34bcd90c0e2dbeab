import type { Layer } from '../graph/index.js';
import { axisOf, input, isDifferentiable, numberAttribute, output, stringAttribute, tensor } from './context.js';
import { copyOf, isWidened, KEEP_INPUT, like, noGradients, scratchOf, widened } from './parts.js';
import type { GradientKind, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';

/** One value per sample and position: the scores' shape with the class axis reduced to one, as R-FCN's losses write it. */
function perInstance(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(dtype, shape.with(axisOf(context, 1), 1));
}

const reductionOf = (layer: Layer): string => stringAttribute(layer, 'reduction', 'mean');

/** A scalar, or one loss for each where it is not reduced (ONNX `reduction: none`). */
function reducedFrom(context: OpContext, each: () => readonly number[]): TensorType {
  return tensor(input(context, 0).dtype, reductionOf(context.layer) === 'none' ? each() : []);
}

/** The loss itself, which is of the labels' shape where it is not reduced. */
function lossType(context: OpContext): TensorType {
  return reducedFrom(context, () => input(context, 1).shape);
}

/** The loss, and as many of these as the layer names besides. */
function named(context: OpContext, more: readonly ((context: OpContext) => TensorType)[]): readonly TensorType[] {
  const others = more.slice(0, Math.max(0, context.outputCount - 1));
  return [lossType(context), ...others.map((typeOf) => typeOf(context))];
}

/** ONNX names log-probabilities as a second output; Caffe names probabilities, and R-FCN a loss per instance. */
function inferCrossEntropy(context: OpContext): readonly TensorType[] {
  return named(context, [like, perInstance]);
}

/** Those of these inputs that there are: nets drawn for viewers leave the labels out. */
function present({ inputs }: OpContext, ...indices: readonly number[]): readonly Saved[] {
  return indices.filter((index) => inputs[index]).map((index) => ({ from: 'input', index }));
}

/** nll_loss keeps the target, the weights of the classes, and its second output, total_weight. */
function keptByNll(context: OpContext): readonly Saved[] {
  return [...present(context, 1, 2), copyOf(tensor(output(context, 0).dtype, []))];
}

/** Scratch in tensors of the scores' size. */
function scratch(forward: number, backward: number): (context: OpContext) => Temporaries {
  return (context) => {
    const scores = input(context, 0);
    return { forward: scratchOf(scores, forward), backward: scratchOf(scores, backward) };
  };
}

/** Labels that are a distribution over the classes: a tensor like the scores. */
function areProbabilities(context: OpContext): boolean {
  const [scores, labels] = context.inputs;
  return isDifferentiable(labels) && scores?.shape.join() === labels?.shape.join();
}

/** Autocast leaves log_softmax, whose dtype is stated, in that of the scores, and gives nll_loss a copy in float32. */
function keptByCrossEntropy(context: OpContext): readonly Saved[] {
  const logarithms = copyOf(like(context));
  if (areProbabilities(context)) return [logarithms, ...present(context, 1)];
  return [logarithms, ...(isWidened(context) ? [copyOf(widened(context))] : []), ...keptByNll(context)];
}

/** The product with probabilities; the gradient of the log-softmax, and again where it is cast back. */
function crossEntropyScratch(context: OpContext): Temporaries {
  const product = areProbabilities(context) ? 1 : 0;
  const cast = scratchOf(input(context, 0), isWidened(context) ? 1 : 0);
  return { forward: scratchOf(widened(context), product), backward: scratchOf(widened(context), 1) + cast };
}

const ONLY_SCORES = (): readonly GradientKind[] => ['new', 'none', 'none'];

/** Autocast runs losses in float32 (ATen/autocast_mode.h); without it they run in the dtype of the scores. */
const LOSS_OF_SCORES = { gradients: ONLY_SCORES, autocast: 'fp32', loss: true } as const;

/** Two operands of one shape that the loss keeps both of; the loss of each element stands before it is reduced. */
const PAIR: OpSpec = {
  infer: (context) => named(context, [perInstance]),
  saves: (context) => present(context, 0, 1),
  gradients: () => ['new', 'new', 'none', 'none'],
  temporaries: scratch(1, 0),
  autocast: 'fp32',
  loss: true,
};

/** Sources: ONNX operator specification; Caffe's layers; derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const LOSS = {
  /**
   * torch.nn.functional.cross_entropy: log_softmax keeps its output, nll_loss keeps that too. Backward writes the
   * gradient of the log-softmax before that of the scores. Probabilities multiply the log-softmax, and are kept for its
   * gradient (aten/src/ATen/native/LossNLL.cpp). Inputs as in ONNX opset 12: scores, labels, weights.
   */
  SoftmaxCrossEntropyLoss: {
    ...LOSS_OF_SCORES,
    infer: inferCrossEntropy,
    saves: keptByCrossEntropy,
    temporaries: crossEntropyScratch,
    autocast: 'fp32-output',
  },
  NegativeLogLikelihoodLoss: {
    ...LOSS_OF_SCORES,
    infer: (context) => [lossType(context)],
    saves: (context) => [...KEEP_INPUT, ...keptByNll(context)],
  },
  /** Caffe takes probabilities: log keeps its input, nll_loss the logarithm. */
  MultinomialLogisticLoss: {
    ...LOSS_OF_SCORES,
    infer: (context) => [lossType(context)],
    saves: (context) => [...KEEP_INPUT, copyOf(like(context)), ...keptByNll(context)],
    temporaries: scratch(0, 1),
  },
  /** The logarithm of a softmax times a row of the infogain matrix for each sample (infogain_loss_layer.cpp). */
  InfogainLoss: {
    ...LOSS_OF_SCORES,
    infer: inferCrossEntropy,
    saves: (context) => [copyOf(like(context)), copyOf(like(context)), ...present(context, 1)],
    temporaries: scratch(1, 1),
  },
  /** mse_loss. */
  MSELoss: PAIR,
  /** l1_loss is the mean of abs(input - target): abs keeps the difference, whose sign and gradient stand in backward. */
  L1Loss: { ...PAIR, saves: (context) => [copyOf(like(context))], temporaries: scratch(1, 2) },
  /** binary_cross_entropy_with_logits; log_sigmoid stands besides, and in backward the sigmoid. */
  SigmoidCrossEntropyLoss: { ...PAIR, gradients: ONLY_SCORES, temporaries: scratch(2, 1) },
  /** binary_cross_entropy, of probabilities. */
  BinaryCrossEntropyLoss: { ...PAIR, gradients: ONLY_SCORES },
  /** kl_div is target * (log(target) - input), which keeps the target, or its exponential where it is a logarithm. */
  KLDivLoss: {
    ...PAIR,
    saves: (context) =>
      numberAttribute(context.layer, 'log_target', 0) === 0 ? present(context, 1) : [copyOf(like(context))],
    gradients: ONLY_SCORES,
    temporaries: scratch(3, 1),
  },
  /** multi_margin_loss, with the weights of the classes; Caffe's is its p = 1 or 2. */
  HingeLoss: {
    ...PAIR,
    saves: (context) => present(context, 0, 1, 2),
    gradients: ONLY_SCORES,
    temporaries: scratch(0, 0),
  },
  /** multilabel_margin_loss, whose kernel marks the classes of each sample; unreduced, one loss for each of them. */
  MultiLabelMarginLoss: {
    ...PAIR,
    infer: (context) => [reducedFrom(context, () => input(context, 0).shape.slice(0, -1))],
    saves: (context) => [...present(context, 0, 1), copyOf(like(context))],
    gradients: ONLY_SCORES,
    temporaries: scratch(0, 0),
  },
  /** soft_margin_loss; of its gradient two factors stand in backward. */
  SoftMarginLoss: { ...PAIR, gradients: ONLY_SCORES, temporaries: scratch(1, 2) },
  /** The loss of each element, which other layers computed, to one number: apply_loss_reduction of Loss.cpp. */
  LossReduction: {
    infer: (context) => [reducedFrom(context, () => input(context, 0).shape)],
    view: ({ layer }) => reductionOf(layer) === 'none',
    gradients: ({ layer }) => [reductionOf(layer) === 'mean' ? 'new' : 'pass'],
    autocast: 'fp32',
    loss: true,
  },
  /**
   * smooth_l1_loss keeps both operands. With Fast R-CNN's inside and outside weights (smooth_l1_loss_layer.cpp) the
   * weighted difference takes their place, beside the weights that multiply.
   */
  SmoothL1Loss: {
    ...PAIR,
    saves: (context) => {
      const weights = present(context, 2, 3);
      return weights.length === 0 ? present(context, 0, 1) : [copyOf(like(context)), ...weights];
    },
  },
  /** The difference of the two features, its length per pair, and whether they are similar (contrastive_loss_layer.cpp). */
  ContrastiveLoss: {
    ...PAIR,
    saves: (context) => {
      const { dtype, shape } = input(context, 0);
      const distances = tensor(dtype, shape.slice(0, 1));
      return [copyOf(like(context)), { from: 'new', what: 'statistics', type: distances }, ...present(context, 2)];
    },
  },
  /**
   * A loss that is computed to be read and not to be descended: R-FCN ranks regions by it. `per_instance` is the output
   * that holds one value per sample; those between it and the scalar look like the scores.
   */
  UnweightedLoss: {
    infer: (context) => {
      const at = numberAttribute(context.layer, 'per_instance', Number.POSITIVE_INFINITY);
      const others = [...Array(Math.max(1, context.outputCount)).keys()].slice(1);
      return named(
        context,
        others.map((index) => (index === at ? perInstance : like)),
      );
    },
    gradients: noGradients,
    autocast: 'fp32',
  },
  /** A metric: one number, and one per class where a second output is named. */
  Accuracy: {
    infer: (context) => {
      const classes = tensor('float32', [input(context, 0).shape[1] ?? 1]);
      return [tensor('float32', []), classes].slice(0, Math.max(1, context.outputCount));
    },
    gradients: noGradients,
  },
  /** Reads blobs so that nobody reports them unread. */
  Silence: { operands: 0, infer: () => [], gradients: noGradients },
} as const satisfies Record<string, OpSpec>;
