import { describe, expect, test } from '@jest/globals';
import type { GraphDescription, InitializerDescription, NodeDescription } from '../../../examples/onnx-writer.js';
import type { Graph } from '../../../src/graph/index.js';
import { bindGraph } from '../../../src/ops/bind.js';
import { described, node, read } from './reading.js';

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

  test.each([['val_12'], ['lifted_tensor_0'], ['blocks.0.attn.lifted_tensor_1'], ['/attn/Constant_3_output_0']])(
    'a matrix called %s, but where it is multiplied',
    async (name) => {
      const initializers = [weight(name, 4, 4)];
      expect(await roleOf(read([`y = Add(x,${name})`], initializers), name)).toBe('constant');
      expect(await roleOf(read([`y = MatMul(x,${name})`], initializers), name)).toBe('parameter*');
    },
  );
});

test('a parameter has no value to fold, however small it is', async () => {
  const graph = await read(
    ['u = Unsqueeze(w,axes)', 'y = Mul(x,u)'],
    [
      { name: 'w', dims: [4], floats: [1, 2, 3, 4] },
      { name: 'axes', dims: [1], ints: [0] },
    ],
  );
  expect(graph.tensors.get('w')).toEqual({
    id: 'w',
    dtype: 'float32',
    shape: [4],
    storage: 'w',
    role: 'parameter',
    trainable: true,
  });
  const bound = bindGraph(graph, { bindings: new Map([['batch', 2]]) });
  expect(bound.layers.map(({ folded }) => folded)).toEqual([false, false]);
});

describe('weights without a name are weights all the same', () => {
  test.each([
    ['of a recurrent layer', 'y = LSTM(x,onnx::LSTM_1,onnx::LSTM_2)', weight('onnx::LSTM_2', 1, 16, 4)],
    [
      'of a transposed convolution',
      'y = ConvTranspose(x,onnx::ConvTranspose_1)',
      weight('onnx::ConvTranspose_1', 4, 2, 3, 3),
    ],
    ['in an equation', 'y = Einsum(x,val_3)', weight('val_3', 4, 4)],
    ['that were reshaped to a vector of three axes', 'y = PRelu(x,onnx::PRelu_1)', weight('onnx::PRelu_1', 4, 1, 1)],
    ['that scale channels', 'y = Mul(x,onnx::Mul_1)', weight('onnx::Mul_1', 4, 1, 1)],
  ])('%s', async (_, text, initializer) => {
    const others = [weight('onnx::LSTM_1', 1, 16, 4)].filter(({ name }) => name !== initializer.name);
    expect(await roleOf(read([text], [...others, initializer]), initializer.name)).toBe('parameter*');
  });
});

/** A node and the operand of its call that stands for its second input. */
const said = (text: string, operand: string): NodeDescription => ({
  ...node(text),
  metadata: { 'pkg.torch.onnx.fx_node': `%add : [num_users=1] = call(args = (%x, %${operand}))` },
});

test('ones and zeros that the exporter writes for a norm without weights are none', async () => {
  const initializers = [weight('/norm/Constant_1_output_0', 4), weight('/norm/Constant_2_output_0', 4)];
  const graph = read(
    ['y = InstanceNormalization(x,/norm/Constant_1_output_0,/norm/Constant_2_output_0)'],
    initializers,
  );
  expect(await roleOf(graph, '/norm/Constant_1_output_0')).toBe('constant');
});

describe('what the exporter says of a constant counts', () => {
  test.each([
    ['a table that was computed is none', 'y = Add(x,unsqueeze_1)', 'unsqueeze_1', 'constant'],
    ['a matrix that was computed is one where it is multiplied', 'y = MatMul(x,permute)', 'permute', 'parameter*'],
    ['rows of an embedding are one', 'y = Add(x,embedding_1)', 'embedding_1', 'parameter*'],
    ['a buffer is a buffer', 'y = Add(x,enc.table)', 'b_enc_table', 'buffer'],
    ['a buffer is a buffer where it is multiplied too', 'y = MatMul(x,basis)', 'b_basis', 'buffer'],
    ['a parameter is a parameter', 'y = Add(x,pos_embed)', 'p_pos_embed', 'parameter*'],
  ])('%s', async (_, text, operand, role) => {
    const each = said(text, operand);
    const id = each.inputs[1] ?? '';
    expect(await roleOf(read([each], [weight(id, 4, 4)]), id)).toBe(role);
  });
});

test('a table that was computed is none, however its readers know it that were merged with its first', async () => {
  const nodes = [said('a = Mul(x,unsqueeze_4)', 'unsqueeze_8'), said('y = Mul(a,unsqueeze_4)', 'unsqueeze_4')];
  expect(await roleOf(read(nodes, [weight('unsqueeze_4', 4, 4)]), 'unsqueeze_4')).toBe('constant');
});

test.each([['pos.pe'], ['pe'], ['rotary.inv_freq'], ['attn.cos_cached'], ['attn.sin_cached'], ['freqs_cis']])(
  'the table %s is a buffer by its name',
  async (name) => {
    expect(await roleOf(read([`y = Add(x,${name})`], [weight(name, 4, 4)]), name)).toBe('buffer');
  },
);

test.each([['pos.type'], ['recipe'], ['pe.weight']])('the table %s is a parameter', async (name) => {
  expect(await roleOf(read([`y = Add(x,${name})`], [weight(name, 4, 4)]), name)).toBe('parameter*');
});

test('weights outside the branch that reads them are weights, however deep the branch stands', async () => {
  const branch = (each: NodeDescription | string): GraphDescription =>
    described([each], [], { inputs: [], outputs: [{ name: 'a', dims: [] }] });
  const inner = node('a = If(c)', { then_branch: branch('a = MatMul(x,w)'), else_branch: branch('a = Add(x,b)') });
  const outer = node('y = If(c)', { then_branch: branch(inner), else_branch: branch('a = Gather(t,x)') });
  const condition = { name: 'c', dims: [], ints: [1] };
  const graph = read([outer], [condition, weight('w', 4, 4), weight('b', 4), weight('t', 9, 4), weight('free', 4, 4)]);
  const roles = await Promise.all(['w', 'b', 't', 'free', 'c'].map((id) => roleOf(graph, id)));
  expect(roles).toEqual(['parameter*', 'parameter*', 'parameter*', 'constant', 'constant']);
});

test('a tensor inside a branch is not the one of that name outside', async () => {
  const inside = described(['a = MatMul(x,w)'], [weight('w', 4, 4)], {
    inputs: [],
    outputs: [{ name: 'a', dims: [] }],
  });
  const graph = await read(
    [node('y = If(c)', { then_branch: inside, else_branch: inside })],
    [{ name: 'c', dims: [], ints: [1] }, weight('w', 5, 5)],
  );
  expect(graph.tensors.get('w')?.role).toBe('constant');
  expect(graph.subgraphs.get('If_0/then_branch')?.tensors.get('w')?.role).toBe('parameter');
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
  const { layers } = await read([{ ...node('y = FusedConv(x,w)'), domain: 'com.microsoft' }], [weight('w', 4, 4)]);
  expect(layers[0]?.type).toBe('Conv');
});
