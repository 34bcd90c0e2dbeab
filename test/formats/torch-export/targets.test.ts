import { describe, expect, test } from '@jest/globals';
import type { Given, NodeDescription } from '../../../examples/pt2-writer.js';
import { TARGETS } from '../../../src/formats/torch-export/targets/index.js';
import { readTarget } from '../../../src/formats/torch-export/target.js';
import { bound, call, read, written } from './reading.js';

/** Every target that exports of 443 models of torchvision, timm and transformers consist of (torch 2.13 and 2.15). */
const PUBLISHED = `
  conv2d.default batch_norm.default add_.Tensor linear.default mul.Tensor add.Tensor view.default dropout.default
  reshape.default relu_.default transpose.int permute.default layer_norm.default _assert_tensor_metadata.default to.dtype
  gelu.default mean.dim unsqueeze.default silu_.default slice.Tensor cat.default sigmoid.default contiguous.default
  scaled_dot_product_attention.default pow.Tensor_Scalar reshape_as.default matmul.default rsqrt.default unbind.int
  relu.default lift_fresh_copy.default detach_.default expand.default softmax.int neg.default silu.default
  flatten.using_ints group_norm.default index.Tensor expand_as.default pad.default chunk.default hardtanh_.default
  div.Tensor avg_pool2d.default split_with_sizes.default div_.Tensor bernoulli_.float conv1d.default addmm.default
  new_empty.default adaptive_avg_pool2d.default einsum.default select.int linalg_vector_norm.default hardswish_.default
  clamp_min.default alias.default arange.default sum.dim_IntList split.Tensor sym_size.int stack.default tanh.default
  mul_.Tensor hardswish.default leaky_relu_.default hardsigmoid.default addcmul.default clamp.default exp.default
  max_pool2d.default leaky_relu.default roll.default to.dtype_layout type_as.default sub.Tensor elu.default selu.default
  var.dim sqrt.default prelu.default mish.default __and__.Tensor softplus.default square.default where.ScalarOther
  empty.memory_format maximum.default embedding.default to.device copy_.default hardtanh.default where.self repeat.default
  new_ones.default le.Tensor unfold.default repeat_interleave.self_int conv2d.padding im2col.default col2im.default
  zeros.default upsample_nearest2d.vec cross_entropy_loss.default cos.default sin.default min.other rsub.Scalar ge.Scalar
  lt.Scalar log.default full_like.default conv3d.default squeeze.dim gt.Scalar abs.default zeros_like.default
  avg_pool1d.default max.dim dropout_.default new_zeros.default clone.default fill_.Tensor eq.Scalar masked_fill_.Scalar
  upsample_bicubic2d.vec tile.default unflatten.int masked_fill.Scalar ne.Scalar cumsum.default diff.default eq.Tensor
  topk.default sort.default floor_divide.default histc.default empty_like.default index_put_.default ones.default
  gather.default
`;

const known = (target: string): boolean => {
  const { operator, overload } = readTarget(target);
  return Object.hasOwn(TARGETS, `${operator}.${overload}`) || Object.hasOwn(TARGETS, operator);
};

describe('a row for every target', () => {
  test('that published models consist of', () => {
    const targets = PUBLISHED.trim().split(/\s+/);
    expect(targets.filter((target) => !known(`torch.ops.aten.${target}`))).toEqual([]);
    expect(
      ['_operator.mul', 'torch.ops.transformers.grouped_mm_fallback.default'].filter((each) => !known(each)),
    ).toEqual([]);
  });
});

const X = ['s0', 4, 8, 8];
type Case = readonly [
  target: string,
  given: Readonly<Record<string, Given>>,
  output: NodeDescription['outputs'],
  layers: readonly string[],
];

// Shapes as torch 2.15 records them for x [2, 4, 8, 8]; constants stand in brackets.
const CASES: readonly Case[] = [
  ['add.Tensor', { self: '%x', other: '%x', alpha: 1 }, { y: X }, ['y = Add(x, x)']],
  ['add.Scalar', { self: '%x', other: 2 }, { y: X }, ['y = Add(x, [2])']],
  ['rsub.Scalar', { self: '%x', other: { float: 1 } }, { y: X }, ['y = Sub([1], x)']],
  ['ne.Scalar', { self: '%x', other: 0 }, { y: X }, ['y/equal_1 = Equal(x, [0])', 'y = Not(y/equal_1)']],
  ['hardtanh.default', { self: '%x', min_val: 0, max_val: 6 }, { y: X }, ['y = Clip(x, [0], [6])']],
  ['clamp_min.default', { self: '%x', min: { float: 0.5 } }, { y: X }, ['y = Clip(x, [0.5], )']],
  [
    'margin_ranking_loss.default',
    { input1: '%x', input2: '%x', target: '%x', margin: { float: 0.5 }, reduction: 2 },
    { y: [] },
    [
      ...['y/widen_0 = Widen(x)', 'y/widen_1 = Widen(x)', 'y/widen_2 = Widen(x)'],
      'y/sub_3 = Sub(y/widen_0, y/widen_1)',
      'y/neg_4 = Neg(y/widen_2)',
      'y/mul_5 = Mul(y/neg_4, y/sub_3)',
      'y/add_7 = Add(y/mul_5, [0.5])',
      'y/clip_9 = Clip(y/add_7, [0])',
      'y = LossReduction(y/clip_9)',
    ],
  ],
  ['square.default', { self: '%x' }, { y: X }, ['y = Pow(x, [2])']],
  [
    'softmax.int',
    { self: '%x', dim: -1, dtype: { dtype: 'float32' } },
    { y: X },
    ['y/cast_0 = Cast(x)', 'y = Softmax(y/cast_0)'],
  ],
  ['view.default', { self: '%x', size: [-1, 256] }, { y: ['s0', 256] }, ['y = Reshape(x, [-1 256])']],
  [
    'flatten.using_ints',
    { self: '%x', start_dim: 1 },
    { y: ['s0', 256] },
    ['y/shape_0 = Shape(x)', 'y/concat_2 = Concat(y/shape_0, [-1])', 'y = Reshape(x, y/concat_2)'],
  ],
  [
    'unflatten.int',
    { self: '%x', dim: 1, sizes: [2, 2] },
    { y: ['s0', 2, 2, 8, 8] },
    ['y/shape_0 = Shape(x)', 'y/concat_5 = Concat(y/shape_0, [2], [2], [8], [8])', 'y = Reshape(x, y/concat_5)'],
  ],
  [
    'as_strided.default',
    { self: '%x', size: ['$s0', 4, 8, 8], stride: [256, 1, 32, 4] },
    { y: X },
    ['y = Identity(x)'],
  ],
  ['expand.default', { self: '%x', size: [-1, 4, 8, 8] }, { y: X }, ['y = Expand(x, [1 4 8 8])']],
  ['transpose.int', { self: '%x', dim0: 1, dim1: -1 }, { y: ['s0', 8, 8, 4] }, ['y = Transpose(x)']],
  ['swapaxes.default', { self: '%x', axis0: 1, axis1: 2 }, { y: ['s0', 8, 4, 8] }, ['y = Transpose(x)']],
  ['permute.default', { self: '%x', dims: [0, 2, 3, 1] }, { y: ['s0', 8, 8, 4] }, ['y = Transpose(x)']],
  ['movedim.int', { self: '%x', source: 1, destination: 3 }, { y: ['s0', 8, 8, 4] }, ['y = Transpose(x)']],
  ['squeeze.dim', { self: '%x', dim: 1 }, { y: X }, ['y = Identity(x)']],
  [
    'slice.Tensor',
    { self: '%x', dim: 2, start: 1, end: 7, step: 2 },
    { y: ['s0', 4, 3, 8] },
    ['y = Slice(x, [1], [7], [2], [2])'],
  ],
  [
    'narrow.default',
    { self: '%x', dim: 2, start: 1, length: 3 },
    { y: ['s0', 4, 3, 8] },
    ['y = Slice(x, [1], [4], [2])'],
  ],
  ['select.int', { self: '%x', dim: 1, index: 0 }, { y: ['s0', 8, 8] }, ['y = Gather(x, [0])']],
  [
    'chunk.default',
    { self: '%x', chunks: 2, dim: 1 },
    { y: ['s0', 2, 8, 8], z: ['s0', 2, 8, 8] },
    ['y, z = Split(x, [2 2])'],
  ],
  [
    'tensor_split.sections',
    { self: '%x', sections: 3, dim: 1 },
    { a: ['s0', 2, 8, 8], b: ['s0', 1, 8, 8], c: ['s0', 1, 8, 8] },
    ['a, b, c = Split(x, [2 1 1])'],
  ],
  [
    'tensor_split.indices',
    { self: '%x', indices: [1, -2], dim: 1 },
    { a: ['s0', 1, 8, 8], b: ['s0', 1, 8, 8], c: ['s0', 2, 8, 8] },
    [
      'a = Slice(x, [0], [1], [1])',
      'b = Slice(x, [1], [-2], [1])',
      `c = Slice(x, [-2], [${Number.MAX_SAFE_INTEGER}], [1])`,
    ],
  ],
  [
    'split_with_sizes.default',
    { self: '%x', split_sizes: [1, 3], dim: 1 },
    { y: ['s0', 1, 8, 8], z: ['s0', 3, 8, 8] },
    ['y, z = Split(x, [1 3])'],
  ],
  [
    'split.sizes',
    { self: '%x', split_size: [1, 3], dim: 1 },
    { y: ['s0', 1, 8, 8], z: ['s0', 3, 8, 8] },
    ['y, z = Split(x, [1 3])'],
  ],
  [
    'unbind.int',
    { self: '%x', dim: 2 },
    Object.fromEntries([...'abcdefgh'].map((name) => [name, ['s0', 4, 8]])),
    [
      'a/split_0, a/split_1, a/split_2, a/split_3, a/split_4, a/split_5, a/split_6, a/split_7 = Split(x)',
      ...[...'abcdefgh'].map((name, at) => `${name} = Squeeze(a/split_${at})`),
    ],
  ],
  [
    'conv2d.default',
    { input: '%x', weight: '%p_w', bias: null, stride: [2, 2], padding: [1, 1] },
    { y: ['s0', 6, 4, 4] },
    ['y = Conv(x, p_w)'],
  ],
  ['conv2d.padding', { input: '%x', weight: '%p_w', padding: 'same' }, { y: ['s0', 6, 8, 8] }, ['y = Conv(x, p_w)']],
  [
    'convolution.default',
    { input: '%x', weight: '%p_w', stride: [1], padding: [0], transposed: false },
    { y: ['s0', 6, 6, 6] },
    ['y = Conv(x, p_w)'],
  ],
  ['linear.default', { input: '%x', weight: '%p_m' }, { y: ['s0', 4, 8, 5] }, ['y = Gemm(x, p_m)']],
  ['layer_norm.default', { input: '%x', normalized_shape: [8, 8] }, { y: X }, ['y = LayerNormalization(x)']],
  ['group_norm.default', { input: '%x', num_groups: 2 }, { y: X }, ['y = GroupNormalization(x)']],
  ['max_pool2d.default', { self: '%x', kernel_size: [2, 2] }, { y: ['s0', 4, 4, 4] }, ['y = MaxPool(x)']],
  [
    'adaptive_avg_pool2d.default',
    { self: '%x', output_size: [1, 1] },
    { y: ['s0', 4, 1, 1] },
    ['y = GlobalAveragePool(x)'],
  ],
  [
    'adaptive_avg_pool2d.default',
    { self: '%x', output_size: [3, 3] },
    { y: ['s0', 4, 3, 3] },
    ['y = AdaptiveAveragePool(x)'],
  ],
  ['mean.dim', { self: '%x', dim: [2, 3], keepdim: true }, { y: ['s0', 4, 1, 1] }, ['y = ReduceMean(x)']],
  ['sum.default', { self: '%x' }, { y: [] }, ['y = ReduceSum(x)']],
  [
    'max.dim',
    { self: '%x', dim: 1 },
    { y: ['s0', 8, 8], z: ['s0', 8, 8] },
    ['y/topk_1, y/topk_2 = TopK(x, [1])', 'y = Squeeze(y/topk_1)', 'z = Squeeze(y/topk_2)'],
  ],
  ['sort.default', { self: '%x', dim: 1 }, { y: X, z: X }, ['y, z = TopK(x, [4])']],
  ['argsort.default', { self: '%x', dim: 1 }, { y: X }, ['y/topk_1, y = TopK(x, [4])']],
  [
    'linalg_vector_norm.default',
    { self: '%x', ord: { float: 2 }, dim: [1], keepdim: true },
    { y: ['s0', 1, 8, 8] },
    ['y = ReduceL2(x)'],
  ],
  [
    'stack.default',
    { tensors: ['%x', '%x'], dim: 1 },
    { y: ['s0', 2, 4, 8, 8] },
    ['y/unsqueeze_0 = Unsqueeze(x)', 'y/unsqueeze_1 = Unsqueeze(x)', 'y = Concat(y/unsqueeze_0, y/unsqueeze_1)'],
  ],
  [
    'scatter.value',
    { self: '%x', dim: 1, index: '%i', value: { float: 0.5 } },
    { y: X },
    ['y = ScatterElements(x, i, [0.5])'],
  ],
  ['one_hot.default', { self: '%i', num_classes: 7 }, { y: [5, 7] }, ['y = OneHot(i, [7], [0 1])']],
  ['index.Tensor', { self: '%x', indices: ['%i'] }, { y: [5, 4, 8, 8] }, ['y = Gather(x, i)']],
  ['index.Tensor', { self: '%x', indices: [null, '%i', '%i'] }, { y: ['s0', 5, 8] }, ['y = Index(x, , i, i)']],
  [
    'repeat.default',
    { self: '%x', repeats: [2, 1, 1, 1, 1] },
    { y: [2, 's0', 4, 8, 8] },
    ['y/unsqueeze_0 = Unsqueeze(x)', 'y = Tile(y/unsqueeze_0, [2 1 1 1 1])'],
  ],
  [
    'diff.default',
    { self: '%x', n: 1, dim: 1 },
    { y: ['s0', 3, 8, 8] },
    [
      'y/slice_5 = Slice(x, [1], [9007199254740991], [1])',
      'y/slice_6 = Slice(x, [0], [-1], [1])',
      'y = Sub(y/slice_5, y/slice_6)',
    ],
  ],
  [
    'pad.default',
    { self: '%x', pad: [1, 2], mode: 'reflect' },
    { y: ['s0', 4, 8, 11] },
    ['y = Pad(x, [0 0 0 1 0 0 0 2])'],
  ],
  [
    'upsample_nearest2d.vec',
    { input: '%x', output_size: [16, 16] },
    { y: ['s0', 4, 16, 16] },
    ['y/shape_0 = Shape(x)', 'y/concat_4 = Concat(y/shape_0, [4], [16], [16])', 'y = Resize(x, , , y/concat_4)'],
  ],
  ['zeros_like.default', { self: '%x' }, { y: X }, ['y/shape_0 = Shape(x)', 'y = ConstantOfShape(y/shape_0, x)']],
  ['arange.start', { start: 2, end: 7 }, { y: [5] }, ['y = Range([2], [7], [1])']],
  ['detach.default', { self: '%x' }, { y: X }, ['y = Detach(x)']],
  ['to.dtype', { self: '%x', dtype: { dtype: 'float16' } }, { y: X }, ['y = Cast(x)']],
  ['to.device', { self: '%x' }, { y: X }, ['y = Identity(x)']],
  ['masked_fill.Scalar', { self: '%x', mask: '%x', value: 0 }, { y: X }, ['y = Where(x, [0], x)']],
];

describe('a target becomes layers', () => {
  test.each(CASES)('%s of %j', async (...[target, given, outputs, layers]) => {
    const graph = await read([call(target, given, outputs)], {
      inputs: { x: X, i: [5] },
      integers: ['i'],
      parameters: { w: [6, 4, 3, 3], m: [5, 8] },
    });
    expect(written(graph)).toEqual(layers);
    const { tensors, problems, unknownOps } = bound(graph);
    expect({ problems, unknownOps }).toEqual({ problems: [], unknownOps: {} });
    for (const [name, dims] of Object.entries(outputs)) {
      expect(tensors.get(name)?.type?.shape).toEqual(dims.map((dim) => (dim === 's0' ? 2 : dim)));
    }
  });

  test('that says whether the program names its dtype, or has the default one', async () => {
    const graph = await read([
      call('ones.default', { size: [2, 3] }, { y: [2, 3] }),
      call('ones.default', { size: [2, 3], dtype: { dtype: 'float32' } }, { z: [2, 3] }),
      call('new_ones.default', { self: '%x', size: [2, 3] }, { u: [2, 3] }),
      call('ones_like.default', { self: '%x' }, { v: X }),
    ]);
    const made = graph.layers.filter(({ type }) => type === 'ConstantOfShape');
    expect(made.map(({ attributes }) => attributes['default_dtype'])).toEqual([1, undefined, undefined, undefined]);
  });

  test('that is not known where it is another part of the memory', async () => {
    const graph = await read([
      call('as_strided.default', { self: '%x', size: [2, 8], stride: [256, 1] }, { y: [2, 8] }),
    ]);
    expect(bound(graph).unknownOps).toEqual({ 'aten.as_strided.default': 1 });
  });

  // MemoryFormat.ContiguousFormat is 1, PreserveFormat 4.
  test('that says whether a copy is to be contiguous', async () => {
    const graph = await read([
      call('clone.default', { self: '%x', memory_format: { format: 1 } }, { y: X }),
      call('clone.default', { self: '%x', memory_format: { format: 4 } }, { z: X }),
      call('clone.default', { self: '%x' }, { u: X }),
    ]);
    expect(graph.layers.map(({ attributes }) => attributes)).toEqual([{ memory_format: 'contiguous' }, {}, {}]);
  });

  test('that works in place, and says so', async () => {
    const graph = await read([
      call('relu_.default', { self: '%x' }, { y: X }),
      call('masked_fill_.Scalar', { self: '%y', mask: '%x', value: 0 }, { z: X }),
    ]);
    expect(graph.layers.map(({ type, overwrites }) => [type, overwrites])).toEqual([
      ['Relu', 0],
      ['Where', 2],
    ]);
  });

  test('that are recurrent, one behind the other', async () => {
    const weights = { w0: [32, 4], r0: [32, 8], b0: [32], c0: [32], w1: [32, 8], r1: [32, 8], b1: [32], c1: [32] };
    const given = {
      ...{ input: '%x', hx: ['%h', '%h'], params: Object.keys(weights).map((name) => `%p_${name}`), has_biases: true },
      ...{ num_layers: 2, dropout: { float: 0 }, train: true, bidirectional: false, batch_first: true },
    };
    const state = [2, 's0', 8];
    const lstm = call('lstm.input', given, { y: ['s0', 5, 8], h_n: state, c_n: state });
    const graph = await read([lstm], { inputs: { x: ['s0', 5, 4], h: state }, parameters: weights });
    const { tensors, problems } = bound(graph);
    expect(problems).toEqual([]);
    expect(['y', 'h_n', 'c_n'].map((id) => tensors.get(id)?.type?.shape)).toEqual([
      [2, 5, 8],
      [2, 2, 8],
      [2, 2, 8],
    ]);
    expect(graph.layers.filter(({ type }) => type === 'LSTM')).toHaveLength(2);
  });

  test('or stays what it is called, with the shape that the file states', async () => {
    const graph = await read([{ target: 'my.op.default', arguments: { a: '%x', b: 3 }, outputs: { y: ['s0', 7] } }]);
    expect(written(graph)).toEqual(['y = my.op.default(x)']);
    expect(bound(graph)).toMatchObject({ unknownOps: { 'my.op.default': 1 } });
    expect(bound(graph).tensors.get('y')?.type?.shape).toEqual([2, 7]);
  });
});
