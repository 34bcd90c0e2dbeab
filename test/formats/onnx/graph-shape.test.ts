import { describe, expect, test } from '@jest/globals';
import { writeModel } from '../../../examples/onnx-writer.js';
import { formatDim } from '../../../src/graph/index.js';
import { block, bytesOf, integer, model, refusal } from './bytes.js';
import { described, node, read, readBytes, tensorOf } from './reading.js';

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
    const graph = await readBytes(model(block(11, block(1, 'x'), typed)));
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
    const input = (shape: Uint8Array): Uint8Array => model(block(11, block(1, 'x'), block(2, block(1, shape))));
    expect((await tensorOf(readBytes(input(integer(1, 1))), 'x'))?.shape).toBeUndefined();
    expect((await tensorOf(readBytes(model(block(11, block(1, 'x')))), 'x'))?.shape).toBeUndefined();
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
    const tensor = await tensorOf(readBytes(model(block(15, values, block(3, [40, 50])))), 'sparse');
    expect(tensor).toEqual({ id: 'sparse', dtype: 'float16', shape: [40, 50], storage: 'sparse', role: 'constant' });
    expect((await readBytes(model(block(15, block(3, [40]))))).tensors.size).toBe(0);
  });
});

describe('a graph is refused', () => {
  const invalid = (message: string): { code: string; message: string } => ({
    code: 'INVALID_GRAPH',
    message: `onnx${message}`,
  });

  test.each([
    [
      'where a node reads what nothing writes',
      ['y = Add(x,z)'],
      ' at node "Add_0": it reads "z", which nothing writes',
    ],
    ['where an output is written by nothing', ['z = Relu(x)'], ' at output "y": nothing writes it'],
    [
      'where a node writes a graph input',
      ['y = Relu(x)', 'x = Relu(y)'],
      ' at tensor "x": a node writes a graph input',
    ],
    ['where a node writes an initializer', ['y = Relu(x)', 'w = Relu(y)'], ' at tensor "w": a node writes a constant'],
    ['where two nodes write one tensor', ['y = Relu(x)', 'y = Relu(x)'], ': tensor "y" is written twice'],
    [
      'where a Constant writes a graph input',
      ['y = Relu(x)', 'x = Constant()'],
      ' at tensor "x": a node writes a graph input',
    ],
    [
      'where two Constants write one tensor',
      ['y = Constant()', 'y = Constant()'],
      ' at tensor "y": a node writes a constant',
    ],
    ['where nodes wait for each other', ['y = Add(x,z)', 'z = Relu(y)'], ': layers form a cycle at "Add_0"'],
    ['where a node waits for itself', ['y = Add(x,y)'], ': layers form a cycle at "Add_0"'],
  ])('%s', async (_, nodes, message) => {
    expect(await refusal(read(nodes, [{ name: 'w', dims: [2] }]))).toEqual(invalid(message));
  });

  test('where a value that is only described is read', async () => {
    const value = block(13, block(1, 'z'));
    const nodes = block(1, block(1, 'z'), block(2, 'y'), block(4, 'Relu'));
    expect(await refusal(readBytes(model(nodes, value)))).toEqual(
      invalid(' at node "Relu_0": it reads "z", which nothing writes'),
    );
  });

  test('of a node with too many inputs', async () => {
    const many = { type: 'Concat', inputs: new Array<string>(16_385).fill('x'), outputs: ['y'] };
    const message = 'onnx: a node of more than 16384 inputs or outputs';
    expect(await refusal(read([many]))).toEqual({ code: 'LIMIT_EXCEEDED', message });
  });
});

test.each([
  ['an input of a node', { type: 'Relu', inputs: ['n'.repeat(4097)], outputs: ['y'] }],
  ['an output of a node', { type: 'Relu', inputs: ['x'], outputs: ['n'.repeat(4097)] }],
  ['an operator', { type: 'R'.repeat(4097), inputs: ['x'], outputs: ['y'] }],
  ['a domain', { ...node('y = Relu(x)'), domain: 'd'.repeat(4097) }],
])('a name that is too long is refused: %s', async (_, each) => {
  const message = 'onnx: a name is longer than 4096 characters';
  expect(await refusal(read([each]))).toEqual({ code: 'LIMIT_EXCEEDED', message });
});

test('an input that is listed twice is one input', async () => {
  const inputs = ['x', 'x'].map((name) => ({ name, dims: ['batch', 4] }));
  expect((await read(['y = Relu(x)'], [], { inputs })).inputs).toEqual(['x']);
});

test('nodes out of order are sorted', async () => {
  const { layers } = await read(['y = Relu(b)', 'b = Relu(a)', 'a = Relu(x)']);
  expect(layers.map(({ outputs }) => outputs[0])).toEqual(['a', 'b', 'y']);
});

test('thousands of nodes that one waits for are sorted', async () => {
  const names = Array.from({ length: 16_000 }, (_, index) => `t${index}`);
  const concat = { type: 'Concat', inputs: names, outputs: ['y'] };
  const { layers } = await read([concat, ...names.map((name) => node(`${name} = Relu(x)`))]);
  expect(layers.at(-1)?.type).toBe('Concat');
});

describe('sub-graphs', () => {
  const branch = (text: string): ReturnType<typeof described> =>
    described([text], [], { inputs: [], outputs: [{ name: text.slice(0, 1), dims: [] }] });
  const branching = (then: string, otherwise = 'b = Neg(x)'): Uint8Array =>
    writeModel(
      described(
        [node('y = If(c)', { then_branch: branch(then), else_branch: branch(otherwise) })],
        [{ name: 'c', dims: [], ints: [1] }],
      ),
    );

  test('stand under the name of their layer and of their attribute', async () => {
    const { subgraphs, layers } = await readBytes(branching('a = Relu(x)'));
    expect([...subgraphs.keys()]).toEqual(['If_0/then_branch', 'If_0/else_branch']);
    expect(subgraphs.get('If_0/then_branch')?.layers[0]?.type).toBe('Relu');
    expect(layers[0]?.attributes).toEqual({});
  });

  test('may read what is written around them, even behind them in the file', async () => {
    expect((await readBytes(branching('a = Relu(y)'))).subgraphs.size).toBe(2);
  });

  test('may not read what nothing writes', async () => {
    expect(await refusal(readBytes(branching('a = Relu(z)')))).toEqual({
      code: 'INVALID_GRAPH',
      message: 'onnx at node "Relu_0": it reads "z", which nothing writes',
    });
  });
});
