import type { BoundGraph, BoundLayer } from '../ops/index.js';

/** Operators that refuse two factors of different dtypes where autocast is off. */
const PRODUCTS: ReadonlySet<string> = new Set(['MatMul', 'Gemm']);
/** What hands its input on in the same dtype. */
const PASSES: ReadonlySet<string> = new Set(['Dropout', 'Reshape', 'Transpose', 'Unsqueeze', 'Squeeze']);

/** Of a tensor with more of them nothing is said: a net has a few, and lists of thousands take their square. */
const MAX_FACTORS = 16;

/** What stands on the other side of the products that read a tensor, by its name, where nothing else reads it. */
export function otherFactors({ layers, outputs }: BoundGraph): ReadonlyMap<string, readonly string[]> {
  const factors = new Map<string, readonly string[] | undefined>(outputs.map((id) => [id, undefined]));
  for (const bound of layers.toReversed()) {
    bound.inputs.forEach((id, index) => {
      const before = factors.has(id) ? factors.get(id) : [];
      const others = othersOf(bound, index, factors);
      const all = before && others && before.length < MAX_FACTORS ? [...before, ...others] : undefined;
      factors.set(id, all);
    });
  }
  return new Map([...factors].flatMap(([id, others]) => (others?.length ? [[id, others] as const] : [])));
}

/** Undefined where an input is read by something other than a product. */
function othersOf(
  { layer: { type }, inputs, outputs }: BoundLayer,
  index: number,
  factors: ReadonlyMap<string, readonly string[] | undefined>,
): readonly string[] | undefined {
  if (PRODUCTS.has(type) && index < 2) return inputs.slice(1 - index, 2 - index);
  return PASSES.has(type) && index === 0 ? factors.get(outputs[0] ?? '') : undefined;
}
