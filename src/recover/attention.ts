import type { Layer, Tensor } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * torch.nn.functional.scaled_dot_product_attention, which no ONNX opset below 23 has. Exporters write it as one: query
 * and key each times the square root of the scale, a MatMul, a mask, Softmax, times the values. Scores that are scaled
 * on one side only, or pass a Dropout, are attention that the model computes itself; it keeps them, so that stays.
 */
export const attention: Recovery = {
  name: 'attention',
  assumption: (count) =>
    `attention restored from MatMul, Softmax and MatMul (${count}x): scaled_dot_product_attention keeps no score matrix`,
  matcher: (view) => (layer) => (layer.type === 'Softmax' ? attentionAround(view, layer) : undefined),
};

interface Scores {
  readonly product: Layer;
  readonly layers: readonly Layer[];
  readonly mask?: string;
}

function attentionAround(view: GraphView, softmax: Layer): Rewrite | undefined {
  const scores = scoresBefore(view, softmax.inputs[0] ?? '');
  const values = scores && valuesAfter(view, softmax);
  if (!scores || !values) return undefined;
  const query = unscaled(view, scores.product.inputs[0]);
  const key = unscaled(view, scores.product.inputs[1]);
  const keys = query && key && transposedKey(view, key.id);
  if (!keys) return undefined;
  const mask = scores.mask === undefined ? [] : [scores.mask];
  return {
    remove: [...query.layers, ...key.layers, ...keys.remove, ...scores.layers, softmax, ...values.layers],
    add: [
      ...keys.add,
      inPlaceOf(values.product, {
        type: 'Attention',
        inputs: [query.id, keys.id, values.product.inputs[1] ?? '', ...mask],
      }),
    ],
    tensors: keys.tensors,
  };
}

/** Back from the Softmax to the MatMul, over at most one mask, and scaling and casts. */
function scoresBefore(view: GraphView, id: string, mask?: string): Scores | undefined {
  const product = view.producer(id, 'MatMul');
  if (product) return { product, layers: [product], ...(mask !== undefined && { mask }) };
  const step = view.producer(id, 'Div', 'Mul', 'Add', 'Cast');
  if (!step) return undefined;
  if (step.type === 'Add') return mask === undefined ? maskedScores(view, step) : undefined;
  const from = step.type === 'Cast' ? step.inputs[0] : scalarOperand(view, step);
  const inner = from === undefined ? undefined : scoresBefore(view, from, mask);
  return inner && { ...inner, layers: [...inner.layers, step] };
}

/** One operand of the Add leads to the scores; the other is the mask. */
function maskedScores(view: GraphView, step: Layer): Scores | undefined {
  const [left = '', right = ''] = step.inputs;
  const inner = scoresBefore(view, left, right) ?? scoresBefore(view, right, left);
  return inner && { ...inner, layers: [...inner.layers, step] };
}

/** On from the Softmax to the product with the values, over casts and the guard against rows that are all masked. */
function valuesAfter(view: GraphView, softmax: Layer): { product: Layer; layers: readonly Layer[] } | undefined {
  const probabilities = softmax.outputs[0] ?? '';
  const isNaN = view.reader(probabilities, 'IsNaN');
  const guard = isNaN && view.onlyReader(isNaN, 'Where');
  const last = guard ?? view.onlyReader(softmax, 'Cast') ?? softmax;
  const product = view.onlyReader(last, 'MatMul');
  if (!product || product.inputs[0] !== last.outputs[0]) return undefined;
  const between = [isNaN, guard, last === softmax ? undefined : last].filter((layer) => layer !== undefined);
  return { product, layers: [...new Set([...between, product])] };
}

/** A tensor before the square root of the scale was multiplied into it; undefined where none was. */
function unscaled(view: GraphView, id = ''): { id: string; layers: readonly Layer[] } | undefined {
  const scale = view.producer(id, 'Mul', 'Div');
  const source = scale && scalarOperand(view, scale);
  if (!scale || source === undefined) return undefined;
  return { id: source, layers: view.readers(id).length === 1 ? [scale] : [] };
}

/** The tensor that a layer multiplies or divides by a scalar, or undefined where it does neither. */
function scalarOperand(view: GraphView, layer: Layer): string | undefined {
  const [left = '', right = ''] = layer.inputs;
  if (isScalarLike(view, right, 0)) return left;
  return layer.type === 'Mul' && isScalarLike(view, left, 0) ? right : undefined;
}

const SCALAR_ARITHMETIC = [
  'Sqrt',
  'Div',
  'Mul',
  'Cast',
  'Reciprocal',
  'Gather',
  'Slice',
  'Squeeze',
  'Unsqueeze',
  'Pow',
];

/** A constant of one element, or arithmetic on the shape of something: the head size, in exports that compute the scale. */
function isScalarLike(view: GraphView, id: string, depth: number): boolean {
  const tensor = view.tensor(id);
  if (tensor?.value) return tensor.value.length <= 1;
  const producer = view.producer(id);
  if (producer?.type === 'Shape') return true;
  if (!producer || depth > 8 || !SCALAR_ARITHMETIC.includes(producer.type)) return false;
  const operands =
    producer.type === 'Slice' || producer.type === 'Gather' ? producer.inputs.slice(0, 1) : producer.inputs;
  return operands.every((input) => isScalarLike(view, input, depth + 1));
}

interface Key {
  readonly id: string;
  readonly remove: readonly Layer[];
  readonly add: readonly Layer[];
  readonly tensors: readonly Tensor[];
}

/**
 * The scores multiply by the transposed key. A transpose that also brings the heads forward is replaced by one that
 * only does that; one that works on batch and heads folded into one axis stands between two reshapes.
 */
function transposedKey(view: GraphView, id: string): Key | undefined {
  const unfolded = view.producer(id, 'Reshape');
  const transpose = unfolded ? view.before(unfolded, 0, 'Transpose') : view.producer(id, 'Transpose');
  const perm = transpose && untransposed(transpose);
  const source = transpose?.inputs[0];
  if (!transpose || !perm || source === undefined) return undefined;
  const remove = [unfolded, transpose]
    .filter((layer) => layer !== undefined)
    .filter((layer) => isReadOnce(view, layer));
  if (unfolded) return foldedKey(view, { unfolded, source, remove });
  if (perm.every((axis, index) => axis === index)) return { id: source, remove, add: [], tensors: [] };
  return { ...derived(transpose, `${id}/key`, { perm }), remove };
}

/** The permutation without its exchange of the last two axes. */
function untransposed({ attributes }: Layer): number[] | undefined {
  const perm = attributes['perm'];
  if (!Array.isArray(perm) || perm.length < 3) return undefined;
  const axes = perm.map(Number);
  return [...axes.slice(0, -2), axes.at(-1) ?? 0, axes.at(-2) ?? 0];
}

function isReadOnce(view: GraphView, layer: Layer): boolean {
  return view.readers(layer.outputs[0] ?? '').length === 1;
}

/** The key before batch and heads were folded, or unfolded again by the target the transposed one was unfolded to. */
function foldedKey(
  view: GraphView,
  { unfolded, source, remove }: { unfolded: Layer; source: string; remove: readonly Layer[] },
): Key | undefined {
  const folding = view.producer(source, 'Reshape');
  if (folding) return { id: folding.inputs[0] ?? '', remove, add: [], tensors: [] };
  const target = view.tensor(unfolded.inputs[1] ?? '')?.value;
  if (!target || target.length < 3) return undefined;
  const shape = [...target.slice(0, -2), target.at(-1) ?? 1, target.at(-2) ?? 1];
  const shapeId = `${unfolded.id}/key_shape`;
  const constant = {
    id: shapeId,
    dtype: 'int64',
    shape: [shape.length],
    storage: shapeId,
    role: 'constant',
    value: shape,
  } as const;
  const key = derived({ ...unfolded, inputs: [source, shapeId] }, `${unfolded.id}/key`, {});
  return { ...key, tensors: [...key.tensors, constant], remove };
}

/** A layer like another, under a name of its own and with one new output. */
function derived(like: Layer, id: string, attributes: Layer['attributes']): Omit<Key, 'remove'> {
  const layer = { ...like, id: `${like.id}/key`, outputs: [id], attributes };
  return { id, add: [layer], tensors: [{ id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' }] };
}
