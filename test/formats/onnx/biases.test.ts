import { expect, test } from '@jest/globals';
import type { NodeDescription } from '../../../examples/onnx-writer.js';
import { node, read } from './reading.js';

/** As torch.onnx.export (torch 2.15, onnxscript 0.7) writes it for Linear; `operands` are those of the call. */
function linear(text: string, operands: string, rule?: string): NodeDescription {
  const call = `%linear : [num_users=1] = call_function[target=torch.ops.aten.linear.default](args = (${operands}), kwargs = {})`;
  const metadata = {
    'pkg.torch.onnx.fx_node': call,
    ...(rule !== undefined && { 'pkg.onnxscript.rewriter.rule_name': rule }),
  };
  return { ...node(text, { transB: 1 }), metadata };
}

const weights = ['a.weight', 'b.weight', 'c.weight'].map((name) => ({ name, dims: [4, 4] }));

test('biases that were left out because they are zeros are said to be missing', async () => {
  const rule = 'RemoveOptionalBiasFromGemm';
  const { hints } = await read(
    [
      linear('a = Gemm(x,a.weight)', '%x, %p_a_weight, %p_a_bias', rule),
      linear('b = Gemm(a,b.weight)', '%a, %p_b_weight, %p_b_bias', rule),
      linear('y = Gemm(b,c.weight)', '%b, %p_c_weight', rule),
    ],
    weights,
  );
  expect(hints.assumptions).toEqual(['biases that the exporter left out because they are zeros (2x) are not counted']);
});

test.each([
  ['the call has none', linear('y = Gemm(x,a.weight)', '%x, %p_a_weight', 'RemoveOptionalBiasFromGemm')],
  ['nothing was removed', linear('y = Gemm(x,a.weight)', '%x, %p_a_weight, %p_a_bias')],
  // As torchvision's DenseNet is exported: the operands are those of the batch-norm.
  [
    'a batch-norm was folded in',
    linear(
      'y = Gemm(x,a.weight)',
      '%gemm, %p_norm_weight, %p_norm_bias',
      'FuseBatchNormIntoGemm, RemoveOptionalBiasFromGemm',
    ),
  ],
  ['another rule changed the node', linear('y = Gemm(x,a.weight)', '%x, %p_a_weight, %p_a_bias', 'Other')],
])('nothing is said where %s', async (_, gemm) => {
  expect((await read([gemm], weights)).hints.assumptions).toEqual([]);
});
