import type { Layer } from '../graph/index.js';
import { matchOf } from './pattern.js';
import type { Pattern } from './pattern.js';
import type { GraphView } from './view.js';

/** From the Softmax to what the attention puts out. */
export interface Values {
  /** The values themselves. */
  readonly id: string;
  /** With both ends. */
  readonly layers: readonly Layer[];
  /** Writes the output: the product with the values, or what lays it out. */
  readonly last: Layer;
}

/**
 * On from the Softmax to the product with the values, over the guard of rows that are all masked, Dropout and casts. In a
 * program that run_decompositions wrote, scaled_dot_product_attention always has the guard, and a model's own attention none.
 */
export function valuesAfter(view: GraphView, softmax: Layer): Values | undefined {
  const guard = nanGuard(view, softmax) ?? safeSoftmax(view, softmax) ?? [];
  if (guard.length === 0 && view.isDecomposed) return undefined;
  const weights = [guard[0] ?? softmax];
  for (const type of ['Dropout', 'Cast']) weights.push(...readerOf(view, weights.at(-1), type));
  const [id, product, ...layout] = productAfter(view, weights.at(-1));
  if (id === undefined || !product) return undefined;
  const layers = new Set([softmax, ...guard, ...weights, product, ...layout]);
  return { id, layers: [...layers], last: layout.at(-1) ?? product };
}

function readerOf(view: GraphView, layer: Layer | undefined, type: string): readonly Layer[] {
  const reader = view.onlyReader(layer, type);
  return reader ? [reader] : [];
}

/** The values that a tensor of weights is multiplied with, the product, and what lays it out. */
function productAfter(view: GraphView, weights: Layer | undefined): [] | [string | undefined, ...Layer[]] {
  const product = view.onlyReader(weights, 'MatMul');
  if (!product || product.inputs[0] !== weights?.outputs[0]) return [];
  return [product.inputs[1], product, ...kernelLayout(view, product)];
}

/** As exporters of ONNX write the guard: the layers, of which the first is the last one to run. */
function nanGuard(view: GraphView, softmax: Layer): readonly Layer[] | undefined {
  const isNaN = view.reader(softmax.outputs[0] ?? '', 'IsNaN');
  const guard = view.onlyReader(isNaN, 'Where');
  return isNaN && guard ? [guard, isNaN] : undefined;
}

/** torch/_decomp/decompositions.py, safe_softmax: rows whose scores are all -inf are zeros. */
const SAFE_SOFTMAX: Pattern = [
  'Where',
  ['Not', ['ReduceMax', ['Cast', ['Not', ['Equal', 'scores', -Infinity]]]]],
  ['ConstantOfShape', ['Shape', 'softmax']],
  'softmax',
];

function safeSoftmax(
  view: GraphView,
  { inputs: [scores = ''], outputs: [own = ''] }: Layer,
): Values['layers'] | undefined {
  const tensors = new Map([
    ['scores', scores],
    ['softmax', own],
  ]);
  const guard = view.reader(own, 'Where')?.outputs[0] ?? '';
  return matchOf(view, SAFE_SOFTMAX, guard, { tensors, layers: [] })?.layers;
}

/**
 * torch/_decomp/decompositions.py, scaled_dot_product_flash_attention_for_cpu: the product is laid out as that kernel would
 * have, with the positions in front, by a copy between two permutations that undo each other.
 */
function kernelLayout(view: GraphView, product: Layer): readonly Layer[] {
  const there = view.onlyReader(product, 'Transpose');
  const copy = view.onlyReader(there, 'Clone');
  const back = view.onlyReader(copy, 'Transpose');
  if (!there || !copy || !back) return [];
  return permOf(there) === '2,0,1,3' && permOf(back) === '1,2,0,3' ? [there, copy, back] : [];
}

function permOf({ attributes: { perm } }: Layer): string {
  return String(perm);
}
