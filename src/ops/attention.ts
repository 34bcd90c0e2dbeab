import { booleanAttribute, dimAt, elements, input, numberAttribute, tensor, tensorBytes } from './context.js';
import { copyOf, firstGradient, KEEP_INPUT, KEEP_OUTPUT, like } from './parts.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';
import { isContiguous, stridesOf, viewStrides, withStrides } from './strides.js';

/** One of query, key and value: `[…, B, H, S, D]`, or `[B, S, H*D]` with the heads as an attribute (ONNX opset 23). */
interface Heads {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
}

function headsOf(context: OpContext, index: number): Heads {
  const { shape } = input(context, index);
  const batch = shape.length < 4 ? dimAt(shape, 0) : elements(shape.slice(0, -3));
  if (shape.length >= 4) {
    const [heads = 1, length = 1, size = 1] = shape.slice(-3);
    return { batch, heads, length, size };
  }
  if (shape.length !== 3) throw new ShapeError(`Attention of rank ${shape.length}`);
  const heads = numberAttribute(context.layer, index === 0 ? 'q_num_heads' : 'kv_num_heads', 1);
  const features = dimAt(shape, 2);
  const isDivided = heads > 0 && Number.isInteger(features / heads);
  if (!isDivided) throw new ShapeError(`${features} features do not divide into ${heads} heads`);
  return { batch, heads, length: dimAt(shape, 1), size: features / heads };
}

/** Key or value with what is remembered of it in front (inputs 4 and 5). */
function withPast(context: OpContext, index: 1 | 2): Heads {
  const own = headsOf(context, index);
  const past = context.inputs[index + 3];
  return past ? { ...own, length: own.length + dimAt(past.shape, 2) } : own;
}

function byHead({ batch, heads, length, size }: Heads, dtype: TensorType['dtype']): TensorType {
  return tensor(dtype, [batch, heads, length, size]);
}

/** The memory-efficient kernel takes float32 and masks; the flash kernel neither, so 16 bit without a mask is its. */
function isMemoryEfficient(context: OpContext): boolean {
  return input(context, 0).dtype === 'float32' || context.inputs[3] !== undefined;
}

/** Heads on an axis of their own, or named by ONNX. */
function hasHeads({ layer, inputs }: OpContext): boolean {
  return inputs[0]?.shape.length === 4 || numberAttribute(layer, 'q_num_heads', 0) > 0;
}

/**
 * What no fused kernel takes PyTorch writes out, in float32: axes other than four (sdp_utils.cpp, check_tensor_shapes), and
 * fewer heads of keys than of queries (check_batch_size_and_num_heads_dense), which with `enable_gqa` the flash kernel takes.
 */
function isWrittenOut(context: OpContext): boolean {
  if (!hasHeads(context)) return true;
  if (headsOf(context, 1).heads === headsOf(context, 0).heads) return false;
  return isMemoryEfficient(context) || !booleanAttribute(context.layer, 'enable_gqa', true);
}

/**
 * Query-shaped, with the value's head size. The memory-efficient kernel puts the heads behind the positions, so that
 * joining them is a view; the flash kernel keeps the query's order (strides of their outputs, torch 2.15).
 */
function inferOutput(context: OpContext): TensorType {
  const query = input(context, 0);
  const { batch, heads, length } = headsOf(context, 0);
  const { size } = headsOf(context, 2);
  if (query.shape.length === 3) return tensor(query.dtype, [batch, length, heads * size]);
  // More axes in front, as of windows, are so many batches.
  if (query.shape.length > 4) return tensor(query.dtype, [...query.shape.slice(0, -1), size]);
  const shape = [batch, heads, length, size];
  const [, headStride = 0, positionStride = 0] = stridesOf(query);
  if (isWrittenOut(context)) return tensor(query.dtype, shape);
  const isInterleaved = isMemoryEfficient(context) || (!isContiguous(query) && headStride < positionStride);
  const strides = [length * heads * size, size, heads * size, 1];
  return isInterleaved ? withStrides(query, shape, strides) : tensor(query.dtype, shape);
}

/** The output, the keys and values with the past in front, and the scores. */
function inferAttention(context: OpContext): readonly TensorType[] {
  const { dtype } = input(context, 0);
  const { batch, heads, length } = headsOf(context, 0);
  const [key, value] = [withPast(context, 1), withPast(context, 2)];
  const scores = tensor(dtype, [batch, heads, length, key.length]);
  const all = [inferOutput(context), byHead(key, dtype), byHead(value, dtype), scores];
  return all.slice(0, Math.max(1, context.outputCount));
}

/** Scores and their product with the values: 2 x B x H x S_q x S_kv x (D + D_v). */
function attentionFlops(context: OpContext): number {
  const { batch, heads, length, size } = headsOf(context, 0);
  return 2 * batch * heads * length * withPast(context, 1).length * (size + headsOf(context, 2).size);
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}

/**
 * An additive mask is kept as it is where every row of it begins at a multiple of 8 elements, else as a padded copy; a
 * mask of choices becomes an additive one (aten/src/ATen/native/transformers/attention.cpp).
 */
function keptMask(context: OpContext, mask: TensorType): Saved {
  const isAligned = stridesOf(mask).every((stride, axis) => axis === mask.shape.length - 1 || stride % 8 === 0);
  if (mask.dtype !== 'bool' && isAligned) return { from: 'input', index: 3 };
  const padded = isAligned ? mask.shape : mask.shape.with(-1, roundUp(mask.shape.at(-1) ?? 1, 8));
  return copyOf(tensor(input(context, 0).dtype, padded));
}

/** Key or value: the input, or the copy with the past in front of it. */
function keptKey(context: OpContext, index: 1 | 2): Saved {
  if (!context.inputs[index + 3]) return { from: 'input', index };
  return copyOf(byHead(withPast(context, index), input(context, index).dtype));
}

/**
 * The flash kernel's seed and offset, and a tensor beside them that nobody uses, are on the GPU with dropout or without;
 * those of the memory-efficient kernel are on the host (flash_api.cpp, mha_fwd; attention.cu, Note [Seed and Offset
 * Device]).
 */
const RANDOM_STATE: readonly Saved[] = [[2], []].map((shape) => ({
  from: 'new',
  what: 'statistics',
  type: tensor('uint64', shape),
}));

/**
 * scaled_dot_product_attention: query, key, value, mask, output and logsumexp are kept, never the S x S scores
 * (derivatives.yaml: _scaled_dot_product_efficient_attention, _scaled_dot_product_flash_attention). logsumexp is a
 * float32 per query and head, of which the memory-efficient kernel wants a multiple of 32.
 */
function saveAttention(context: AutogradContext): readonly Saved[] {
  if (isWrittenOut(context)) return saveWrittenOut(context);
  const isEfficient = isMemoryEfficient(context);
  const { batch, heads, length } = headsOf(context, 0);
  const queries = isEfficient ? roundUp(length, 32) : length;
  const mask = context.inputs[3];
  return [
    ...KEEP_INPUT,
    keptKey(context, 1),
    keptKey(context, 2),
    ...(mask ? [keptMask(context, mask)] : []),
    ...KEEP_OUTPUT,
    { from: 'new', what: 'statistics', type: tensor('float32', [batch, heads, queries]) },
    ...(isEfficient ? [] : RANDOM_STATE),
  ];
}

/** float32, `[B, H_q, S_q, S_kv]`. */
function scoresOf(context: OpContext): TensorType {
  const { batch, heads, length } = headsOf(context, 0);
  return tensor('float32', [batch, heads, length, withPast(context, 1).length]);
}

/**
 * The factors of its two products: scaled queries, scaled and repeated keys, repeated values, and the softmax
 * (attention.cpp, _scaled_dot_product_attention_math).
 */
function saveWrittenOut(context: OpContext): readonly Saved[] {
  const query = headsOf(context, 0);
  const key = { ...withPast(context, 1), heads: query.heads };
  const copies = [byHead(query, 'float32'), byHead(key, 'float32'), scoresOf(context)];
  return [...copies.map(copyOf), writtenOutValue(context)];
}

/** The values themselves where nothing casts or repeats them and a product of batches can read them. */
function writtenOutValue(context: OpContext): Saved {
  const value = input(context, 2);
  const { batch, heads, length, size } = withPast(context, 2);
  const all = headsOf(context, 0).heads;
  const isRead = value.dtype === 'float32' && heads === all && !context.inputs[5];
  if (isRead && viewStrides(value, [batch * heads, length, size])) return { from: 'input', index: 2 };
  return copyOf(byHead({ batch, heads: all, length, size }, 'float32'));
}

/** The scores before the softmax, in forward; their gradient and that of the softmax, in backward. */
function attentionTemporaries(context: AutogradContext): Temporaries {
  if (!isWrittenOut(context)) return { backward: backwardBytes(context) };
  const bytes = tensorBytes(scoresOf(context));
  return { forward: bytes, backward: 2 * bytes };
}

/**
 * Backward sums grad * output per query in float32; in 16 bit the query's gradient is summed in float32 too, rounded up
 * to 128 queries and 32 features (flash_api.cpp, mha_bwd: softmax_d, dq_accum). A trained mask has its gradient computed
 * in the size of the scores.
 */
function backwardBytes(context: AutogradContext): number {
  const { dtype } = input(context, 0);
  const { batch, heads, length, size } = headsOf(context, 0);
  const scores = tensor(dtype, [batch, heads, length, withPast(context, 1).length]);
  const ofMask = context.inputs[3] && context.requiresGrad(3) ? tensorBytes(scores) : 0;
  if (dtype === 'float32') return ofMask + tensorBytes(tensor('float32', [batch, heads, length]));
  return ofMask + tensorBytes(tensor('float32', [batch, heads, roundUp(length, 128), 1 + roundUp(size, 32)]));
}

/** x * cos + turned x * sin: two products stand beside the sum, and beside the gradient of x. */
function rotaryTemporaries(context: OpContext): Temporaries {
  const bytes = tensorBytes(input(context, 0));
  return { forward: 2 * bytes, backward: 2 * bytes };
}

export const ATTENTION = {
  Attention: {
    operands: 3,
    infer: inferAttention,
    flops: attentionFlops,
    saves: saveAttention,
    temporaries: attentionTemporaries,
    autocast: 'lower',
    laidOutByDType: true,
  },
  /** Opset 23. The products keep cosine and sine, for the gradient of what they turn; those are constants. */
  RotaryEmbedding: {
    operands: 3,
    infer: (context) => [like(context)],
    saves: () => [
      { from: 'input', index: 1 },
      { from: 'input', index: 2 },
    ],
    gradients: firstGradient,
    temporaries: rotaryTemporaries,
    autocast: 'widest',
  },
} as const satisfies Record<string, OpSpec>;
