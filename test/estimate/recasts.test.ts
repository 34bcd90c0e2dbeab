import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { Plan } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { DType, Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

/**
 * transformers' LlamaRMSNorm and the residual around it, as torch.export writes them: `x.to(torch.float32)` is `x` in a
 * float32 export, whose later readers read the cast.
 */
function normed(dtype: DType, residual: 'e' | 'up'): Graph {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], gain: [16], out: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['Cast', 'e', 'up', { to: 'float32' }],
      ['Mul', 'up up', 'square'],
      ['ReduceMean', 'square', 'mean', { axes: [-1] }],
      ['Rsqrt', 'mean', 'root'],
      ['Mul', 'up root', 'scaled'],
      ['Cast', 'scaled', 'back', { to: dtype }],
      ['Mul', 'back gain', 'norm'],
      ['Gemm', 'norm out', 'y'],
      ['Add', `${residual} y`, 'sum'],
    ],
    outputs: ['sum'],
  });
  const inFile = [...graph.tensors].map(([id, tensor]) => [id, { ...tensor, dtype }] as const);
  return { ...graph, tensors: new Map(inFile) };
}

function dtypesOf(graph: Graph, precision: PrecisionName): Record<string, DType> {
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), precision);
  return Object.fromEntries(plan.layers.flatMap(({ outputs }) => outputs.map(({ id, type }) => [id, type.dtype])));
}

describe('a norm that is computed in float32 and goes back', () => {
  test.each<[string, Graph]>([
    ['in a bfloat16 file', normed('bfloat16', 'e')],
    ['in a float32 file', normed('float32', 'e')],
    ['in a float32 file that names the residual after the cast', normed('float32', 'up')],
  ])('%s', (_, graph) => {
    expect(dtypesOf(graph, 'bf16')).toEqual({
      e: 'bfloat16',
      up: 'float32',
      square: 'float32',
      mean: 'float32',
      root: 'float32',
      scaled: 'float32',
      back: 'bfloat16',
      norm: 'bfloat16',
      y: 'bfloat16',
      sum: 'bfloat16',
    });
  });

  test.each<[DType, PrecisionName]>([
    ['bfloat16', 'fp32'],
    ['float32', 'fp32'],
  ])('is all float32 where the model is: %s file, %s', (dtype, precision) => {
    expect(new Set(Object.values(dtypesOf(normed(dtype, 'e'), precision)))).toEqual(new Set(['float32']));
  });

  test('goes back to what autocast made of its input', () => {
    expect(dtypesOf(normed('float32', 'e'), 'amp-bf16')).toMatchObject({
      e: 'bfloat16',
      up: 'float32',
      back: 'bfloat16',
    });
  });
});

test('a tensor that is read under the name of its cast lives as long as its readers', () => {
  const plan = planStep(bindGraph(normed('float32', 'up'), { bindings: new Map([['batch', 4]]) }), 'bf16');
  expect([plan.readers.get('e'), plan.readers.get('up')]).toEqual([2, 2]);
  expect(plan.layers.at(-1)?.inputs.map((input) => input?.id)).toEqual(['e', 'y']);
});

test('what a trained weight in a low dtype multiplies is cast to it, as PyTorch wants it', () => {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], out: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['Cast', 'e', 'up', { to: 'float32' }],
      ['Relu', 'up', 'z'],
      ['Gemm', 'up out', 'y'],
    ],
    outputs: ['z', 'y'],
  });
  const { layers } = planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), 'bf16');
  expect(layers.at(-1)?.casts).toEqual(['bfloat16', undefined]);
  expect(layers.at(-1)?.outputs[0]?.type.dtype).toBe('bfloat16');
});

/** `(scores.type(value.dtype)) @ value`: `a` is planned before the cast, `b` is cast itself. */
test.each<[string, PrecisionName, DType]>([
  ['a', 'bf16', 'bfloat16'],
  ['a', 'amp-bf16', 'float32'],
  ['a', 'fp32', 'float32'],
  ['b', 'bf16', 'float32'],
])('a cast in front of a product with %s comes to what PyTorch does not refuse: %s', (factor, precision, dtype) => {
  const graph = net({
    inputs: { x: [16, 16] },
    parameters: { w: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'a'],
      ['Relu', 'a', 'scores'],
      ['Softmax', 'scores', 'shares'],
      ['Cast', 'shares', 'cast', { to: 'float32' }],
      ['Cast', 'a', 'b', { to: 'float32' }],
      ['Dropout', 'cast', 'dropped'],
      ['MatMul', `dropped ${factor}`, 'y'],
    ],
    outputs: ['y', 'b'],
  });
  // Autocast computes the softmax in float32, so that the cast is none: what it stems from is of 16 bits.
  expect(dtypesOf(graph, precision)['cast']).toBe(precision === 'amp-bf16' ? 'bfloat16' : dtype);
});

/** Positions as rotary embeddings read them, and a mask of integers: both are cast to float32 in a float32 export. */
describe('integers and buffers that become floats', () => {
  const made = (back: Layers): Record<string, DType> => {
    const graph = net({
      inputs: { x: [batch, 16], positions: [batch, 16] },
      parameters: { w: [16, 16] },
      layers: [
        ['Gemm', 'x w', 'e'],
        ['Cast', 'positions', 'whole', { to: 'int64' }],
        ['Cast', 'whole', 'floats', { to: 'float32' }],
        ['Cos', 'floats', 'cos'],
        ...back,
        ['Mul', `e ${back.at(-1)?.[2] ?? 'cos'}`, 'y'],
      ],
      outputs: ['y'],
    });
    return dtypesOf(graph, 'bf16');
  };

  test('stay float32 until they are cast again', () => {
    const dtypes = made([['Cast', 'cos', 'back', { to: 'float32' }]]);
    expect(dtypes).toMatchObject({ floats: 'float32', cos: 'float32', back: 'bfloat16', y: 'bfloat16' });
  });

  test('are of the model’s dtype where they are not', () => {
    expect(made([])).toMatchObject({ floats: 'bfloat16', cos: 'bfloat16', y: 'bfloat16' });
  });
});

/**
 * transformers' T5LayerNorm as torch.export writes it in float32: the branch that casts back where the weight is of 16
 * bits is not taken. `after` stands between the norm and the projection.
 */
function scaleNorm(after: readonly Layers[number][] = [], dtype: DType = 'float32'): Graph {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], gain: [16], out: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['Cast', 'e', 'up', { to: 'float32' }],
      ['Pow', 'up two', 'square'],
      ['ReduceMean', 'square', 'mean', { axes: [-1] }],
      ['Rsqrt', 'mean', 'root'],
      ['Mul', 'up root', 'scaled'],
      ['Mul', 'gain scaled', 'norm'],
      ...after,
      ['Gemm', `${after.at(-1)?.[2] ?? 'norm'} out`, 'y'],
    ],
    constants: { two: { shape: [], value: [2] } },
    outputs: ['y'],
  });
  return { ...graph, tensors: new Map([...graph.tensors].map(([id, tensor]) => [id, { ...tensor, dtype }])) };
}

const planOf = (graph: Graph, precision: PrecisionName): Plan =>
  planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), precision);

describe('a norm that goes back in a branch the export does not take', () => {
  test('is cast before its weight, which keeps the cast', () => {
    const norm = planOf(scaleNorm(), 'bf16').layers.find(({ id }) => id === 'norm');
    expect(norm?.casts).toEqual([undefined, 'bfloat16']);
    expect(norm?.inputBytes).toEqual([16 * 2, 4 * 16 * 2]);
    expect(dtypesOf(scaleNorm(), 'bf16')).toMatchObject({ scaled: 'float32', norm: 'bfloat16', y: 'bfloat16' });
  });

  test('scales its input itself, of which it keeps both', () => {
    const plan = planOf(scaleNorm(), 'bf16');
    const scaled = plan.layers.find(({ id }) => id === 'scaled');
    expect(scaled?.inputs.map((input) => input?.id)).toEqual(['e', 'root']);
    expect([plan.readers.get('e'), plan.readers.get('up')]).toEqual([2, 1]);
  });

  test.each<[string, Graph, PrecisionName, DType]>([
    [
      'where the program casts the product',
      scaleNorm([['Cast', 'norm', 'back', { to: 'float32' }]]),
      'bf16',
      'float32',
    ],
    ['in a bfloat16 file, which has all casts', scaleNorm([], 'bfloat16'), 'bf16', 'float32'],
    ['where the model is float32', scaleNorm(), 'fp32', 'float32'],
    ['under autocast, where the weight is float32', scaleNorm(), 'amp-bf16', 'float32'],
  ])('but not %s', (_, graph, precision, dtype) => {
    expect(planOf(graph, precision).layers.find(({ id }) => id === 'norm')?.casts).toEqual([]);
    expect(dtypesOf(graph, precision)['norm']).toBe(dtype);
  });

  test('nor what meets a float32 weight under autocast, which is widened', () => {
    const graph = net({
      inputs: { x: [batch, 16] },
      parameters: { w: [16, 16], gain: [16] },
      layers: [
        ['Gemm', 'x w', 'e'],
        ['Mul', 'e gain', 'y'],
      ],
      outputs: ['y'],
    });
    expect(planOf(graph, 'amp-bf16').layers.at(-1)?.casts).toEqual([]);
    expect(dtypesOf(graph, 'amp-bf16')).toEqual({ e: 'bfloat16', y: 'float32' });
  });

  test('nor what a sum takes in, or another activation multiplies', () => {
    expect(planOf(scaleNorm([['Add', 'scaled gain', 'sum']]), 'bf16').layers.at(-2)?.casts).toEqual([]);
    expect(planOf(scaleNorm([['Mul', 'scaled e', 'product']]), 'bf16').layers.at(-2)?.casts).toEqual([]);
  });

  test('also where its weight is frozen', () => {
    const { tensors, ...graph } = scaleNorm();
    const frozen = new Map(
      [...tensors].map(([id, tensor]) => [id, id === 'gain' ? { ...tensor, trainable: false } : tensor]),
    );
    expect(dtypesOf({ ...graph, tensors: frozen }, 'bf16')['norm']).toBe('bfloat16');
  });
});

/** Bloom's: `softmax(scores, dtype=torch.float32).to(query.dtype)`, of scores that an upcast bias made wide. */
test('a softmax that is computed in float32 is, whatever its scores stem from', () => {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['Cast', 'e', 'scores', { to: 'float32' }],
      ['Cast', 'scores', 'given', { to: 'float32' }],
      ['Softmax', 'given', 'shares'],
      ['Cast', 'shares', 'y', { to: 'float32' }],
    ],
    outputs: ['y'],
  });
  expect(dtypesOf(graph, 'bf16')).toMatchObject({ given: 'float32', shares: 'float32', y: 'bfloat16' });
});

/** Falcon's: `softmax(scores, dtype=hidden_states.dtype) @ value`, in training with a dropout between. */
describe('a softmax that goes into a product is in the dtype of its factors', () => {
  const attention = (between: readonly Layers[number][], shares: string): Graph =>
    net({
      inputs: { x: [batch, 16] },
      parameters: { w: [16, 16] },
      constants: { shape: { shape: [2], value: [-1, 16], dtype: 'int64' } },
      layers: [
        ['Gemm', 'x w', 'e'],
        ['Cast', 'e', 'given', { to: 'float32' }],
        ['Softmax', 'given', 'shares'],
        ...between,
        ['MatMul', `${shares} w`, 'y'],
      ],
      outputs: ['y'],
    });

  test.each<[string, readonly Layers[number][], DType]>([
    ['straight', [], 'bfloat16'],
    [
      'through dropout and a view',
      [
        ['Dropout', 'shares', 'dropped'],
        ['Reshape', 'dropped shape', 'viewed'],
      ],
      'bfloat16',
    ],
    ['but not after another operator', [['Relu', 'shares', 'relu']], 'float32'],
  ])('%s', (_, between, dtype) => {
    const graph = attention(between, between.at(-1)?.[2] ?? 'shares');
    expect(dtypesOf(graph, 'bf16')).toMatchObject({ given: dtype, shares: dtype });
  });
});

/** The slow path of transformers' Mamba: the state of a scan in float32, of which a product reads a copy in the model's dtype. */
function scanned(second: 'state' | 'copy'): Graph {
  return net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], decay: [16], out: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'e'],
      ['Cast', 'decay', 'wide', { to: 'float32' }],
      ['Exp', 'wide', 'rate'],
      ['Mul', 'rate e', 'state'],
      ['Cast', 'state', 'copy', { to: 'float32' }],
      ['Gemm', 'copy out', 'y'],
      ['Mul', `rate ${second}`, 'next'],
      ['Add', 'next y', 'sum'],
    ],
    outputs: ['sum'],
  });
}

test.each(['state', 'copy'] as const)('a state in float32 whose copy goes back stays float32: read as %s', (second) => {
  const plan = planStep(bindGraph(scanned(second), { bindings: new Map([['batch', 4]]) }), 'bf16');
  const dtypes = new Map(plan.layers.flatMap(({ outputs }) => outputs.map(({ id, type }) => [id, type.dtype])));
  expect(Object.fromEntries(dtypes)).toMatchObject({
    state: 'float32',
    copy: 'bfloat16',
    y: 'bfloat16',
    next: 'float32',
  });
  expect(plan.layers.find(({ id }) => id === 'next')?.inputs.map((input) => input?.id)).toEqual(['rate', 'state']);
});
