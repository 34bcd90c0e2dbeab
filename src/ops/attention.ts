import { dimAt, elements, input, numberAttribute, tensor } from './context.js';
import type { AutogradContext, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Heads, query length and head size of `[B, H, S, D]`, or of `[B, S, H*D]` with the heads as an attribute (ONNX opset 23). */
function heads(context: OpContext, index: number, attribute: string): { heads: number; length: number; size: number } {
  const { shape } = input(context, index);
  if (shape.length === 4) return { heads: dimAt(shape, 1), length: dimAt(shape, 2), size: dimAt(shape, 3) };
  const count = numberAttribute(context.layer, attribute, 1);
  const width = dimAt(shape, shape.length - 1);
  return shape.length === 3 && !(attribute in context.layer.attributes)
    ? { heads: 1, length: dimAt(shape, 1), size: width }
    : { heads: count, length: dimAt(shape, shape.length - 2), size: width / count };
}

/** Query-shaped, with the value's head size. */
function inferAttention(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const value = heads(context, 2, 'kv_num_heads');
  const query = heads(context, 0, 'q_num_heads');
  const last = shape.length === 4 ? value.size : query.heads * value.size;
  return [tensor(dtype, [...shape.slice(0, -1), last])];
}

/** Scores and their product with the values: 2 x B x H x S_q x S_kv x (D + D_v). */
function attentionFlops(context: OpContext): number {
  const query = heads(context, 0, 'q_num_heads');
  const key = heads(context, 1, 'kv_num_heads');
  const value = heads(context, 2, 'kv_num_heads');
  const batch = elements(input(context, 0).shape) / (query.heads * query.length * query.size);
  return 2 * batch * query.heads * query.length * key.length * (query.size + value.size);
}

/**
 * scaled_dot_product_attention, memory-efficient or flash kernel: query, key, value, output and logsumexp (float32, one
 * per query and head) are kept, never the S x S scores (derivatives.yaml: _scaled_dot_product_efficient_attention).
 */
function saveAttention(context: AutogradContext): readonly Saved[] {
  const { heads: count, length, size } = heads(context, 0, 'q_num_heads');
  const batch = elements(input(context, 0).shape) / (count * length * size);
  const inputs = context.inputs.flatMap((type, index): Saved[] => (type ? [{ from: 'input', index }] : []));
  const logsumexp = { from: 'new', what: 'statistics', type: tensor('float32', [batch, count, length]) } as const;
  return [...inputs, { from: 'output', index: 0 }, logsumexp];
}

export const ATTENTION = {
  Attention: {
    infer: inferAttention,
    flops: attentionFlops,
    saves: saveAttention,
    gradients: () => ['new', 'new', 'new', 'none'],
    autocast: 'lower',
  },
} as const satisfies Record<string, OpSpec>;
