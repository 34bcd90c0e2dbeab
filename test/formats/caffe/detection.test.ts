import { describe, expect, test } from '@jest/globals';
import { operatorsOf, parseText } from './fixtures.js';

/** Layers of SSD, R-FCN and py-faster-rcnn. */
test.each([
  [
    'ROIPooling',
    'roi_pooling_param { pooled_w: 6 pooled_h: 7 spatial_scale: 0.0625 }',
    'MaxRoiPool {"pooled_shape":[7,6],"spatial_scale":0.0625}',
  ],
  [
    'PSROIPooling',
    'psroi_pooling_param { spatial_scale: 0.0625 output_dim: 21 group_size: 7 }',
    'PSROIPooling {"output_dim":21,"group_size":7,"spatial_scale":0.0625}',
  ],
  ['PriorBox', 'prior_box_param { min_size: 30 }', 'PriorBox {"boxes":1}'],
  // One per aspect ratio (1, 2, 1/2, 3, 1/3) and one for the maximum size.
  ['PriorBox', 'prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3 }', 'PriorBox {"boxes":6}'],
  ['PriorBox', 'prior_box_param { min_size: 30 aspect_ratio: 2 aspect_ratio: 1 flip: false }', 'PriorBox {"boxes":2}'],
  ['PriorBox', 'prior_box_param { min_size: 30 min_size: 40 aspect_ratio: 2 }', 'PriorBox {"boxes":6}'],
  [
    'DetectionOutput',
    'detection_output_param { keep_top_k: 200 nms_param { top_k: 400 } }',
    'DetectionOutput {"keep_top_k":200,"top_k":400}',
  ],
  ['BoxAnnotatorOHEM', 'box_annotator_ohem_param { roi_per_img: 128 }', 'BoxAnnotatorOHEM {"regions":128}'],
  ['Proposal', '', 'Proposal {"regions":300}'],
  ['Python', 'python_param { layer: "ProposalLayer" }', 'Proposal {"regions":300}'],
  ['Python', 'python_param { layer: "AnchorTargetLayer" }', 'AnchorTarget {}'],
  [
    'Python',
    `python_param { layer: "ProposalTargetLayer" param_str: "{'num_classes': 21}" }`,
    'ProposalTarget {"regions":128,"num_classes":21}',
  ],
  ['Python', 'python_param { layer: "ProposalTargetLayer" }', 'ProposalTarget {"regions":128}'],
  ['Python', 'python_param { layer: "EuclideanLossLayer" }', 'MSELoss {}'],
  ['Python', 'python_param { layer: "MyLayer" module: "mine" }', 'Python {"layer":"MyLayer","module":"mine"}'],
])('%s { %s } is %s', async (type, fields, expected) => {
  expect(await operatorsOf(type, fields)).toEqual([expected]);
});

describe('how many regions are proposed', () => {
  const proposal = 'layer { name: "p" type: "Proposal" bottom: "data" top: "p" }';
  const target =
    'layer { name: "t" type: "Python" bottom: "p" top: "t" python_param { layer: "ProposalTargetLayer" } }';
  const miner = 'layer { name: "m" type: "BoxAnnotatorOHEM" bottom: "p" top: "m" }';

  test.each([
    ['in deployment', '', 300],
    ['where a detector is trained end to end', target, 2000],
    ['where the losses pick the hardest', miner, 300],
    ['where both are so', `${target} ${miner}`, 300],
  ])('%s', async (_, more, regions) => {
    const { layers, hints } = await parseText(`input: "data" ${proposal} ${more}`);
    expect(layers[0]?.attributes).toEqual({ regions });
    expect(hints.assumptions?.[0]).toBe(
      `layer "p": ${regions} regions, as py-faster-rcnn or R-FCN is configured by default`,
    );
  });
});
