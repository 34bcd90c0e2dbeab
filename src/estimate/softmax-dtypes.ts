import type { BoundGraph } from '../ops/index.js';

/** What softmaxes read. */
export interface SoftmaxInputs {
  /** Of those that are computed in the dtype of what they multiply. */
  readonly narrow: ReadonlySet<string>;
  /** Of the others. */
  readonly wide: ReadonlySet<string>;
}

/** What hands its input on, from attention's softmax to its product. */
const PASSES: ReadonlySet<string> = new Set(['Dropout', 'Reshape']);

/**
 * `softmax(scores, dtype=…)` is a cast of the scores, which a float32 export writes as one to float32 whatever was meant.
 * One that is cast again was computed in float32 (transformers, modeling_bloom.py: `dtype=torch.float32`, then
 * `.to(query_layer.dtype)`); one that goes straight into a product has the dtype of its other factor, or PyTorch would
 * refuse (modeling_falcon.py: `dtype=hidden_states.dtype`).
 */
export function softmaxInputs({ layers }: BoundGraph): SoftmaxInputs {
  const multiplied = new Set<string>();
  const inputs = { narrow: new Set<string>(), wide: new Set<string>() };
  for (const { layer, inputs: read, outputs } of layers.toReversed()) {
    const isMultiplied = outputs.some((id) => multiplied.has(id));
    if (layer.type === 'MatMul' || (isMultiplied && PASSES.has(layer.type))) read.forEach((id) => multiplied.add(id));
    if (layer.type === 'Softmax') read.forEach((id) => inputs[isMultiplied ? 'narrow' : 'wide'].add(id));
  }
  return inputs;
}
