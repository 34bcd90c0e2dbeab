import type { Graph } from '../graph/index.js';
import type { LossName } from './losses.js';

/** What a causal mask is made of: torch.triu, SDPA's own flag, or a comparison of positions (transformers' masking_utils.py). */
const CAUSAL_OPERATORS: ReadonlySet<string> = new Set(['Trilu', 'LessOrEqual']);

/** Between a model's input and the embedding that looks it up. */
const PASSING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Cast', 'Contiguous', 'Unsqueeze', 'Squeeze']);

/**
 * The loss of a graph that has none: a causal language model learns the next token, others the classes of their logits.
 * An encoder with a decoder looks up two inputs, and its labels are shifted before they are given to it.
 */
export function defaultLossOf(graph: Graph): LossName {
  return isCausal(graph) && lookedUp(graph).size === 1 ? 'next-token' : 'cross-entropy';
}

function isCausal({ layers }: Graph): boolean {
  return layers.some(({ type, attributes }) => CAUSAL_OPERATORS.has(type) || Boolean(attributes['is_causal']));
}

/** The inputs of the graph that index a table of rows. */
function lookedUp({ layers, inputs }: Graph): ReadonlySet<string> {
  const sources = new Map(inputs.map((id) => [id, id]));
  const found = new Set<string>();
  for (const layer of layers) {
    const source = sources.get(layer.inputs[0] ?? '');
    if (source !== undefined && PASSING.has(layer.type)) for (const id of layer.outputs) sources.set(id, source);
    const indices = sources.get(layer.inputs[1] ?? '');
    if (indices !== undefined && layer.type === 'Gather') found.add(indices);
  }
  return found;
}
