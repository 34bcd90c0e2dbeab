import { describe, expect, test } from '@jest/globals';
import { estimateTraining } from '../../src/estimate/estimate.js';
import type { Estimate } from '../../src/estimate/estimate.js';
import { resolveSetup } from '../../src/estimate/bindings.js';
import type { SetupRequest } from '../../src/estimate/setup.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { findGpu } from '../../src/placement/find.js';
import { batch, net, perceptron } from '../helpers/graphs.js';

const STATED: SetupRequest = {
  batchSize: { value: 8, from: 'option' },
  optimizer: { value: 'sgd', from: 'option' },
  precision: { value: 'fp32', from: 'option' },
};

function estimate(graph: Graph, request: SetupRequest = STATED): Estimate {
  const gpu = findGpu('a100-80gb');
  if (!gpu) throw new Error('the catalogue has an A100');
  const { setup, bindings } = resolveSetup(graph, request);
  const [first] = estimateTraining(bindGraph(graph, { bindings }), setup, [gpu]);
  if (!first) throw new Error('one GPU gives one estimate');
  return first;
}

describe('the layer report', () => {
  const { layers, memory } = estimate(perceptron([16, 32, 10]));

  test('has each layer with its neighbours and attributes, then the rows that no layer owns', () => {
    expect(layers.map(({ id, upstream, downstream }) => [id, upstream, downstream])).toEqual([
      ['fc0', [], ['relu0']],
      ['relu0', ['fc0'], ['fc1']],
      ['fc1', ['relu0'], []],
      ['(loss)', [], []],
      ['(optimizer)', [], []],
      ['(allocator)', [], []],
      ['(workspace)', [], []],
      ['(context)', [], []],
    ]);
    expect(layers[0]).toMatchObject({ type: 'Gemm', attributes: { transB: 1 }, forwardFlops: 2 * 8 * 16 * 32 });
  });

  test('sums to the expected bytes', () => {
    expect(layers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)).toBe(memory.expectedBytes);
  });
});

test('parameters count once however many names they have; buffers and constants do not count', () => {
  const graph = net({
    inputs: { x: [batch, 16, 4, 4] },
    parameters: { w: [16, 16, 1, 1], gamma: [16], beta: [16], mean: [16], variance: [16], twin: [16, 16, 1, 1] },
    constants: { offset: { shape: [16, 4, 4] } },
    layers: [
      ['Conv', 'x w', 'a'],
      ['BatchNormalization', 'a gamma beta mean variance', 'b'],
      ['Conv', 'b twin', 'c'],
      ['Add', 'c offset', 'y'],
    ],
    outputs: ['y'],
  });
  const tensors = new Map(graph.tensors);
  const edit = (id: string, change: object): unknown => {
    const tensor = tensors.get(id);
    return tensor && tensors.set(id, { ...tensor, ...change });
  };
  edit('twin', { storage: 'w' });
  for (const id of ['mean', 'variance']) edit(id, { role: 'buffer', trainable: false });
  edit('gamma', { trainable: false });
  expect(estimate({ ...graph, tensors })).toMatchObject({ parameters: 256 + 32, trainableParameters: 256 + 16 });
});

describe('the weights of a layer without a shape', () => {
  // 6 channels do not make 4 groups, so neither the convolution nor what follows has a shape; w, v and b do.
  const broken = net({
    inputs: { x: [batch, 6, 4, 4] },
    parameters: { w: [64, 2, 3, 3], v: [256, 512], b: [512] },
    layers: [
      ['Conv', 'x w', 'a', { group: 4 }],
      ['Relu', 'a', 'r'],
      ['Flatten', 'r', 'f'],
      ['Gemm', 'f v b', 'y'],
    ],
    outputs: ['y'],
  });
  const COUNT = 64 * 2 * 9 + 256 * 512 + 512;

  test('count as parameters', () => {
    expect(estimate(broken)).toMatchObject({ parameters: COUNT, trainableParameters: COUNT, confidence: 'low' });
  });

  test('take memory, as their gradients and the states of the optimizer do', () => {
    const { breakdown } = estimate(broken, { ...STATED, optimizer: { value: 'adam', from: 'option' } }).memory;
    expect(breakdown).toMatchObject({
      parametersBytes: 4 * COUNT,
      gradientsBytes: 4 * COUNT,
      optimizerStatesBytes: 2 * 4 * COUNT,
    });
  });
});

test('the weights of a loop count, whose body runs as often as only the data knows', () => {
  const body = net({
    inputs: { t: [batch, 16] },
    parameters: { own: [16] },
    layers: [
      ['MatMul', 't w', 'm'],
      ['Add', 'm own', 'u'],
    ],
    outputs: ['u'],
  });
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16] },
    layers: [['Loop', '- - x', 'y']],
    outputs: ['y'],
  });
  const looped = estimate({ ...graph, subgraphs: new Map([['y/body', body]]) });
  expect(looped).toMatchObject({ parameters: 256 + 16, trainableParameters: 256 + 16, confidence: 'low' });
  expect(looped.memory.breakdown.parametersBytes).toBe(4 * (256 + 16));
});

describe('confidence', () => {
  const unknown = net({ inputs: { x: [batch, 8] }, layers: [['Mystery', 'x', 'y']], outputs: ['y'] });

  test.each<[string, Graph, SetupRequest, string]>([
    ['high where the setup is stated', perceptron([8, 8]), STATED, 'high'],
    ...(['batchSize', 'optimizer', 'precision'] as const).map((key): [string, Graph, SetupRequest, string] => [
      `medium where the ${key} is assumed`,
      perceptron([8, 8]),
      Object.fromEntries(Object.entries(STATED).filter(([name]) => name !== key)),
      'medium',
    ]),
    ['low where an operator is unknown', unknown, STATED, 'low'],
    [
      'medium where PyTorch stands in for it',
      perceptron([4, 4]),
      { ...STATED, framework: { value: 'jax', from: 'option' } },
      'medium',
    ],
  ])('is %s', (_, graph, request, confidence) => {
    expect(estimate(graph, request).confidence).toBe(confidence);
  });

  test('an unknown operator is counted, and never throws', () => {
    expect(estimate(unknown).unknownOps).toEqual({ Mystery: 1 });
  });
});

test('a step of four micro-batches computes four times as much, and steps the optimizer once', () => {
  const once = estimate(perceptron([64, 32, 10]));
  const four = estimate(perceptron([64, 32, 10]), { ...STATED, gradientAccumulation: { value: 4, from: 'option' } });
  expect(four.compute.trainingFlops).toBe(4 * once.compute.trainingFlops);
  expect(four.compute.stepSeconds).toBeGreaterThan(3 * once.compute.stepSeconds);
  expect(four.compute.stepSeconds).toBeLessThan(4 * once.compute.stepSeconds);
});
