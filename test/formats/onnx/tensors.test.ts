import { describe, expect, test } from '@jest/globals';
import { formatDim } from '../../../src/graph/index.js';
import { block, bytesOf, integer, model, refusal } from './bytes.js';
import { read, readBytes, tensorOf } from './reading.js';

/** A node that reads one tensor. */
const reading = (id: string): Uint8Array => block(1, block(1, id), block(2, 'read'), block(4, 'Relu'));

const shapeOf = async (...dims: (number | string)[]): Promise<string | undefined> => {
  const tensor = await tensorOf(read(['y = Relu(x)'], [], { inputs: [{ name: 'x', dims }] }), 'x');
  return tensor?.shape?.map(formatDim).join(', ');
};

describe('the shape of an input', () => {
  test('has the dims of the file, numbers and names', async () => {
    expect(await shapeOf('batch', 3, 224, 'width')).toBe('batch, 3, 224, width');
  });

  test('has arithmetic where a name is that', async () => {
    expect(await shapeOf('2*batch', '(s + 1)//2')).toBe('(2 * batch), ((s + 1) // 2)');
  });

  test('is free in a dim of 0, below 0, or without a value or a name', async () => {
    expect(await shapeOf(0, -1)).toBe('dim_0_of_input_0, dim_1_of_input_0');
    const dims = bytesOf(block(1), block(1, block(2, '')));
    const typed = block(2, block(1, integer(1, 1), block(2, dims)));
    const graph = await readBytes(model(reading('x'), block(11, block(1, 'x'), typed)));
    expect(graph.tensors.get('x')?.shape?.map(formatDim)).toEqual(['dim_0_of_input_0', 'dim_1_of_input_0']);
  });

  test.each(['?', '-1', 'None', 'unknown'])('is free in every dim named %s, and each by itself', async (name) => {
    expect(await shapeOf(name, name)).toBe('dim_0_of_input_0, dim_1_of_input_0');
  });

  test('is free without a word of the name of the input, which would tell batch from sequence', async () => {
    const inputs = ['x', 'token_type_ids'].map((name) => ({ name, dims: [0, 0] }));
    const tensor = await tensorOf(read(['y = Add(x,token_type_ids)'], [], { inputs }), 'token_type_ids');
    expect(tensor?.shape?.map(formatDim)).toEqual(['dim_0_of_input_1', 'dim_1_of_input_1']);
  });

  test('is refused where a dim has a name that is too long', async () => {
    const message = 'onnx at tensor "x": more than 4096 characters in a name';
    expect(await refusal(shapeOf('n'.repeat(4097)))).toEqual({ code: 'LIMIT_EXCEEDED', message });
  });

  test('is of rank 0 where the list of dims is empty, and unknown where there is none', async () => {
    expect(await shapeOf()).toBe('');
    const input = (shape: Uint8Array): Uint8Array =>
      model(reading('x'), block(11, block(1, 'x'), block(2, block(1, shape))));
    expect((await tensorOf(readBytes(input(integer(1, 1))), 'x'))?.shape).toBeUndefined();
    expect((await tensorOf(readBytes(model(reading('x'), block(11, block(1, 'x')))), 'x'))?.shape).toBeUndefined();
  });
});

describe('initializers', () => {
  test('win over inputs of the same name, as files before IR version 4 repeat them', async () => {
    const inputs = ['x', 'w'].map((name) => ({ name, dims: [2, 2] }));
    const graph = await read(['y = MatMul(x,w)'], [{ name: 'w', dims: [2, 2] }], { inputs });
    expect([graph.inputs, graph.tensors.get('w')?.role]).toEqual([['x'], 'parameter']);
  });

  const dims = async (...values: number[]): Promise<unknown> => read(['y = Relu(x)'], [{ name: 'w', dims: values }]);

  test.each([
    ['negative', [3, -1], 'MALFORMED', 'initializer "w": a dimension is negative or beyond 2^53'],
    ['beyond 2^53', [2 ** 60], 'MALFORMED', 'initializer "w": a dimension is negative or beyond 2^53'],
    ['too many together', [2 ** 40, 2 ** 40], 'LIMIT_EXCEEDED', 'tensor "w": more than 2^53 elements'],
    ['of too high a rank', new Array<number>(65).fill(1), 'LIMIT_EXCEEDED', 'tensor "w": more than 64 dimensions'],
  ])('with dims that are %s are refused', async (_, values, code, message) => {
    expect(await refusal(dims(...values))).toEqual({ code, message: `onnx at ${message}` });
  });

  test('that are sparse have the name and the type of their values, and the shape they stand for', async () => {
    const values = block(1, integer(1, 3), integer(2, 10), block(8, 'sparse'));
    const tensor = await tensorOf(readBytes(model(reading('sparse'), block(15, values, block(3, [40, 50])))), 'sparse');
    expect(tensor).toEqual({ id: 'sparse', dtype: 'float16', shape: [40, 50], storage: 'sparse', role: 'constant' });
    const empty = model(block(1, block(4, 'RandomNormal'), block(2, 'r')), block(15, block(3, [40])));
    expect([...(await readBytes(empty)).tensors.keys()]).toEqual(['r']);
  });
});
