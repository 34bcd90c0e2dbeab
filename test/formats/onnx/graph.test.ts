import { describe, expect, test } from '@jest/globals';
import { writeModel } from '../../../examples/onnx-writer.js';
import type { ValueDescription } from '../../../examples/onnx-writer.js';
import { LIMITS } from '../../../src/formats/limits.js';
import { refusal } from './bytes.js';
import { described, node, read, readBytes } from './reading.js';

describe('names', () => {
  const twice = (name: string): Promise<readonly string[]> =>
    read([
      { ...node('a = Relu(x)'), name },
      { ...node('b = Relu(a)'), name: 'n_2' },
      { ...node('y = Relu(b)'), name },
    ]).then(({ layers }) => layers.map(({ id }) => id));

  test('that are missing come from the type and the position', async () => {
    expect(await twice('')).toEqual(['Relu_0', 'n_2', 'Relu_2']);
  });

  test('that stand twice get the position, and again where that is taken', async () => {
    expect(await twice('n')).toEqual(['n', 'n_2', 'n_2_2']);
  });

  test('are cut where they are too long, and still told apart', async () => {
    const [first = '', , third = ''] = await twice('n'.repeat(5000));
    expect([first.length, third]).toEqual([LIMITS.maxNameBytes, `${first}_2`]);
  });

  test('of optional inputs that are left out stay empty', async () => {
    const graph = await read([node('y = Clip(x,-,m)')], [{ name: 'm', dims: [], floats: [6] }]);
    expect(graph.layers[0]?.inputs).toEqual(['x', '', 'm']);
    expect(graph.tensors.has('')).toBe(false);
  });

  test('that are empty name no tensor of the file', async () => {
    const unnamed: ValueDescription = { name: '', dims: [3] };
    const graph = await read([node('y = Clip(x,-,-)')], [{ name: '', dims: [], floats: [6] }], {
      inputs: [{ name: 'x', dims: ['batch', 4] }, unnamed],
    });
    expect([graph.inputs, graph.tensors.has('')]).toEqual([['x'], false]);
  });
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
