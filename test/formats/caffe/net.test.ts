import { beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/formats/limits.js';
import type { Graph } from '../../../src/graph/index.js';
import type { BoundGraph } from '../../../src/ops/index.js';
import { bound, fixtureText, parseFixture, parseText, shapeOf } from './fixtures.js';

const layer = (graph: Graph, id: string): Graph['layers'][number] | undefined =>
  graph.layers.find((candidate) => candidate.id === id);

describe('a training net of the V2 format', () => {
  let graph: Graph;
  let shapes: BoundGraph;
  beforeAll(async () => {
    graph = await parseFixture('train_v2');
    shapes = bound(graph);
  });

  test('has the layers of phase TRAIN, in place or not', () => {
    expect(graph.layers.map(({ id, type }) => `${id}: ${type}`)).toEqual([
      'conv1: Conv',
      'bn1: BatchNormalization',
      'scale1: Scale',
      'relu1: Relu',
      'conv2: Conv',
      'sum: Sum',
      'pool: MaxPool',
      'drop: Dropout',
      'fc/flatten: Flatten',
      'fc: Gemm',
      'loss: SoftmaxCrossEntropyLoss',
    ]);
    expect([graph.inputs, graph.outputs]).toEqual([['data', 'label'], ['loss']]);
    expect(graph.hints).toEqual({ batchSize: 16, hasLoss: true, assumptions: [] });
    expect([graph.upstream('sum'), graph.downstream('relu1')]).toEqual([
      ['relu1', 'conv2'],
      ['conv2', 'sum'],
    ]);
  });

  test('takes its batch, crop and channels from the data layer', () => {
    expect(graph.tensors.get('data')).toMatchObject({ shape: [16, 3, 32, 32], dtype: 'float32', role: 'input' });
    expect(graph.tensors.get('label')).toMatchObject({ shape: [16], dtype: 'int64', role: 'input' });
  });

  test('gives each layer its attributes', () => {
    expect(layer(graph, 'conv1')?.attributes).toEqual({
      out_channels: 8,
      kernel_shape: [3, 3],
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group: 1,
      bias: false,
      trainable: [0],
    });
    expect(layer(graph, 'conv2')?.attributes).toMatchObject({
      kernel_shape: [3, 1],
      pads: [1, 0, 1, 0],
      group: 2,
      bias: true,
    });
    expect(layer(graph, 'bn1')?.attributes).toEqual({ epsilon: 1e-4, affine: false });
    expect(layer(graph, 'drop')?.attributes).toEqual({ ratio: 0.4 });
    expect(layer(graph, 'pool')?.attributes).toMatchObject({ ceil_mode: 1, caffe_rounding: true });
  });

  test('implies shapes and weights', () => {
    expect(shapes.problems).toEqual([]);
    expect(shapeOf(shapes, 'pool')).toEqual([16, 8, 16, 16]);
    expect(shapeOf(shapes, 'loss')).toEqual([]);
    const parameters = [...shapes.tensors.values()].filter(({ role }) => role === 'parameter');
    expect(parameters.map(({ id, type, trainable }) => `${id} ${type?.shape.join('x') ?? ''} ${trainable}`)).toEqual([
      'conv1.weight 8x3x3x3 false',
      'scale1.weight 8 true',
      'scale1.bias 8 true',
      'conv2.weight 8x4x3x1 true',
      'conv2.bias 8 true',
      'fc.weight 10x2048 true',
      'fc.bias 10 true',
    ]);
  });
});

test('a net of the V1 format', async () => {
  const graph = await parseFixture('train_v1');
  const shapes = bound(graph);
  expect(shapes.problems).toEqual([]);
  expect(graph.layers.map(({ type }) => type)).toEqual([
    ...['Conv', 'Relu', 'AveragePool', 'ConvTranspose', 'Flatten', 'Gemm', 'SoftmaxCrossEntropyLoss'],
  ]);
  expect(layer(graph, 'conv1')?.attributes['trainable']).toEqual([0, 1]);
  expect(['data', 'conv1', 'pool', 'up'].map((id) => shapeOf(shapes, id))).toEqual([
    [4, 3, 24, 20],
    [4, 6, 10, 8],
    [4, 6, 5, 4],
    [4, 2, 12, 10],
  ]);
  expect([graph.outputs, graph.hints.batchSize, graph.hints.hasLoss]).toEqual([['loss'], 4, true]);
});

test('a net for deployment', async () => {
  const graph = await parseFixture('deploy');
  const shapes = bound(graph);
  expect(['conv', 'depthwise', 'left', 'right', 'gap', 'flat'].map((id) => shapeOf(shapes, id))).toEqual([
    [10, 4, 15, 15],
    [10, 4, 13, 13],
    [10, 1, 13, 13],
    [10, 3, 13, 13],
    [10, 4, 1, 1],
    [10, 4],
  ]);
  expect(shapes.unknownOps).toEqual({ MyOwnLayer: 1 });
  expect(layer(graph, 'special')).toMatchObject({ type: 'MyOwnLayer', attributes: { depth: 3, mode: 'fast' } });
  expect(shapes.tensors.get('depthwise.weight')?.type?.shape).toEqual([4, 1, 3, 3]);
  expect([graph.outputs, graph.hints.batchSize, graph.hints.hasLoss]).toEqual([['prob'], 10, false]);
});

test('layers that share their weights by name', async () => {
  const shapes = bound(await parseFixture('siamese'));
  const storages = ['conv.weight', 'conv_p.weight', 'feat.bias', 'feat_p.bias'].map(
    (id) => shapes.tensors.get(id)?.storage,
  );
  expect(storages).toEqual(['shared:conv_w', 'shared:conv_w', 'shared:fc_b', 'shared:fc_b']);
  expect(shapes.problems).toEqual([]);
});

describe('each layer type becomes its operators', () => {
  const convert = async (type: string, rest = ''): Promise<string> => {
    const head = 'input: "data" input_shape { dim: 2 dim: 6 dim: 8 dim: 8 }';
    const graph = await parseText(`${head} layer { name: "x" type: "${type}" bottom: "data" ${rest} }`);
    const shapes = bound(graph);
    expect(shapes.problems).toEqual([]);
    return [...graph.layers.map((each) => each.type), shapeOf(shapes, graph.outputs[0] ?? '')?.join('x')].join(' ');
  };

  test.each([
    ['ReLU', 'top: "y" relu_param { negative_slope: 0.1 }', 'LeakyRelu 2x6x8x8'],
    ['Pooling', 'top: "y" pooling_param { pool: MAX global_pooling: true }', 'GlobalMaxPool 2x6x1x1'],
    ['Pooling', 'top: "y" pooling_param { pool: 1 kernel_size: 3 stride: 2 }', 'AveragePool 2x6x4x4'],
    ['Pooling', 'top: "y" pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR }', 'MaxPool 2x6x3x3'],
    ['Pooling', 'top: "y" pooling_param { kernel_size: 3 stride: 2 ceil_mode: false }', 'MaxPool 2x6x3x3'],
    ['InnerProduct', 'top: "y" inner_product_param { num_output: 5 axis: 2 }', 'InnerProduct 2x6x5'],
    ['Flatten', 'top: "y" flatten_param { axis: 2 }', 'CaffeReshape 2x6x64'],
    ['Flatten', 'top: "y" flatten_param { axis: 1 end_axis: 2 }', 'CaffeReshape 2x48x8'],
    ['Reshape', 'top: "y" reshape_param { shape { dim: 3 dim: -1 } axis: 1 num_axes: 1 }', 'CaffeReshape 2x3x2x8x8'],
    ['Permute', 'top: "y" permute_param { order: 0 order: 2 }', 'Transpose 2x8x6x8'],
    ['Slice', 'top: "a" top: "b" top: "c"', 'Split 2x2x8x8'],
    ['Split', 'top: "a" top: "b"', 'Identity Identity 2x6x8x8'],
    ['Reduction', 'top: "y" reduction_param { operation: MEAN axis: 1 }', 'Flatten ReduceMean 2'],
    ['ArgMax', 'top: "y"', 'Flatten ArgMax 2x1'],
    ['Tile', 'top: "y" tile_param { tiles: 3 }', 'CaffeTile 2x18x8x8'],
    ['Interp', 'top: "y" interp_param { zoom_factor: 2 }', 'Interp 2x6x15x15'],
    ['Interp', 'top: "y" interp_param { height: 20 width: 30 }', 'Interp 2x6x20x30'],
    ['SPP', 'top: "y" spp_param { pyramid_height: 3 }', 'SPP 2x126'],
    ['Im2col', 'top: "y" convolution_param { kernel_size: 3 }', 'Im2col 2x54x6x6'],
    ['PriorBox', 'top: "y" prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 }', 'PriorBox 1x2x1024'],
    ['Power', 'top: "y" power_param { power: 2 }', 'Power 2x6x8x8'],
    ['BNLL', 'top: "y"', 'Softplus 2x6x8x8'],
    ['Normalize', 'top: "y"', 'Normalize 2x6x8x8'],
    ['LSTM', 'top: "y" recurrent_param { num_output: 4 }', 'CaffeLstm 2x6x4'],
    [
      'DeconvolutionDepthwise',
      'top: "y" convolution_param { num_output: 6 kernel_size: 4 stride: 2 pad: 1 }',
      'ConvTranspose 2x6x16x16',
    ],
  ])('%s %s', async (type, rest, expected) => {
    expect(await convert(type, rest)).toBe(expected);
  });

  test('regions of a detector in training', async () => {
    const python = (name: string, wires: string, args = ''): string =>
      `layer { type: "Python" name: "${name}" ${wires} python_param { layer: "${name}" ${args} } }`;
    const graph = await parseText(`
      ${python('RoIDataLayer', 'top: "data" top: "im_info" top: "gt_boxes"')}
      layer { name: "rpn" type: "Convolution" bottom: "data" top: "rpn" convolution_param { num_output: 18 kernel_size: 16 stride: 16 } }
      ${python('AnchorTargetLayer', 'bottom: "rpn" bottom: "gt_boxes" bottom: "im_info" bottom: "data" top: "l" top: "t"')}
      ${python('ProposalLayer', 'bottom: "rpn" bottom: "rpn" bottom: "im_info" top: "proposals"')}
      ${python('ProposalTargetLayer', 'bottom: "proposals" bottom: "gt_boxes" top: "rois" top: "labels" top: "targets"', `param_str: "'num_classes': 21"`)}
      layer { name: "roi" type: "ROIPooling" bottom: "rpn" bottom: "rois" top: "roi" roi_pooling_param { pooled_h: 7 pooled_w: 7 } }
      layer { name: "ps" type: "PSROIPooling" bottom: "rpn" bottom: "rois" top: "ps" psroi_pooling_param { output_dim: 2 group_size: 3 } }`);
    const shapes = bound(graph);
    expect(['l', 't', 'proposals', 'rois', 'targets', 'roi', 'ps'].map((id) => shapeOf(shapes, id))).toEqual([
      [1, 1, 9 * 37, 62],
      [1, 36, 37, 62],
      [2000, 5],
      [128, 5],
      [128, 84],
      [128, 18, 7, 7],
      [128, 2, 3, 3],
    ]);
    expect(graph.hints.assumptions).toHaveLength(3);
  });

  test('a loss that nothing descends from is no loss', async () => {
    const head = 'input: "data" input_shape { dim: 4 dim: 3 dim: 1 dim: 1 } input: "label" input_shape { dim: 4 }';
    const tops = 'top: "l" top: "p" top: "each" loss_weight: 0 loss_weight: 0 loss_weight: 0';
    const graph = await parseText(
      `${head} layer { type: "SoftmaxWithLossOHEM" bottom: "data" bottom: "label" ${tops} }`,
    );
    const shapes = bound(graph);
    expect([graph.layers[0]?.type, graph.hints.hasLoss]).toEqual(['UnweightedLoss', false]);
    expect(['l', 'p', 'each'].map((id) => shapeOf(shapes, id))).toEqual([[], [4, 3, 1, 1], [4, 1, 1, 1]]);
  });
});

/** A convolution with one more field, on a line of its own. */
const convolution = (field: string): string =>
  `input: "data" input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }
   layer { type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 4 kernel_size: 3 ${field} } }`;

test('a message that stands twice is one message, as protobuf merges them', async () => {
  const graph = await parseText(
    'input: "data" layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 4 bias_term: false } convolution_param { kernel_size: 3 num_output: 8 } }',
  );
  expect(layer(graph, 'c')?.attributes).toMatchObject({ out_channels: 8, kernel_shape: [3, 3], bias: false });
});

test('ids made of a long name and many numbers stay short', async () => {
  const name = 'n'.repeat(4000);
  const tops = Array.from({ length: 3 }, () => `top: "data"`).join(' ');
  const graph = await parseText(`input: "data" layer { name: "${name}" type: "Split" bottom: "data" ${tops} }`);
  const ids = [...graph.layers.slice(1).map(({ id }) => id), ...graph.outputs];
  expect(ids.map((id) => id.length < 80)).toEqual([true, true, true, true, true]);
  expect(new Set(ids).size).toBe(5);
});

test('of a thousand assumptions fifty are shown, and how many more there are', async () => {
  const pair = (index: number): string =>
    `layer { name: "a${index}" type: "ReLU" bottom: "data" top: "b${index}" } layer { type: "ReLU" bottom: "a${index}" top: "c${index}" }`;
  const graph = await parseText(`input: "data" ${Array.from({ length: 1000 }, (_, index) => pair(index)).join('\n')}`);
  expect(graph.hints.assumptions).toHaveLength(51);
  expect(graph.hints.assumptions?.at(-1)).toBe('and 950 more of these');
});

describe('refuses', () => {
  test.each([
    ['', 'NO_GRAPH', 'caffe: the file holds no layer'],
    [fixtureText('solver'), 'NO_GRAPH', 'caffe: this is a solver, not a net: pass the file that its field "net" names'],
    [
      'layers { layer { name: "x" type: "conv" } bottom: "data" top: "x" }',
      'UNSUPPORTED_VERSION',
      'caffe at line 1: the net is in the V0 format of 2013 (nested layers): convert it with Caffe’s tool upgrade_net_proto_text and pass the result',
    ],
    ['layer { name: "x" }', 'MALFORMED', 'caffe at line 1: a layer has no type'],
    [
      'layer { type: "ReLU" bottom: "" top: "x" }',
      'MALFORMED',
      'caffe at line 1: a layer or one of its blobs has an empty name',
    ],
    [
      'input: "data"\nlayer { name: "c" type: "Convolution" bottom: "data" top: "c" }',
      'MALFORMED',
      'caffe at line 2: the Convolution layer has no kernel_size',
    ],
    [
      'input: "data" layer { name: "c" type: "InnerProduct" bottom: "data" top: "c" inner_product_param { num_output: 1.5 } }',
      'MALFORMED',
      'caffe at line 1: a whole number below 2^31 is expected here',
    ],
    [
      'input: "data" layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { kernel_size: 3 } }',
      'MALFORMED',
      'caffe at line 1: the Convolution layer has no num_output',
    ],
    ...['num_output: 0', 'num_output: -4', 'kernel_h: 0', 'stride: 0', 'stride_w: 0', 'dilation: 0', 'group: 0'].map(
      (field) => [convolution(field), 'MALFORMED', 'caffe at line 2: a whole number of at least 1 is expected here'],
    ),
    [convolution('pad: -1'), 'MALFORMED', 'caffe at line 2: a whole number of at least 0 is expected here'],
    [
      `layer { name: "c" type: "Concat" ${'bottom: "x" '.repeat(16_385)} top: "c" }`,
      'LIMIT_EXCEEDED',
      'caffe at line 1: a layer has more than 16384 bottoms, tops or weights',
    ],
    ...['param { } ', 'param: "w" ', 'blobs_lr: 1 '].map((weights) => [
      `input: "data" layer { name: "c" type: "Scale" bottom: "data" top: "c" ${weights.repeat(16_385)} }`,
      'LIMIT_EXCEEDED',
      'caffe at line 1: a layer has more than 16384 bottoms, tops or weights',
    ]),
    [
      'layer { type: "ReLU" }'.repeat(LIMITS.maxLayers + 1),
      'LIMIT_EXCEEDED',
      `caffe at line 1: the net has more than ${LIMITS.maxLayers} layers`,
    ],
    [
      `input: "data" ${`layer { type: "Split" bottom: "data" ${'top: "x" '.repeat(16_000)} }`.repeat(13)}`,
      'LIMIT_EXCEEDED',
      `caffe at line 1: the net has more than ${LIMITS.maxTensors} blobs`,
    ],
    [
      'layer { name: "r" type: "ReLU" bottom: "nowhere" top: "r" }',
      'INVALID_GRAPH',
      'caffe at line 1: layer "r" reads "nowhere", which no layer before it writes',
    ],
    [
      `layer { name: "${'r'.repeat(5000)}" type: "ReLU" top: "r" }`,
      'LIMIT_EXCEEDED',
      'caffe at line 1: a name is longer than 4096 characters',
    ],
  ])('%#', async (source, code, message) => {
    await expect(parseText(source)).rejects.toMatchObject({ name: 'FormatError', code, message });
  });
});
