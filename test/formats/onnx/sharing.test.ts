import { describe, expect, test } from '@jest/globals';
import type { InitializerDescription, NodeDescription } from '../../../examples/onnx-writer.js';
import { LIMITS } from '../../../src/formats/limits.js';
import type { Graph } from '../../../src/graph/index.js';
import { refusal } from './bytes.js';
import { node, read } from './reading.js';

const tensor = (name: string, ...dims: number[]): InitializerDescription => ({ name, dims });

/** A node with the call that torch.export's exporter writes down: the parameters it reads, by their names there. */
const called = (text: string, name: string, ...parameters: string[]): NodeDescription => {
  const operands = ['x', ...parameters].map((each) => `%${each}`).join(', ');
  return {
    ...node(text),
    metadata: { 'pkg.torch.onnx.fx_node': `%${name} : [num_users=1] = call(args = (${operands}))` },
  };
};

const inputsOf = ({ layers }: Graph, position: number): (string | undefined)[] =>
  layers.map(({ inputs }) => inputs[position]);
const storagesOf = ({ tensors }: Graph, ...ids: string[]): (string | undefined)[] =>
  ids.map((id) => tensors.get(id)?.storage);

const WEIGHTS = [tensor('w1', 4, 4), tensor('w2', 4, 4), tensor('b', 4)];

describe('a vector that several layers read', () => {
  test('is one parameter where nothing else is known: a module may run twice', async () => {
    const graph = await read(['a = Gemm(x,w1,b)', 'y = Gemm(a,w2,b)'], WEIGHTS);
    expect(inputsOf(graph, 2)).toEqual(['b', 'b']);
  });

  test('is one for each call that names other parameters: the exporter merged equal ones', async () => {
    const nodes = [called('a = Gemm(x,w1,b)', 'l', 'p_l_bias'), called('y = Gemm(a,w2,b)', 'm', 'p_m_bias')];
    const graph = await read(nodes, WEIGHTS);
    expect(inputsOf(graph, 2)).toEqual(['b', 'b#2']);
    expect(graph.tensors.get('b#2')).toMatchObject({ role: 'parameter', trainable: true, storage: 'b#2', shape: [4] });
  });

  test('is one where the calls name the same parameters: a module that runs twice', async () => {
    const nodes = [called('a = Gemm(x,w1,b)', 'l', 'p_l_bias'), called('y = Gemm(a,w1,b)', 'l_1', 'p_l_bias')];
    expect(inputsOf(await read(nodes, WEIGHTS), 2)).toEqual(['b', 'b']);
  });

  test('is one for each layer whose call names none, or is not known', async () => {
    const nodes = [called('a = Add(x,b)', 'l'), 'c = Add(a,b)', called('y = Add(c,b)', 'l')];
    expect(inputsOf(await read(nodes, WEIGHTS), 1)).toEqual(['b', 'b#2', 'b#3']);
  });

  test('gets a name that is free', async () => {
    const nodes = [called('a = Add(x,b)', 'l', 'p_l'), called('y = Add(a,b)', 'm', 'p_m')];
    expect(inputsOf(await read(nodes, [tensor('b', 4), tensor('b#2', 9)]), 1)).toEqual(['b', 'b#2#']);
  });

  test('may not become more tensors than a graph may have', async () => {
    const sums = Array.from({ length: 20 }, (_, index) => ({
      ...called(`${index === 19 ? 'y' : `t${index}`} = Sum(x)`, 'l'),
      inputs: ['x', ...new Array<string>(12_000).fill('b')],
    }));
    expect(await refusal(read(sums, WEIGHTS))).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: `onnx: vectors read as parameters of their own make more than ${LIMITS.maxTensors} tensors`,
    });
  });
});

describe('a matrix that several layers read', () => {
  test('is one parameter', async () => {
    const graph = await read(['a = MatMul(x,w1)', 'y = MatMul(a,w1)'], WEIGHTS);
    expect(inputsOf(graph, 1)).toEqual(['w1', 'w1']);
    expect([...graph.tensors.values()].filter(({ role }) => role === 'parameter')).toHaveLength(1);
  });
});

describe('matrices that were transposed for each call', () => {
  const steps = [tensor('val_1', 4, 4), tensor('val_2', 4, 4), tensor('val_3', 4, 8)];

  test('are one where the calls name the same parameters: a recurrent net that was unrolled', async () => {
    const nodes = [called('a = MatMul(x,val_1)', 'l', 'p_w'), called('y = MatMul(a,val_2)', 'l_1', 'p_w')];
    expect(storagesOf(await read(nodes, steps), 'val_1', 'val_2')).toEqual(['val_1', 'val_1']);
  });

  test.each([
    ['the calls name other parameters', called('y = MatMul(a,val_2)', 'l_1', 'p_v'), 'val_2'],
    ['the calls name none', called('y = MatMul(a,val_2)', 'l_1'), 'val_2'],
    ['they stand in one call', called('y = MatMul(a,val_2)', 'l', 'p_w'), 'val_2'],
    ['their shapes differ', called('y = MatMul(a,val_3)', 'l_1', 'p_w'), 'val_3'],
  ])('are several where %s', async (_, second, id) => {
    const graph = await read([called('a = MatMul(x,val_1)', 'l', 'p_w'), second], steps);
    expect(storagesOf(graph, 'val_1', id)).toEqual(['val_1', id]);
  });

  test('are several where they have names of modules', async () => {
    const nodes = [called('a = MatMul(x,w1)', 'l', 'p_w'), called('y = MatMul(a,w2)', 'l_1', 'p_w')];
    expect(storagesOf(await read(nodes, WEIGHTS), 'w1', 'w2')).toEqual(['w1', 'w2']);
  });
});

describe('an Identity of an initializer', () => {
  const identity = async (source: InitializerDescription, id: string, ...more: string[]): Promise<Graph> =>
    read(
      [`${id} = Identity(${source.name})`, `a = MatMul(x,${source.name})`, `y = MatMul(a,${id})`, ...more],
      [source],
    );

  test('is no layer', async () => {
    const { layers } = await identity(tensor('wte.weight', 4, 4), 'lm_head.weight');
    expect(layers.map(({ type }) => type)).toEqual(['MatMul', 'MatMul']);
  });

  test.each([
    ['is tied where it is a matrix', tensor('wte.weight', 4, 4), 'lm_head.weight', 'wte.weight'],
    ['is separate where it is a vector', tensor('norm.weight', 4), 'fc.bias', 'fc.bias'],
    ['is separate where it is a vector of three axes', tensor('scale', 4, 1, 1), 'shift', 'shift'],
    [
      'is separate where it is a matrix of a copied module',
      tensor('layers.0.fc.weight', 4, 4),
      'layers.1.fc.weight',
      'layers.1.fc.weight',
    ],
    [
      'is tied where it is nameless, as a module that runs twice',
      tensor('onnx::MatMul_1', 4, 4),
      'onnx::MatMul_2',
      'onnx::MatMul_1',
    ],
  ])('%s', async (_, source, id, storage) => {
    expect(storagesOf(await identity(source, id), id)).toEqual([storage]);
  });

  test('is separate where it is nameless, and modules were copied', async () => {
    const nodes = ['l.1.w = Identity(l.0.w)', 'onnx::MatMul_2 = Identity(onnx::MatMul_1)', 'y = MatMul(x,l.1.w)'];
    const graph = await read(nodes, [tensor('l.0.w', 4, 4), tensor('onnx::MatMul_1', 4, 4)]);
    expect(storagesOf(graph, 'l.1.w', 'onnx::MatMul_2')).toEqual(['l.1.w', 'onnx::MatMul_2']);
  });

  test('of an Identity is tied to the first', async () => {
    const graph = await identity(tensor('a.weight', 4, 4), 'b.weight', 'c.weight = Identity(b.weight)');
    expect(storagesOf(graph, 'c.weight')).toEqual(['a.weight']);
  });

  test('of an activation stays a layer', async () => {
    expect((await read(['y = Identity(x)'])).layers.map(({ type }) => type)).toEqual(['Identity']);
  });
});
