import { dimAt, input, numberAttribute, numbersAttribute, tensor } from './context.js';
import { ShapeError } from './spec.js';
import type { GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';

const NOTHING = (context: OpContext): readonly GradientKind[] => context.inputs.map(() => 'none');

/** The features have a gradient, the boxes have none. */
const ONLY_FEATURES = (): readonly GradientKind[] => ['new', 'none', 'none'];

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
  const positions = tensor('int32', context.outputs[0]?.shape ?? []);
  return [
    { from: 'input', index: 1 },
    { from: 'new', what: 'indices', type: positions },
  ];
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
    infer: (context) => [pooledRegions(context)],
    saves: boxesAndPositions,
    gradients: ONLY_FEATURES,
    autocast: 'fp32',
  },
  /** torchvision.ops.ps_roi_pool keeps the boxes and the int32 channel mapping (ps_roi_pool_kernel.cpp). */
  PSROIPooling: {
    infer: (context) => [positionSensitive(context)],
    saves: boxesAndPositions,
    gradients: ONLY_FEATURES,
    autocast: 'fp32',
  },
  /** SSD's default boxes: corners and variances of `boxes` boxes at each position (prior_box_layer.cpp); constant. */
  PriorBox: {
    infer: (context) => {
      const { shape } = input(context, 0);
      const positions = dimAt(shape, 2) * dimAt(shape, 3);
      return [tensor('float32', [1, 2, 4 * positions * numberAttribute(context.layer, 'boxes', 1)])];
    },
    gradients: NOTHING,
  },
  /** SSD's result: at most keep_top_k rows of seven numbers per image (detection_output_layer.cpp). */
  DetectionOutput: {
    infer: (context) => {
      const rows = numberAttribute(context.layer, 'keep_top_k', numberAttribute(context.layer, 'top_k', 1));
      return [tensor('float32', [1, 1, dimAt(input(context, 0).shape, 0) * Math.max(1, rows), 7])];
    },
    gradients: NOTHING,
  },
  /** The best `regions` boxes of a region proposal network, and their scores (lib/rpn/proposal_layer.py). */
  Proposal: {
    infer: (context) => {
      const regions = numberAttribute(context.layer, 'regions', 0);
      return [tensor('float32', [regions, 5]), tensor('float32', [regions, 1])].slice(0, context.outputCount);
    },
    gradients: NOTHING,
  },
  AnchorTarget: { infer: anchorTargets, gradients: NOTHING },
  ProposalTarget: { infer: proposalTargets, gradients: NOTHING },
  /** Labels and box weights with all but the hardest regions masked out (box_annotator_ohem_layer.cpp, R-FCN). */
  BoxAnnotatorOHEM: {
    infer: (context) => [input(context, 2), input(context, 3)].slice(0, context.outputCount),
    gradients: NOTHING,
  },
} as const satisfies Record<string, OpSpec>;
