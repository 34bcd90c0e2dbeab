import { describe, expect, test } from '@jest/globals';
import { callOf } from '../../../src/formats/onnx/calls.js';
import type { OnnxNode } from '../../../src/formats/onnx/schema.js';
import { inTime } from '../in-time.js';

const called = (call: string, ...input: string[]): OnnxNode => ({
  input,
  output: [],
  name: 'node_0',
  opType: 'Add',
  attribute: [],
  domain: '',
  overload: '',
  metadataProps: [{ key: 'pkg.torch.onnx.fx_node', value: call }],
});

const LINEAR =
  '%linear_3 : [num_users=1] = call_function[target=torch.ops.aten.linear.default](args = (%view_7, %p_head_weight, %p_head_bias), kwargs = {})';

test('a call has its own name and the parameters among its operands, in order', () => {
  expect(callOf(called(LINEAR))).toMatchObject({ name: 'linear_3', parameters: 'p_head_weight p_head_bias' });
});

test('a node of which no call is written down has none', () => {
  expect(callOf({ ...called(''), metadataProps: [] })).toBeUndefined();
});

test('a call of nothing has no name and no parameters', () => {
  expect(callOf(called('nonsense'))).toMatchObject({ name: '', parameters: '' });
});

describe('a tensor that a call reads', () => {
  const ADD =
    '%add : [num_users=1] = call_function[target=torch.ops.aten.add.Tensor](args = (%x, %unsqueeze_1), kwargs = {})';
  const PE =
    '%add : [num_users=1] = call_function[target=torch.ops.aten.add.Tensor](args = (%x, %b_enc_0_pe), kwargs = {})';

  test.each([
    ['was computed where another call has its name', ADD, 'unsqueeze_1', 'computed'],
    ['is a buffer where that is what its name becomes', PE, 'enc.0.pe', 'buffer'],
    [
      'is a parameter where it is rows of an embedding',
      '%add : [num_users=1] = call(args = (%x, %embedding_1))',
      'embedding_1',
      'parameter',
    ],
    ['is neither where a parameter has its name', LINEAR, 'head.weight', undefined],
    ['is neither where it is not an operand', ADD, 'val_7', undefined],
    ['is neither where its name is but the beginning of another', ADD, 'unsqueeze', undefined],
  ])('%s', (_, call, id, origin) => {
    expect(callOf(called(call, id))?.origins.get(id)).toBe(origin);
  });
});

test('no more of a call is read than a name may be long', async () => {
  const call = await inTime(() => callOf(called('%a'.repeat(10_000_000))));
  expect(call?.name).toBe('a');
});
