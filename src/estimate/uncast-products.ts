import type { BoundGraph, BoundLayer } from '../ops/index.js';

const CASTS: ReadonlySet<string> = new Set(['Cast', 'CastLike']);

/**
 * Products with a parameter that no layer casts. Where the parameter is of 16 bits and the rest of float32, a norm has
 * gone back to 16 bits in a branch that a float32 export does not take (transformers, modeling_t5.py: T5LayerNorm;
 * modeling_idefics.py: IdeficsRMSNorm). A norm that casts its product goes back there (modeling_olmo2.py).
 */
export function uncastProducts({ layers, tensors }: BoundGraph): ReadonlySet<BoundLayer> {
  const cast = new Set(layers.flatMap(({ layer, inputs }) => (CASTS.has(layer.type) ? inputs : [])));
  const isParameter = (id: string): boolean => tensors.get(id)?.role === 'parameter';
  const isUncast = ({ layer, inputs, outputs }: BoundLayer): boolean =>
    layer.type === 'Mul' && inputs.some(isParameter) && !outputs.some((id) => cast.has(id));
  return new Set(layers.filter(isUncast));
}
