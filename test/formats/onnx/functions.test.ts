import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/formats/limits.js';
import { bindGraph } from '../../../src/ops/bind.js';
import type { Graph } from '../../../src/graph/index.js';
import { block, bytesOf, integer, refusal } from './bytes.js';
import { readBytes } from './reading.js';

interface NodeText {
  readonly type: string;
  readonly in?: string;
  readonly out?: string;
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attributes?: readonly Uint8Array[];
}

const names = (field: number, list = ''): Uint8Array =>
  bytesOf(
    ...list
      .split(' ')
      .filter(Boolean)
      .map((name) => block(field, name.replace('-', ''))),
  );
const op = (type: string, input: string, output: string, rest: Partial<NodeText> = {}): NodeText => ({
  type,
  in: input,
  out: output,
  ...rest,
});
const node = ({
  type,
  in: input,
  out: output,
  name = '',
  domain = '',
  overload = '',
  attributes = [],
}: NodeText): Uint8Array =>
  bytesOf(
    names(1, input),
    names(2, output),
    block(3, name),
    block(4, type),
    ...attributes.map((each) => block(5, each)),
    block(7, domain),
    block(8, overload),
  );
/** A function of domain `d`. */
const define = (name: string, inputs: string, outputs: string, ...body: (NodeText | Uint8Array)[]): Uint8Array =>
  block(
    25,
    block(1, name),
    names(4, inputs),
    names(5, outputs),
    ...body.map((each) => (each instanceof Uint8Array ? each : block(7, node(each)))),
    block(10, 'd'),
  );
const call = (name: string, input: string, output: string, rest: Partial<NodeText> = {}): NodeText =>
  op(name, input, output, { domain: 'd', ...rest });

const dims = (...sizes: number[]): Uint8Array => bytesOf(...sizes.map((size) => block(1, integer(1, size))));
const value = (field: number, name: string): Uint8Array =>
  block(field, block(1, name), block(2, block(1, integer(1, 1), block(2, dims(2, 4)))));
const weight = (name: string): Uint8Array =>
  block(5, bytesOf(integer(1, 4), integer(1, 4)), integer(2, 1), block(8, name));

const readModel = (nodes: readonly NodeText[], ...functions: Uint8Array[]): Promise<Graph> => {
  const graph = [value(11, 'x'), value(12, 'y'), weight('w'), weight('v')];
  return readBytes(
    bytesOf(integer(1, 8), block(7, ...graph, ...nodes.map((each) => block(1, node(each)))), ...functions),
  );
};
const layersOf = async (...parts: Parameters<typeof readModel>): Promise<string[]> =>
  (await readModel(...parts)).layers.map(
    ({ type, inputs, outputs }) => `${outputs.join()} = ${type}(${inputs.join()})`,
  );

const MLP = define('Mlp', 'a b', 'c', op('MatMul', 'a b', 'h'), op('Relu', 'h', 'c'));

describe('a call of a function of the file is the body of that function', () => {
  test('with the tensors of the caller in the place of inputs and outputs', async () => {
    expect(await layersOf([call('Mlp', 'x w', 'y')], MLP)).toEqual(['Mlp_1/h = MatMul(x,w)', 'y = Relu(Mlp_1/h)']);
  });

  test('each time with tensors and layers of its own', async () => {
    const { layers, tensors } = await readModel([call('Mlp', 'x w', 't'), call('Mlp', 't v', 'y')], MLP);
    expect(layers.map(({ id }) => id)).toEqual(['Mlp_1/MatMul_1', 'Mlp_1/Relu_2', 'Mlp_2/MatMul_3', 'Mlp_2/Relu_4']);
    expect(['w', 'v'].map((id) => tensors.get(id)?.role)).toEqual(['parameter', 'parameter']);
  });

  test('and what it computes has a shape', async () => {
    const bound = bindGraph(await readModel([call('Mlp', 'x w', 'y')], MLP), { bindings: new Map() });
    expect([bound.unknownOps, bound.tensors.get('y')?.type?.shape]).toEqual([{}, [2, 4]]);
  });

  test('where functions call functions', async () => {
    const twice = define('Twice', 'a b', 'c', call('Mlp', 'a b', 't'), call('Mlp', 't b', 'c'));
    expect(await layersOf([call('Twice', 'x w', 'y')], twice, MLP)).toEqual([
      'Mlp_2/h = MatMul(x,w)',
      'Twice_1/t = Relu(Mlp_2/h)',
      'Mlp_3/h = MatMul(Twice_1/t,w)',
      'y = Relu(Mlp_3/h)',
    ]);
  });

  test('with inputs that are left out left out', async () => {
    const clip = define('Clip6', 'a low', 'c', op('Clip', 'a low', 'c'));
    expect(await layersOf([call('Clip6', 'x', 'y')], clip)).toEqual(['y = Clip(x,)']);
  });

  test('with outputs that nobody takes under a name of their own', async () => {
    const both = define('Both', 'a', 'c d', op('Relu', 'a', 'c'), op('Neg', 'c', 'd'));
    expect(await layersOf([call('Both', 'x', '- y')], both)).toEqual(['Both_1/c = Relu(x)', 'y = Neg(Both_1/c)']);
  });

  test('by overload, where there is one', async () => {
    const other = bytesOf(define('Mlp', 'a b', 'c', op('Neg', 'a', 'c'), block(13, 'second')));
    expect(await layersOf([call('Mlp', 'x w', 'y', { overload: 'second' })], MLP, other)).toEqual(['y = Neg(x)']);
  });

  test('but for an operator of the table, whose row knows more', async () => {
    const gelu = block(25, block(1, 'Gelu'), names(4, 'a'), names(5, 'c'), block(7, node(op('Erf', 'a', 'c'))));
    expect(await layersOf([op('Gelu', 'x', 'y')], gelu)).toEqual(['y = Gelu(x)']);
  });

  test('and an operator of another name stays unknown', async () => {
    expect(await layersOf([call('Other', 'x', 'y')], MLP)).toEqual(['y = d.Other(x)']);
  });
});

describe('an attribute of a body', () => {
  const alpha = (float: number): Uint8Array =>
    bytesOf(block(1, 'slope'), [0x15], new Uint8Array(Float32Array.of(float).buffer), integer(20, 1));
  const reference = bytesOf(block(1, 'alpha'), integer(20, 1), block(21, 'slope'));
  const body = op('LeakyRelu', 'a', 'c', { attributes: [reference] });
  const attributesOf = async (caller: readonly Uint8Array[], ...defaults: Uint8Array[]): Promise<unknown> => {
    const leaky = define('Leaky', 'a', 'c', body, ...defaults.map((each) => block(11, each)));
    return (await readModel([call('Leaky', 'x', 'y', { attributes: caller })], leaky)).layers[0]?.attributes;
  };

  test('that refers to one of the call has its value', async () => {
    expect(await attributesOf([alpha(0.5)], alpha(0.25))).toEqual({ alpha: 0.5 });
  });

  test('has the default where the call says nothing', async () => {
    expect(await attributesOf([], alpha(0.25))).toEqual({ alpha: 0.25 });
  });

  test('is left out where there is no default either', async () => {
    expect(await attributesOf([])).toEqual({});
  });
});

test('branches inside a body read what the call gives it, and may call functions themselves', async () => {
  const branch = (...body: Uint8Array[]): Uint8Array => block(6, ...body, block(12, block(1, 'r')));
  const then = bytesOf(block(1, 'then_branch'), branch(block(1, node(call('Mlp', 'a b', 'r')))), integer(20, 5));
  const otherwise = bytesOf(block(1, 'else_branch'), branch(block(1, node(op('Neg', 'a', 'r')))), integer(20, 5));
  const either = define('Either', 'q a b', 'c', op('If', 'q', 'c', { attributes: [then, otherwise] }));
  const graph = await readModel([call('Either', 'x x w', 'y')], either, MLP);
  const [first] = graph.subgraphs.values();
  expect(first?.layers.map(({ type, inputs }) => `${type}(${inputs.join()})`)).toEqual([
    'MatMul(x,w)',
    'Relu(Mlp_2/h)',
  ]);
  expect(first?.outputs).toEqual(['Either_1/r']);
  expect(graph.tensors.get('w')?.role).toBe('parameter');
});

describe('refused is', () => {
  const limit = (message: string): unknown => ({ code: 'LIMIT_EXCEEDED', message: `onnx: ${message}` });

  test('a function that calls itself', async () => {
    const loop = define('Round', 'a', 'c', call('Round', 'a', 'c'));
    expect(await refusal(readModel([call('Round', 'x', 'y')], loop))).toEqual(
      limit(`functions call each other deeper than ${LIMITS.maxDepth}`),
    );
  });

  test('a chain of functions that each call the next one twice', async () => {
    const bomb = Array.from({ length: 40 }, (_, index) =>
      define(`F${index}`, 'a', 'c', call(`F${index + 1}`, 'a', 't'), call(`F${index + 1}`, 't', 'c')),
    );
    expect(await refusal(readModel([call('F0', 'x', 'y')], ...bomb))).toEqual(
      limit(`the functions become more than ${LIMITS.maxLayers} nodes`),
    );
  });

  const calls = Array.from({ length: 30_000 }, (_, index) => call('Big', 'x', `t${index}`));

  test('one whose long names are written out again and again', async () => {
    const big = define('Big', 'a', 'c', op('Relu', 'a', 'b'.repeat(4000)));
    expect(await refusal(readModel(calls, big))).toEqual(
      limit(`the functions become more than ${LIMITS.maxStructureBytes} bytes of names`),
    );
  });

  test('one whose many inputs are matched again and again', async () => {
    const big = define('Big', Array.from({ length: 1000 }, (_, index) => `a${index}`).join(' '), 'c');
    expect(await refusal(readModel(calls, big))).toEqual(
      limit(`the functions become more than ${LIMITS.maxFields} names and attributes`),
    );
  });
});
