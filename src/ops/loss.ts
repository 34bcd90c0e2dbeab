import { input, normalizeAxis, numberAttribute, stringAttribute, tensor, tensorBytes } from './context.js';
import type { GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Logits and everything like them are computed in float32 at least. */
function widened(type: TensorType): TensorType {
  return tensor(type.dtype === 'float64' ? 'float64' : 'float32', type.shape);
}

const copyOf = (type: TensorType): Saved => ({ from: 'new', what: 'copy', type });
const operand = (index: number): Saved => ({ from: 'input', index });

function classAxis(context: OpContext): number {
  return normalizeAxis(numberAttribute(context.layer, 'axis', 1), input(context, 0).shape.length);
}

/** One value per sample and position: the scores' shape with the class axis reduced to one, as R-FCN's losses write it. */
function perInstance(context: OpContext): TensorType {
  const { shape } = input(context, 0);
  const axis = classAxis(context);
  return tensor(
    'float32',
    shape.map((dim, index) => (index === axis ? 1 : dim)),
  );
}

/** The loss itself: a scalar, or the labels' shape where it is not reduced (ONNX `reduction: none`). */
function lossType(context: OpContext): TensorType {
  const { dtype } = widened(input(context, 0));
  const reduced = stringAttribute(context.layer, 'reduction', 'mean') !== 'none';
  return tensor(dtype, reduced ? [] : (context.inputs[1]?.shape ?? []));
}

/** ONNX names log-probabilities as a second output; Caffe names probabilities, and R-FCN a loss per instance. */
function inferCrossEntropy(context: OpContext): readonly TensorType[] {
  return [lossType(context), widened(input(context, 0)), perInstance(context)].slice(
    0,
    Math.max(1, context.outputCount),
  );
}

function inferScalar(context: OpContext): readonly TensorType[] {
  return [lossType(context), perInstance(context)].slice(0, Math.max(1, context.outputCount));
}

/** nll_loss_forward's second output, total_weight. */
const TOTAL_WEIGHT = copyOf(tensor('float32', []));

/** Whether the file gives the weights that Caffe multiplies into the difference and into the result. */
function isWeighted(context: OpContext): boolean {
  return context.inputs[2] !== undefined;
}

const ONLY_SCORES = (): readonly GradientKind[] => ['new', 'none', 'none'];
const BOTH_SIDES = (): readonly GradientKind[] => ['new', 'new', 'none', 'none'];
const NOTHING = (context: OpContext): readonly GradientKind[] => context.inputs.map(() => 'none');

/** Two operands of one shape that the loss keeps both of. */
const PAIR: OpSpec = {
  infer: inferScalar,
  saves: () => [operand(0), operand(1)],
  gradients: BOTH_SIDES,
  autocast: 'fp32',
  loss: true,
};

export const LOSS = {
  /**
   * torch.nn.functional.cross_entropy: log_softmax keeps its output, nll_loss keeps that, the target and total_weight
   * (derivatives.yaml: _log_softmax, nll_loss_forward). Backward writes the gradient of the log-softmax before that of
   * the scores. Inputs as in ONNX opset 12: scores, labels, weights.
   */
  SoftmaxCrossEntropyLoss: {
    infer: inferCrossEntropy,
    saves: (context) => [copyOf(widened(input(context, 0))), operand(1), TOTAL_WEIGHT],
    gradients: ONLY_SCORES,
    temporaries: (context) => ({ backward: tensorBytes(widened(input(context, 0))) }),
    autocast: 'fp32',
    loss: true,
  },
  /** nll_loss keeps its input, the target and total_weight (derivatives.yaml: nll_loss_forward). */
  NegativeLogLikelihoodLoss: {
    infer: (context) => [lossType(context)],
    saves: () => [operand(0), operand(1), TOTAL_WEIGHT],
    gradients: ONLY_SCORES,
    autocast: 'fp32',
    loss: true,
  },
  /** Caffe takes probabilities: log keeps its input, nll_loss the logarithm and the target. */
  MultinomialLogisticLoss: {
    infer: (context) => [lossType(context)],
    saves: (context) => [operand(0), copyOf(widened(input(context, 0))), operand(1), TOTAL_WEIGHT],
    gradients: ONLY_SCORES,
    autocast: 'fp32',
    loss: true,
  },
  /** As MultinomialLogisticLoss, with a row of the infogain matrix for each sample (infogain_loss_layer.cpp). */
  InfogainLoss: {
    infer: inferCrossEntropy,
    saves: (context) => [copyOf(widened(input(context, 0))), copyOf(widened(input(context, 0))), operand(1)],
    gradients: ONLY_SCORES,
    autocast: 'fp32',
    loss: true,
  },
  /** mse_loss keeps input and target (derivatives.yaml: mse_loss). */
  MSELoss: PAIR,
  /** binary_cross_entropy_with_logits keeps input and target (derivatives.yaml). */
  SigmoidCrossEntropyLoss: { ...PAIR, gradients: ONLY_SCORES },
  /** multi_margin_loss keeps input and target (derivatives.yaml); Caffe's is its p = 1 or 2. */
  HingeLoss: { ...PAIR, gradients: ONLY_SCORES },
  /**
   * smooth_l1_loss keeps both operands. With Fast R-CNN's inside and outside weights (smooth_l1_loss_layer.cpp) the
   * weighted difference takes their place, beside the weights that multiply.
   */
  SmoothL1Loss: {
    ...PAIR,
    saves: (context) => {
      if (!isWeighted(context)) return [operand(0), operand(1)];
      const weights = context.inputs.slice(2).map((_, index) => operand(index + 2));
      return [copyOf(widened(input(context, 0))), ...weights];
    },
  },
  /** The difference of the two features, its length per pair, and whether they are similar (contrastive_loss_layer.cpp). */
  ContrastiveLoss: {
    ...PAIR,
    saves: (context) => {
      const { shape } = input(context, 0);
      const distances = tensor('float32', [shape[0] ?? 1]);
      return [copyOf(widened(input(context, 0))), { from: 'new', what: 'statistics', type: distances }, operand(2)];
    },
  },
  /**
   * A loss that is computed to be read and not to be descended: R-FCN ranks regions by it. `per_instance` is the output
   * that holds one value per sample; those between it and the scalar look like the scores.
   */
  UnweightedLoss: {
    infer: (context) => {
      const at = numberAttribute(context.layer, 'per_instance', Number.POSITIVE_INFINITY);
      const rest = Array.from({ length: Math.max(0, context.outputCount - 1) }, (_, index) =>
        index + 1 === at ? perInstance(context) : widened(input(context, 0)),
      );
      return [lossType(context), ...rest];
    },
    gradients: NOTHING,
    autocast: 'fp32',
  },
  /** A metric: one number, and one per class where a second output is named. */
  Accuracy: {
    infer: (context) => {
      const classes = tensor('float32', [input(context, 0).shape[1] ?? 1]);
      return [tensor('float32', []), classes].slice(0, Math.max(1, context.outputCount));
    },
    gradients: NOTHING,
  },
  /** Reads blobs so that nobody reports them unread. */
  Silence: { infer: () => [], gradients: NOTHING },
} as const satisfies Record<string, OpSpec>;
