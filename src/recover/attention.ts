import type { Layer } from '../graph/index.js';
import { groupsOf } from './attention-groups.js';
import { transposedKey } from './attention-key.js';
import { valuesAfter } from './attention-values.js';
import { isNear } from './number.js';
import { matchOf } from './pattern.js';
import type { Pattern } from './pattern.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * torch.nn.functional.scaled_dot_product_attention, which no ONNX opset below 23 has. Exporters write it as one: query
 * and key each times the square root of the scale, a MatMul, a mask, Softmax, Dropout in training, times the values.
 * Scores that are scaled otherwise are attention that the model computes itself; it keeps them, so that stays.
 */
export const attention: Recovery = {
  name: 'attention',
  assumption: (count) =>
    `attention restored from MatMul, Softmax and MatMul (${count}x): scaled_dot_product_attention keeps no score matrix`,
  matcher: (view) => (layer) => (layer.type === 'Softmax' ? attentionAround(view, layer) : undefined),
};

/** Before the Softmax: the product, and the layers between the two. */
interface Scores {
  readonly product: Layer;
  readonly between: readonly Layer[];
  readonly mask?: string;
}

function attentionAround(view: GraphView, softmax: Layer): Rewrite | undefined {
  const scores = scoresBefore(view, softmax.inputs[0]);
  const values = scores && valuesAfter(view, softmax);
  const operands = scores && scaledOperands(view, scores.product);
  const keys = operands && transposedKey(view, operands.key.id);
  if (!values || !keys || !isLastAxis(softmax, keys.rank)) return undefined;
  const groups = groupsOf(view, operands.query.layer, [keys.id, values.id]);
  const mask = maskOf(view, scores);
  const inputs = [operands.query.id, ...groups.ids, ...mask.ids];
  const scaling = [operands.query, operands.key].flatMap(({ layer, isShared }) => (isShared ? [] : [layer]));
  const core = [scores.product, ...scores.between, ...values.layers];
  const attributes = { ...groups.attributes, ...mask.attributes };
  return {
    remove: [...scaling, ...keys.remove, ...groups.remove, ...core],
    add: [...keys.add, inPlaceOf(values.last, { type: 'Attention', inputs, attributes })],
    tensors: keys.tensors,
  };
}

/** Query and key, if both are times the same scalar. */
function scaledOperands(view: GraphView, { inputs }: Layer): { query: Scaled; key: Scaled } | undefined {
  const [query, key] = inputs.map((id) => unscaled(view, id));
  return query && key && isSameScale(view, query.scale, key.scale) ? { query, key } : undefined;
}

/** Softmax over the keys. Without an axis it is the last one; older opsets state theirs. */
function isLastAxis({ attributes: { axis = -1 } }: Layer, rank: number): boolean {
  return axis === -1 || axis === rank - 1;
}

/** Back from the Softmax to the MatMul, over a mask and casts. */
function scoresBefore(view: GraphView, id: string | undefined): Scores | undefined {
  const outer = view.uncast(id);
  const sum = view.producer(outer.id, 'Add');
  for (const [index, operand] of (sum?.inputs ?? [outer.id]).entries()) {
    const inner = view.uncast(operand);
    const product = view.producer(inner.id, 'MatMul');
    if (!product || unscaled(view, product.inputs[1]) === undefined) continue;
    const between = [...inner.casts, ...(sum ? [sum] : []), ...outer.casts];
    const mask = sum?.inputs[1 - index];
    return { product, between, ...(mask !== undefined && { mask }) };
  }
  return undefined;
}

/**
 * The mask that _scaled_dot_product_attention_math makes where `is_causal` is set (aten/src/ATen/native/transformers/
 * attention.cpp), as torch.export decomposes `ones.tril()`: the fused kernels have none.
 */
const CAUSAL: Pattern = [
  'Where',
  ['And', ['LessOrEqual', ['Sub', ['Unsqueeze', ['Range']], ['Unsqueeze', ['Range']]], 0], ['ConstantOfShape']],
  0,
  -Infinity,
];

/** The mask that the model was given or made; one that several share it made, whatever it is. */
function maskOf(view: GraphView, { mask }: Scores): { ids: readonly string[]; attributes: Layer['attributes'] } {
  if (mask === undefined) return { ids: [], attributes: {} };
  const isCausal = view.isDecomposed && view.readers(mask).length === 1 && matchOf(view, CAUSAL, mask) !== undefined;
  return isCausal ? { ids: [], attributes: { is_causal: 1 } } : { ids: [mask], attributes: {} };
}

interface Scaled {
  /** Before the square root of the scale was multiplied in. */
  readonly id: string;
  readonly scale: string;
  readonly layer: Layer;
  /** True where others read the scaled tensor too. */
  readonly isShared: boolean;
}

/** A tensor times a scalar, which may be computed from the head size; undefined for any other. */
function unscaled(view: GraphView, id: string | undefined): Scaled | undefined {
  const layer = view.producer(id, 'Mul');
  const scale = layer?.inputs.find((factor) => isScalarLike(view, factor));
  const source = view.other(layer, scale);
  if (!layer || id === undefined || scale === undefined || source === undefined) return undefined;
  return { id: source, scale, layer, isShared: view.readers(id).length > 1 };
}

function isSameScale(view: GraphView, first: string, second: string): boolean {
  const [a, b] = [view.scalar(first), view.scalar(second)];
  return b === undefined || a === undefined ? a === b : isNear(a, b);
}

/** Arithmetic that makes a scale from the shape of a tensor, with the operands that count. */
const SCALAR_ARITHMETIC: Readonly<Record<string, number>> = {
  Sqrt: 1,
  Div: 2,
  Mul: 2,
  Pow: 2,
  Cast: 1,
  CastLike: 1,
  Reciprocal: 1,
  Gather: 1,
  Slice: 1,
  Squeeze: 1,
  Unsqueeze: 1,
};
const MAX_SCALAR_LAYERS = 16;

/** A constant of one element, or arithmetic on the shape of something: the head size, in exports that compute the scale. */
function isScalarLike(view: GraphView, id: string): boolean {
  const seen = new Set<string>();
  const pending = [id];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const producer = view.producer(at);
    if (seen.has(at) || view.scalar(at) !== undefined || producer?.type === 'Shape') continue;
    const operands = producer && SCALAR_ARITHMETIC[producer.type];
    if (!producer || operands === undefined || seen.size >= MAX_SCALAR_LAYERS) return false;
    seen.add(at);
    pending.push(...producer.inputs.slice(0, operands));
  }
  return true;
}
