import { describe, expect, test } from '@jest/globals';
import type { InitializerDescription } from '../../../examples/onnx-writer.js';
import type { Graph } from '../../../src/graph/index.js';
import { bindGraph } from '../../../src/ops/bind.js';
import { node, read } from './reading.js';

/** Role of a tensor, with a star where it is trained. */
async function roleOf(graph: Promise<Graph>, id: string): Promise<string> {
  const tensor = (await graph).tensors.get(id);
  return `${tensor?.role ?? 'none'}${tensor?.trainable === true ? '*' : ''}`;
}

const weight = (name: string, ...dims: number[]): InitializerDescription => ({ name, dims });

describe('the operator that reads an initializer says what it is', () => {
  const norm = ['s', 'b', 'm', 'v'].map((name) => weight(name, 4));
  const batchNorm = read(['y = BatchNormalization(x,s,b,m,v)'], norm);

  test.each([
    ['the weight of a Conv', read(['y = Conv(x,w)'], [weight('w', 8, 4, 3, 3)]), 'w', 'parameter*'],
    ['the bias of a Gemm', read(['y = Gemm(x,w,w2)'], [weight('w', 4, 4), weight('w2', 4)]), 'w2', 'parameter*'],
    ['the table of a Gather', read(['y = Gather(w,x)'], [weight('w', 100, 4)]), 'w', 'parameter*'],
    ['the scale of a BatchNormalization', batchNorm, 's', 'parameter*'],
    ['the mean of a BatchNormalization', batchNorm, 'm', 'buffer'],
    ['the variance of a BatchNormalization', batchNorm, 'v', 'buffer'],
    ['what an operator nobody knows reads', read(['y = Odd(x,w)'], [weight('w', 4, 4)]), 'w', 'constant'],
    ['what nobody reads', read(['y = Relu(x)'], [weight('w', 4, 4)]), 'w', 'constant'],
  ])('%s', async (_, graph, id, role) => {
    expect(await roleOf(graph, id)).toBe(role);
  });
});

describe('no parameter is', () => {
  test.each([
    ['a scalar', { name: 'w', dims: [], floats: [2] }],
    ['a single element', { name: 'w', dims: [1, 1], floats: [2] }],
    ['a list of integers', { name: 'w', dims: [4], ints: [1, 2, 3, 4] }],
  ])('%s', async (_, initializer) => {
    expect(await roleOf(read(['y = Mul(x,w)'], [initializer]), 'w')).toBe('constant');
  });

  test.each([['val_12'], ['lifted_tensor_0'], ['/attn/Constant_3_output_0']])(
    'a matrix called %s, but where it is multiplied',
    async (name) => {
      const initializers = [weight(name, 4, 4)];
      expect(await roleOf(read([`y = Add(x,${name})`], initializers), name)).toBe('constant');
      expect(await roleOf(read([`y = MatMul(x,${name})`], initializers), name)).toBe('parameter*');
    },
  );
});

const GEMMS = ['a = Gemm(x,w1,b)', 'y = Gemm(a,w2,b)'];
const MATRICES = [weight('w1', 4, 4), weight('w2', 4, 4), weight('b', 4)];

describe('one initializer in several places', () => {
  test('is a parameter for each where it is a vector', async () => {
    const graph = await read(GEMMS, MATRICES);
    const names = graph.layers.map(({ inputs }) => inputs[2]);
    expect(names).toEqual(['b', 'b@Gemm_1:2']);
    expect(names.map((name) => graph.tensors.get(name ?? '')?.storage)).toEqual(names);
    expect(await roleOf(Promise.resolve(graph), 'b@Gemm_1:2')).toBe('parameter*');
  });

  test('is one parameter where it is a matrix', async () => {
    const { layers, tensors } = await read(['a = MatMul(x,w)', 'y = MatMul(a,w)'], [weight('w', 4, 4)]);
    expect(layers.map(({ inputs }) => inputs[1])).toEqual(['w', 'w']);
    expect([...tensors.values()].filter(({ role }) => role === 'parameter')).toHaveLength(1);
  });

  test('behind an Identity is tied where it is a matrix, and separate where it is a vector', async () => {
    const initializers = [weight('w', 4, 4), weight('b', 4)];
    const nodes = ['w2 = Identity(w)', 'b2 = Identity(b)', 'a = Gemm(x,w,b)', 'y = Gemm(a,w2,b2)'];
    const { layers, tensors } = await read(nodes, initializers);
    expect(layers.map(({ type }) => type)).toEqual(['Gemm', 'Gemm']);
    expect(['w', 'w2', 'b', 'b2'].map((id) => tensors.get(id)?.storage)).toEqual(['w', 'w', 'b', 'b2']);
  });

  test('of an Identity of an activation the layer stays', async () => {
    expect((await read(['y = Identity(x)'])).layers.map(({ type }) => type)).toEqual(['Identity']);
  });
});

describe('a tensor made of a shape', () => {
  const shape = { name: 'shape', dims: [2], ints: [4, 8] };

  test.each(['ConstantOfShape'])('by %s is the weight of the layer that reads it as one', async (type) => {
    const { layers, tensors } = await read([`w = ${type}(shape)`, 'y = MatMul(x,w)'], [shape]);
    expect(layers.map((layer) => layer.type)).toEqual(['MatMul']);
    expect(tensors.get('w')).toMatchObject({ role: 'parameter', trainable: true, shape: [4, 8], dtype: 'float32' });
  });

  test('stays a layer where it is no weight', async () => {
    const { layers } = await read(['w = ConstantOfShape(shape)', 'y = Odd(x,w)'], [shape]);
    expect(layers.map(({ type }) => type)).toEqual(['ConstantOfShape', 'Odd']);
  });

  test('stays a layer where its shape is not in the file', async () => {
    const { layers } = await read(['s = Shape(x)', 'w = ConstantOfShape(s)', 'y = MatMul(x,w)']);
    expect(layers.map(({ type }) => type)).toEqual(['Shape', 'ConstantOfShape', 'MatMul']);
  });

  test.each([
    ['is negative', [4, -1]],
    ['is beyond counting', [2 ** 40, 2 ** 40]],
  ])('is no weight where its shape %s', async (_, ints) => {
    const graph = await read(['w = ConstantOfShape(shape)', 'y = MatMul(x,w)'], [{ name: 'shape', dims: [2], ints }]);
    expect(graph.layers).toHaveLength(2);
    const { problems } = bindGraph(graph, { bindings: new Map([['batch', 2]]) });
    expect(problems[0]?.layer).toBe('ConstantOfShape_0');
  });
});

test('a node of com.microsoft is the operator it stands for', async () => {
  const { layers } = await read([{ ...node('y = FusedMatMul(x,w)'), domain: 'com.microsoft' }], [weight('w', 4, 4)]);
  expect(layers[0]?.type).toBe('MatMul');
});
