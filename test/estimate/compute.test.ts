import { describe, expect, test } from '@jest/globals';
import {
  DEFAULT_THRESHOLD,
  estimateCompute,
  LAUNCH_FLOOR_SECONDS,
  peakFor,
  timeLayers,
  workOf,
} from '../../src/estimate/compute.js';
import type { LayerWork } from '../../src/estimate/compute.js';
import type { GpuSpec } from '../../src/estimate/gpu.js';
import { planStep } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

/** 1 TFLOP/s in float32, 4 in float16, 1 TB/s: figures to reckon with. */
const GPU: GpuSpec = {
  product: 'Round',
  family: 'ampere',
  labelMiB: 1024,
  usableMiB: 1000,
  multiprocessors: 10,
  peakFlops: { float32: 1e12, float16: 4e12 },
  bandwidthBytesPerSecond: 1e12,
  sources: { memory: '', usable: '', compute: '' },
};

function work(graph: Graph, precision: PrecisionName = 'fp32'): Map<string, LayerWork> {
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', 8]]) }), precision);
  return new Map(workOf(plan, { microBatches: 1, checkpointing: 'none' }).map((layer) => [layer.id, layer]));
}

const block = net({
  inputs: { x: [batch, 16] },
  parameters: { w: [16, 16], c: [16], v: [16, 16] },
  layers: [
    ['Gemm', 'x w c', 'a'],
    ['Relu', 'a', 'r'],
    ['Gemm', 'r v', 'b'],
    ['Add', 'b r', 'sum'],
    ['Reshape', 'sum shape', 'flat'],
  ],
  constants: { shape: { shape: [1], value: [-1], dtype: 'int64' } },
  outputs: ['flat'],
});

describe('the work of a layer', () => {
  const layers = work(block);
  const FORWARD = 2 * 8 * 16 * 16;
  const activation = 4 * 8 * 16;
  const weight = 4 * 16 * 16;

  test('a contraction repeats once for each operand that wants a gradient; its bias is none', () => {
    expect(layers.get('a')).toMatchObject({ forwardFlops: FORWARD, trainingFlops: 2 * FORWARD });
    expect(layers.get('b')).toMatchObject({ forwardFlops: FORWARD, trainingFlops: 3 * FORWARD });
  });

  test('backward reads what was saved once and the output gradient once for each gradient it writes', () => {
    // Gemm b: saves r and v, writes the gradients of both, reads its own gradient twice.
    const forward = activation + weight + activation;
    expect(layers.get('b')).toMatchObject({
      forwardBytes: forward,
      trainingBytes: forward + (activation + weight) + (activation + weight) + 2 * activation,
      kernels: 3,
    });
    // ReLU: saves its output, writes one gradient, reads one.
    expect(layers.get('r')).toMatchObject({ trainingBytes: 2 * activation + 3 * activation, kernels: 2 });
  });

  test('a gradient that is passed on and a view cost nothing', () => {
    expect(layers.get('sum')).toMatchObject({ trainingBytes: 3 * activation, kernels: 1 });
    expect(layers.get('flat')).toMatchObject({ forwardBytes: 0, trainingBytes: 0, kernels: 0 });
  });

  test('under autocast a product moves and computes in two bytes', () => {
    const half = work(block, 'amp-fp16').get('b');
    expect(half).toMatchObject({ dtype: 'float16', forwardBytes: (activation + weight + activation) / 2 });
  });

  // torch.backends.cudnn.allow_tf32 is True and torch.backends.cuda.matmul.allow_tf32 False, read from torch 2.15.
  describe('in float32 by default', () => {
    const mixed = net({
      inputs: { x: [batch, 4, 4] },
      parameters: { k: [4, 4, 1], w: [1, 16, 4], r: [1, 16, 4], m: [4, 4] },
      layers: [
        ['Conv', 'x k', 'conv'],
        ['LSTM', 'conv w r', 'lstm', { hidden_size: 4 }],
        ['MatMul', 'lstm m', 'product'],
        ['Relu', 'product', 'relu'],
      ],
      outputs: ['relu'],
    });

    test.each([
      ['conv', 'tf32'],
      ['lstm', 'tf32'],
      ['product', 'float32'],
      ['relu', 'float32'],
    ])('%s runs in %s', (id, dtype) => {
      expect(work(mixed).get(id)?.dtype).toBe(dtype);
    });

    test('and under autocast everything runs in the low precision', () => {
      expect([...work(mixed, 'amp-bf16').values()].map(({ dtype }) => dtype)).toEqual(Array(4).fill('bfloat16'));
    });
  });
});

describe('time', () => {
  const layer = (id: string, forwardFlops: number, forwardBytes: number, more: Partial<LayerWork> = {}): LayerWork => ({
    id,
    forwardFlops,
    trainingFlops: 3 * forwardFlops,
    forwardBytes,
    trainingBytes: 3 * forwardBytes,
    dtype: 'float32',
    kernels: 3,
    ...more,
  });
  const floor = 3 * LAUNCH_FLOOR_SECONDS;
  // Compute-bound: 3 x 1e9 / 1e12; memory-bound: 3 x 2e8 / 1e12.
  const heavy = layer('heavy', 1e9, 1e6);
  const light = layer('light', 1e6, 2e8);
  const optimizer = layer('(optimizer)', 0, 9e9);

  test('each layer takes the longer of arithmetic and traffic, and the launch of its kernels', () => {
    const { stepSeconds, smShare } = estimateCompute([heavy, light], { gpu: GPU, threshold: 0.1 });
    const layers = timeLayers([heavy, light], { gpu: GPU, threshold: 0.1 });
    expect(layers[0]?.gpuSeconds).toBeCloseTo(3e-3, 12);
    expect(layers[1]?.gpuSeconds).toBeCloseTo(6e-4, 12);
    expect(stepSeconds).toBeCloseTo(3.6e-3 + 2 * floor, 12);
    expect(smShare).toBeCloseTo(3.6e-3 / (3.6e-3 + 2 * floor), 12);
    expect(layers.reduce((sum, { stepShare }) => sum + stepShare, 0)).toBeCloseTo(1, 12);
  });

  test.each([
    [0.1, ['heavy', 'light']],
    [0.2, ['heavy', 'light']],
    [0.21, ['heavy']],
    [1, ['heavy']],
  ])('above %d of the heaviest, %j are dominant; work that no layer does never is', (threshold, expected) => {
    const layers = timeLayers([heavy, light, optimizer], { gpu: GPU, threshold });
    expect(layers.filter(({ dominant }) => dominant).map(({ work: { id } }) => id)).toEqual(expected);
  });

  test('the requirement is the FLOPs of the dominant layers over their own time', () => {
    const { requiredFlopsPerSecond } = estimateCompute([heavy, light], { gpu: GPU, threshold: 0.5 });
    expect(requiredFlopsPerSecond).toBeCloseTo(3e9 / (3e-3 + floor), 0);
  });

  test('with a target, over what the other layers leave of it; where they leave nothing there is none', () => {
    const others = 6e-4 + floor;
    const required = (targetStepSeconds: number): number | null =>
      estimateCompute([heavy, light], { gpu: GPU, threshold: 0.5, targetStepSeconds }).requiredFlopsPerSecond;
    expect(required(1e-3 + others)).toBeCloseTo(3e9 / 1e-3, 0);
    expect(required(others / 2)).toBeNull();
  });

  test('a net without a contraction requires no FLOPs, and one without layers takes no time', () => {
    const { requiredFlopsPerSecond } = estimateCompute([layer('relu', 0, 1e6)], { gpu: GPU, threshold: 0.1 });
    expect(requiredFlopsPerSecond).toBe(0);
    expect(estimateCompute([], { gpu: GPU, threshold: DEFAULT_THRESHOLD })).toMatchObject({
      stepSeconds: 0,
      smShare: 0,
      requiredFlopsPerSecond: 0,
    });
  });

  test('a dtype without a unit of its own runs at the float32 rate', () => {
    expect(peakFor(GPU, 'float16')).toBe(4e12);
    expect(peakFor(GPU, 'bfloat16')).toBe(1e12);
    expect(peakFor(GPU, 'int64')).toBe(1e12);
    expect(peakFor(GPU, 'tf32')).toBe(1e12);
    expect(peakFor({ ...GPU, peakFlops: { ...GPU.peakFlops, tf32: 8e12 } }, 'tf32')).toBe(8e12);
  });
});
