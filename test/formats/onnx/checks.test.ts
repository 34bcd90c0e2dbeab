import { describe, expect, test } from '@jest/globals';
import { block, model, refusal } from './bytes.js';
import { node, read, readBytes } from './reading.js';

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
