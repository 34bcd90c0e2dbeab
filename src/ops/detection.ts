import { dimAt, input, numberAttribute, numbersAttribute, output, tensor } from './context.js';
import { copyOf, firstGradient, KEEP_INDICES, noGradients } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Rows of boxes: one region each. */
function regionsOf(context: OpContext): number {
  return dimAt(input(context, 1).shape, 0);
}

function pooledRegions(context: OpContext): TensorType {
  const [height, width] = numbersAttribute(context.layer, 'pooled_shape') ?? [];
  if (height === undefined || width === undefined) throw new ShapeError(`${context.layer.type} has no pooled_shape`);
  const { dtype, shape } = input(context, 0);
  return tensor(dtype, [regionsOf(context), dimAt(shape, 1), height, width]);
}

/** torchvision keeps the boxes and an int32 position for each output element. */
function boxesAndPositions(context: OpContext): readonly Saved[] {
  return [...KEEP_INDICES, { from: 'new', what: 'indices', type: tensor('int32', output(context, 0).shape) }];
}

/** ONNX's bins of each region; the boxes come as rows of four beside the image each is of. */
function alignedRegions(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const size = ['output_height', 'output_width'].map((name) => numberAttribute(context.layer, name, 1));
  return tensor(dtype, [regionsOf(context), dimAt(shape, 1), ...size]);
}

/** Image, class and box of what is kept: at most so many of each class, or all boxes where only the data says. */
function keptBoxes(context: OpContext): TensorType {
  const [boxes, scores] = [input(context, 0).shape, input(context, 1).shape];
  const most = context.inputs[2] ? (context.value(2)?.[0] ?? dimAt(boxes, 1)) : 0;
  return tensor('int64', [dimAt(scores, 0) * dimAt(scores, 1) * Math.min(most, dimAt(boxes, 1)), 3]);
}

/** One channel of a score map per bin of a position-sensitive grid (psroi_pooling_layer.cpp, R-FCN). */
function positionSensitive(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const group = numberAttribute(context.layer, 'group_size', 7);
  const channels = numberAttribute(context.layer, 'output_dim', Math.floor(dimAt(shape, 1) / (group * group)));
  return tensor(dtype, [regionsOf(context), channels, group, group]);
}

/** Labels and box targets of every anchor (py-faster-rcnn, lib/rpn/anchor_target_layer.py; two scores per anchor). */
function anchorTargets(context: OpContext): readonly TensorType[] {
  const { shape } = input(context, 0);
  const [height, width] = [dimAt(shape, 2), dimAt(shape, 3)];
  const anchors = Math.floor(dimAt(shape, 1) / 2);
  const boxes = tensor('float32', [1, 4 * anchors, height, width]);
  return [tensor('int64', [1, 1, anchors * height, width]), boxes, boxes, boxes].slice(0, context.outputCount);
}

/** Sampled regions, their labels, box targets and weights (py-faster-rcnn, lib/rpn/proposal_target_layer.py). */
function proposalTargets(context: OpContext): readonly TensorType[] {
  const regions = numberAttribute(context.layer, 'regions', 0);
  const boxes = tensor('float32', [regions, 4 * numberAttribute(context.layer, 'num_classes', 1)]);
  return [tensor('float32', [regions, 5]), tensor('int64', [regions]), boxes, boxes, boxes].slice(
    0,
    context.outputCount,
  );
}

export const DETECTION = {
  /** torchvision.ops.roi_pool keeps the boxes and the int32 argmax (csrc/ops/autograd/roi_pool_kernel.cpp). */
  MaxRoiPool: {
    operands: 2,
    infer: (context) => [pooledRegions(context)],
    saves: boxesAndPositions,
    gradients: firstGradient,
    autocast: 'fp32',
  },
  /** torchvision.ops.roi_align keeps the boxes, each with its image in front (roi_align_kernel.cpp). */
  RoiAlign: {
    operands: 2,
    infer: (context) => [alignedRegions(context)],
    saves: (context) => [copyOf(tensor(input(context, 0).dtype, [regionsOf(context), 5]))],
    gradients: firstGradient,
    autocast: 'fp32',
  },
  NonMaxSuppression: { operands: 2, infer: (context) => [keptBoxes(context)], gradients: noGradients },
  /** torchvision.ops.ps_roi_pool keeps the boxes and the int32 channel mapping (ps_roi_pool_kernel.cpp). */
  PSROIPooling: {
    operands: 2,
    infer: (context) => [positionSensitive(context)],
    saves: boxesAndPositions,
    gradients: firstGradient,
    autocast: 'fp32',
  },
  /** SSD's default boxes: corners and variances of `boxes` boxes at each position (prior_box_layer.cpp); constant. */
  PriorBox: {
    infer: (context) => {
      const { shape } = input(context, 0);
      const positions = dimAt(shape, 2) * dimAt(shape, 3);
      return [tensor('float32', [1, 2, 4 * positions * numberAttribute(context.layer, 'boxes', 1)])];
    },
    gradients: noGradients,
  },
  /** SSD's result: at most keep_top_k rows of seven numbers per image (detection_output_layer.cpp). */
  DetectionOutput: {
    infer: (context) => {
      const rows = numberAttribute(context.layer, 'keep_top_k', numberAttribute(context.layer, 'top_k', 1));
      return [tensor('float32', [1, 1, dimAt(input(context, 0).shape, 0) * Math.max(1, rows), 7])];
    },
    gradients: noGradients,
  },
  /** The best `regions` boxes of a region proposal network, and their scores (lib/rpn/proposal_layer.py). */
  Proposal: {
    infer: (context) => {
      const regions = numberAttribute(context.layer, 'regions', 0);
      return [tensor('float32', [regions, 5]), tensor('float32', [regions, 1])].slice(0, context.outputCount);
    },
    gradients: noGradients,
  },
  AnchorTarget: { infer: anchorTargets, gradients: noGradients },
  ProposalTarget: { infer: proposalTargets, gradients: noGradients },
  /** Labels and box weights with all but the hardest regions masked out (box_annotator_ohem_layer.cpp, R-FCN). */
  BoxAnnotatorOHEM: {
    operands: 4,
    infer: (context) => [input(context, 2), input(context, 3)].slice(0, context.outputCount),
    gradients: noGradients,
  },
} as const satisfies Record<string, OpSpec>;
