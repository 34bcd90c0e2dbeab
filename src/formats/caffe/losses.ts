import type { OpType } from '../../ops/index.js';
import { parameters } from './layer.js';
import type { CaffeLayer } from './layer.js';
import { number, size } from './message.js';
import { step } from './step.js';
import type { Converter } from './step.js';

/**
 * A loss whose every weight is 0, or that passes no gradient down, is computed to be read (R-FCN ranks regions by it);
 * backward never starts there.
 */
function isRead(layer: CaffeLayer): boolean {
  const { lossWeights, propagates } = layer;
  return !propagates || (lossWeights.length > 0 && lossWeights.every((weight) => weight === 0));
}

/** `perInstance`: the top that holds one loss per sample, in the layers that have one (R-FCN's *OHEM). */
function loss(type: OpType, perInstance = Number.POSITIVE_INFINITY): Converter {
  return (layer) => {
    const message = parameters(layer, 'loss_param');
    const stated = {
      axis: size(parameters(layer, 'softmax_param'), 'axis'),
      ignore_index: size(message, 'ignore_label'),
    };
    if (!isRead(layer)) return step(type, stated);
    return step('UnweightedLoss', {
      ...stated,
      per_instance: layer.tops.length > perInstance ? perInstance : undefined,
    });
  };
}

const softmax = loss('SoftmaxCrossEntropyLoss', 2);

export const LOSSES: Readonly<Record<string, Converter>> = {
  SoftmaxWithLoss: softmax,
  SoftmaxLoss: softmax,
  SoftmaxWithLossOHEM: softmax,
  SigmoidCrossEntropyLoss: loss('SigmoidCrossEntropyLoss'),
  EuclideanLoss: loss('MSELoss'),
  SmoothL1Loss: loss('SmoothL1Loss', 1),
  SmoothL1LossOHEM: loss('SmoothL1Loss', 1),
  HingeLoss: loss('HingeLoss'),
  InfogainLoss: loss('InfogainLoss'),
  MultinomialLogisticLoss: loss('MultinomialLogisticLoss'),
  ContrastiveLoss: (layer) =>
    step('ContrastiveLoss', { margin: number(parameters(layer, 'contrastive_loss_param'), 'margin') ?? 1 }),
};

/** The label is a class there: an integer, not a float as Caffe stores it. */
export const CLASS_LABEL_READERS: ReadonlySet<string> = new Set([
  'SoftmaxWithLoss',
  'SoftmaxLoss',
  'SoftmaxWithLossOHEM',
  'Accuracy',
  'SegAccuracy',
  'InfogainLoss',
  'MultinomialLogisticLoss',
]);
