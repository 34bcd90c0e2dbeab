import { flag, parameters } from './layer.js';
import { child, number, numbers, size, text } from './message.js';
import { attributes, step } from './step.js';
import type { Converter, NetFacts, Step } from './step.js';

/**
 * Sizes the layers of py-faster-rcnn take from its configuration and not from the net
 * (rbgirshick/py-faster-rcnn, lib/fast_rcnn/config.py: TRAIN.RPN_POST_NMS_TOP_N, TRAIN.BATCH_SIZE, TEST.RPN_POST_NMS_TOP_N).
 */
export const REGIONS = { proposedInTraining: 2000, sampled: 128, proposedInTest: 300 } as const;

/** R-FCN's OHEM proposes 300 and keeps them all (YuwenXiong/py-R-FCN, experiments/cfgs/rfcn_end2end_ohem.yml). */
const REGIONS_MINED = 300;

/** A layer whose number of regions is in the configuration and not in the net. */
function regional(type: 'Proposal' | 'ProposalTarget', regions: number, numClasses?: number): readonly [Step] {
  const assumption = `${regions} regions, as py-faster-rcnn or R-FCN is configured by default`;
  return [{ type, attributes: attributes({ regions, num_classes: numClasses }), assumption }];
}

function proposals(net: NetFacts): number {
  if (net.minesHardExamples) return REGIONS_MINED;
  return net.samplesRegions ? REGIONS.proposedInTraining : REGIONS.proposedInTest;
}

const NUM_CLASSES = /['"]?num_classes['"]?\s*:\s*(\d{1,6})/;

/** `param_str` is YAML or Python; only the entry asked for is read from it. */
function classesOf(paramStr: string): number | undefined {
  const classes = NUM_CLASSES.exec(paramStr)?.[1];
  return classes === undefined ? undefined : Number(classes);
}

/** The Python layers of py-faster-rcnn and its descendants, and the loss of Caffe's own example, by class name. */
const PYTHON_LAYERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ['ProposalLayer', (_, net) => regional('Proposal', proposals(net))],
  ['AnchorTargetLayer', () => step('AnchorTarget')],
  [
    'ProposalTargetLayer',
    (layer, net) =>
      regional(
        'ProposalTarget',
        net.minesHardExamples ? REGIONS_MINED : REGIONS.sampled,
        classesOf(text(parameters(layer, 'python_param'), 'param_str') ?? ''),
      ),
  ],
  ['EuclideanLossLayer', () => step('MSELoss')],
]);

/** How to convert a Python layer, where its class is one of those. */
export function pythonConverter(className: string): Converter | undefined {
  return PYTHON_LAYERS.get(className);
}

/** SSD's default boxes at each position: one per aspect ratio and minimum size, and one per maximum size. */
const priorBox: Converter = (layer) => {
  const message = parameters(layer, 'prior_box_param');
  const flips = flag(message, 'flip', true);
  const ratios = new Set([1]);
  for (const ratio of numbers(message, 'aspect_ratio')) {
    ratios.add(ratio);
    if (flips) ratios.add(1 / ratio);
  }
  const boxes = ratios.size * Math.max(1, numbers(message, 'min_size').length) + numbers(message, 'max_size').length;
  return step('PriorBox', { boxes });
};

export const DETECTION_LAYERS: Readonly<Record<string, Converter>> = {
  ROIPooling: (layer) => {
    const message = parameters(layer, 'roi_pooling_param');
    return step('MaxRoiPool', {
      pooled_shape: [size(message, 'pooled_h') ?? 0, size(message, 'pooled_w') ?? 0],
      spatial_scale: number(message, 'spatial_scale') ?? 1,
    });
  },
  PSROIPooling: (layer) => {
    const message = parameters(layer, 'psroi_pooling_param');
    return step('PSROIPooling', {
      output_dim: size(message, 'output_dim'),
      group_size: size(message, 'group_size'),
      spatial_scale: number(message, 'spatial_scale') ?? 1,
    });
  },
  PriorBox: priorBox,
  DetectionOutput: (layer) =>
    step('DetectionOutput', {
      keep_top_k: size(parameters(layer, 'detection_output_param'), 'keep_top_k'),
      top_k: size(child(parameters(layer, 'detection_output_param'), 'nms_param'), 'top_k'),
    }),
  Proposal: (_, net) => regional('Proposal', proposals(net)),
  BoxAnnotatorOHEM: (layer) =>
    step('BoxAnnotatorOHEM', { regions: size(parameters(layer, 'box_annotator_ohem_param'), 'roi_per_img') }),
};
