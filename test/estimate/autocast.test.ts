/** What autocast costs beside what is kept, which test/reference compares with PyTorch: scratch, and gradients cast back. */
import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { PlannedLayer } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { Layer } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import type { TensorType } from '../../src/ops/index.js';
import { net } from '../helpers/graphs.js';

/** One layer behind a product of 4 x 16 elements: 128 bytes of 16 bits, 256 of float32. */
function planned(type: string, attributes: Layer['attributes'], precision: PrecisionName): PlannedLayer | undefined {
  const graph = net({
    inputs: { x: [4, 16] },
    parameters: { w: [16, 16] },
    constants: { axis: { shape: [1], value: [1], dtype: 'int64' } },
    layers: [
      ['Gemm', 'x w', 'e'],
      [type, type === 'CumSum' || type === 'CumProd' ? 'e axis' : 'e', 'y', attributes],
    ],
    outputs: ['y'],
  });
  return planStep(bindGraph(graph, { bindings: new Map() }), precision).layers.at(-1);
}

const ROW = { axes: [1] };

// Operators below autocast on a CUDA device, torch 2.15: softmax of bfloat16 is `_to_copy`, `_softmax`; of float16 it is
// `_softmax` alone, as the others are of either. The gradient of what was float32 is cast back by the engine.
describe('an operator that is asked for float32 reads its input as it is', () => {
  test.each<[string, Layer['attributes'], PrecisionName, { forward: number; backward: number }]>([
    ['Softmax', {}, 'amp-bf16', { forward: 256, backward: 256 }],
    ['Softmax', {}, 'amp-fp16', { forward: 0, backward: 0 }],
    ['LogSoftmax', {}, 'amp-bf16', { forward: 256, backward: 256 }],
    ['ReduceL2', ROW, 'amp-bf16', { forward: 0, backward: 512 }],
    ['ReduceL2', ROW, 'bf16', { forward: 0, backward: 128 }],
    ['CumSum', {}, 'amp-bf16', { forward: 256, backward: 768 }],
    ['CumSum', {}, 'fp32', { forward: 0, backward: 512 }],
  ])('%s %j in %s', (type, attributes, precision, { forward, backward }) => {
    const layer = planned(type, attributes, precision);
    expect(layer?.casts).toEqual([]);
    expect([layer?.forwardScratchBytes, layer?.backwardScratchBytes]).toEqual([forward, backward]);
  });
});

test('the gradient of a sum is a view of its output, unless the output is wider than what was summed', () => {
  expect(planned('ReduceSum', ROW, 'fp32')?.gradients[0]).toBe('pass');
  expect(planned('ReduceSum', ROW, 'amp-fp16')?.gradients[0]).toBe('new');
});

// torch.nn.functional.cross_entropy states the dtype of log_softmax, so that autocast leaves it (aten/src/ATen/native/LossNLL.cpp).
test('cross entropy keeps its log-softmax as it is, and nll_loss a copy in float32', () => {
  const graph = net({
    inputs: { x: [4, 16] },
    parameters: { w: [16, 16] },
    constants: { labels: { shape: [4], dtype: 'int64' } },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['SoftmaxCrossEntropyLoss', 'e labels', 'loss'],
    ],
    outputs: ['loss'],
  });
  const layer = planStep(bindGraph(graph, { bindings: new Map() }), 'amp-bf16').layers.at(-1);
  expect(layer?.outputs[0]?.type.dtype).toBe('float32');
  expect(layer?.saved).toMatchObject([
    { type: { dtype: 'bfloat16', shape: [4, 16] } },
    { type: { dtype: 'float32', shape: [4, 16] } },
    { index: 1 },
    { type: { dtype: 'float32', shape: [] } },
  ]);
  expect(layer?.backwardScratchBytes).toBe(256 + 128);
});

/** Attention of 2 heads of 4 features over 8 positions, whose heads are joined behind it. */
function joinedHeads(precision: PrecisionName): boolean | undefined {
  const graph = net({
    inputs: { x: [1, 2, 8, 4] },
    parameters: { w: [4, 4] },
    constants: { joined: { shape: [3], value: [1, 8, 8], dtype: 'int64' } },
    layers: [
      ['MatMul', 'x w', 'q'],
      ['Attention', 'q q q', 'a'],
      ['Transpose', 'a', 't', { perm: [0, 2, 1, 3] }],
      ['Reshape', 't joined', 'y'],
    ],
    outputs: ['y'],
  });
  return planStep(bindGraph(graph, { bindings: new Map() }), precision).layers.at(-1)?.view;
}

// Strides of scaled_dot_product_attention of contiguous heads, torch 2.15: the memory-efficient kernel puts out [B, S, H, D]
// turned, the flash kernel what the query is.
test.each([
  ['fp32', true],
  ['amp-bf16', false],
  ['bf16', false],
] as const)(
  'the kernel of the precision lays out attention: joining heads in %s is a view: %s',
  (precision, isView) => {
    expect(joinedHeads(precision)).toBe(isView);
  },
);

test('a copy that autocast makes has no gaps', () => {
  const vector = (value: number): { shape: number[]; value: number[]; dtype: 'int64' } => ({
    shape: [1],
    value: [value],
    dtype: 'int64',
  });
  const graph = net({
    inputs: { x: [4, 16] },
    parameters: { w: [8, 8] },
    constants: { starts: vector(0), ends: vector(8), axes: vector(1) },
    layers: [
      ['Slice', 'x starts ends axes', 'half'],
      ['MatMul', 'half w', 'y'],
    ],
    outputs: ['y'],
  });
  const inputOf = (precision: PrecisionName): TensorType | undefined =>
    planStep(bindGraph(graph, { bindings: new Map() }), precision).layers.at(-1)?.context.inputs[0];
  expect(inputOf('fp32')).toEqual({ dtype: 'float32', shape: [4, 8], strides: [16, 1] });
  expect(inputOf('amp-bf16')).toEqual({ dtype: 'bfloat16', shape: [4, 8] });
});
