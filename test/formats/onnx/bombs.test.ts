import { describe, expect, test } from '@jest/globals';
import { writeModel } from '../../../examples/onnx-writer.js';
import type { GraphDescription, InitializerDescription, NodeDescription } from '../../../examples/onnx-writer.js';
import { described, node } from './reading.js';
import { outcome } from '../surviving.js';

const HUGE = 2 ** 40;
const ints = (name: string, ...values: number[]): InitializerDescription => ({
  name,
  dims: [values.length],
  ints: values,
});
const scalar = (name: string, value: number): InitializerDescription => ({ name, dims: [], ints: [value] });
const survive = (...parts: Parameters<typeof described>): Promise<string> => outcome(writeModel(described(...parts)));

describe('a bomb of shapes gives an estimate or a refusal', () => {
  const huge = ints('huge', HUGE, HUGE);
  const empty = ints('empty', HUGE, 0);
  const zero = ints('zero', 0, HUGE);
  test.each<[string, NodeDescription[], InitializerDescription[]]>([
    ['ConstantOfShape', [node('y = ConstantOfShape(huge)')], [huge]],
    ['ConstantOfShape of a negative dim', [node('y = ConstantOfShape(s)')], [ints('s', -5)]],
    ['ConstantOfShape without elements', [node('a = ConstantOfShape(empty)'), node('y = Add(a,a)')], [empty]],
    ['a weight of ConstantOfShape', [node('w = ConstantOfShape(huge)'), node('y = MatMul(x,w)')], [huge]],
    ['Range', [node('y = Range(a,b,c)')], [scalar('a', 0), scalar('b', HUGE), scalar('c', 1)]],
    ['Expand', [node('y = Expand(x,huge)')], [huge]],
    [
      'Expand without elements',
      [node('a = ConstantOfShape(zero)'), node('y = Expand(a,s)')],
      [zero, ints('s', HUGE, 0, HUGE)],
    ],
    ['Tile', [node('y = Tile(x,huge)')], [huge]],
    [
      'Tile fifty times',
      Array.from({ length: 50 }, (_, i) => node(`${i === 49 ? 'y' : `t${i}`} = Tile(${i ? `t${i - 1}` : 'x'},huge)`)),
      [huge],
    ],
    ['Concat without elements', [node('a = ConstantOfShape(empty)'), node('y = Concat(a,a)', { axis: 1 })], [empty]],
    [
      'Gather without elements',
      [node('a = ConstantOfShape(empty)'), node('y = Gather(a,i)', { axis: 1 })],
      [empty, ints('i', 0)],
    ],
    ['Transpose without elements', [node('a = ConstantOfShape(empty)'), node('y = Transpose(a)')], [empty]],
    ['Split into many', [node('y = Split(x)', { num_outputs: HUGE })], []],
    ['Pad', [node('y = Pad(x,p)')], [ints('p', HUGE, HUGE, HUGE, HUGE)]],
    ['Pad below nothing', [node('y = Pad(x,p)')], [ints('p', -9, -9, -9, -9)]],
    ['OneHot', [node('y = OneHot(x,d,x)')], [scalar('d', HUGE * 4096)]],
    ['TopK', [node('y = TopK(x,k)')], [ints('k', -3)]],
    ['a Conv of a huge kernel', [node('y = Conv(x,w)')], [{ name: 'w', dims: [HUGE, 4, 1, 1] }]],
    ['a Conv of no groups', [node('y = Conv(x)', { group: 0, kernel_shape: [3] })], []],
    ['a pooling window without a stride', [node('y = MaxPool(x)', { kernel_shape: [2], strides: [0] })], []],
    [
      'a rank of thousands',
      Array.from({ length: 40 }, (_, i) => node(`${i === 39 ? 'y' : `t${i}`} = Unsqueeze(${i ? `t${i - 1}` : 'x'},r)`)),
      [ints('r', ...Array.from({ length: 4000 }, (_, i) => i))],
    ],
    ['a dtype nobody has', [node('y = Cast(x)', { to: 'foo' })], []],
    ['a generator of a dtype nobody has', [node('y = RandomNormal()', { dtype: 'foo', shape: [4] })], []],
    ['an equation of commas', [node('y = Einsum(x)', { equation: ','.repeat(300_000) })], []],
    ['an operator called like part of an object', [node('y = constructor(x)')], []],
    ['a row called like part of an object', [node('y = __proto__(x)')], []],
  ])('%s', async (_, nodes, initializers) => {
    expect(await survive(nodes, initializers)).toMatch(/^(sized|[A-Z_]+)$/);
  });

  test.each([
    ['HUGE', [HUGE, HUGE]],
    ['text', ['99999999999999999999', '9'.repeat(200)]],
    ['batch arithmetic', ['batch*batch*batch*batch*batch*batch*batch*batch*batch*batch*batch', 4]],
  ])('an input of %s dims', async (_, dims) => {
    expect(await survive(['y = Relu(x)'], [], { inputs: [{ name: 'x', dims }] })).toMatch(/^(sized|[A-Z_]+)$/);
  });
});

describe('many of something are sized in time', () => {
  const COUNT = 1000;
  const names = (prefix: string): string[] => Array.from({ length: COUNT }, (_, index) => `${prefix}${index}`);
  const fan = (type: string): NodeDescription[] => names('t').map((name) => node(`${name} = ${type}(x)`));

  test('inputs of Concat', async () => {
    expect(
      await survive([...fan('Relu'), { type: 'Concat', inputs: names('t'), outputs: ['y'], attributes: { axis: 1 } }]),
    ).toBe('sized');
  });

  test('inputs of Max', async () => {
    expect(
      await survive(
        [{ type: 'Max', inputs: names('w'), outputs: ['y'] }],
        names('w').map((name) => ({ name, dims: [4], floats: [1, 2, 3, 4] })),
      ),
    ).toMatch(/^(sized|[A-Z_]+)$/);
  });

  test.each([
    'Relu',
    'Sigmoid',
    'Erf',
    'Tanh',
    'Sqrt',
    'ReduceMean',
    'Softmax',
    'HardSigmoid',
    'Softplus',
    'MatMul',
    'Transpose',
    'Mul',
    'Add',
    'Div',
    'Pow',
    'Sub',
  ])('%s layers that read one tensor', async (type) => {
    const nodes = fan(type).map((each) => (BINARY.has(type) ? { ...each, inputs: ['x', 'x'] } : each));
    expect(await survive([...nodes, node('y = Relu(x)')])).toMatch(/^(sized|[A-Z_]+)$/);
  });

  test('inputs and outputs of the graph', async () => {
    const all = names('x').map((name) => ({ name, dims: ['batch', 4] }));
    const rest: Partial<GraphDescription> = { inputs: all, outputs: names('t').map((name) => ({ name, dims: [] })) };
    expect(
      await survive(
        names('t').map((name) => node(`${name} = Relu(${name.replace('t', 'x')})`)),
        [],
        rest,
      ),
    ).toBe('sized');
  });

  test('layers in a row', async () => {
    const chain = names('t').map((name, index) => node(`${name} = Relu(${index ? `t${index - 1}` : 'x'})`));
    expect(await survive([...chain, node(`y = Relu(t${COUNT - 1})`)])).toBe('sized');
  });
});

const BINARY = new Set(['MatMul', 'Mul', 'Add', 'Div', 'Pow', 'Sub']);

test('names full of slashes in nested branches are looked up in time', async () => {
  const name = '/'.repeat(4000);
  let graph: GraphDescription = described(
    Array.from({ length: 300 }, (_, i) => node(`b${i} = Relu(x)`)),
    [],
    { inputs: [], outputs: [{ name: 'b0', dims: [] }] },
  );
  for (let level = 0; level < 15; level++) {
    const branches = {
      then_branch: graph,
      else_branch: described([node('b0 = Relu(x)')], [], { inputs: [], outputs: [{ name: 'b0', dims: [] }] }),
    };
    graph = described([{ ...node(level === 14 ? 'y = If(c)' : 'b0 = If(c)', branches), name }], [], {
      inputs: [],
      outputs: [{ name: 'b0', dims: [] }],
    });
  }
  const outer = {
    ...graph,
    initializers: [scalar('c', 1)],
    inputs: described([]).inputs,
    outputs: described([]).outputs,
  };
  expect(await outcome(writeModel(outer))).toMatch(/^(sized|[A-Z_]+)$/);
});
