import type { Attributes, Layer } from '../graph/index.js';
import { matchOf } from './pattern.js';
import type { Pattern } from './pattern.js';
import type { GraphView } from './view.js';

/** What the attention reads as key and value. */
export interface Groups {
  readonly ids: readonly string[];
  readonly remove: readonly Layer[];
  readonly attributes: Attributes;
}

/** aten/src/ATen/native/transformers/attention.cpp, pre_process_group_query_attention_input: repeat_interleave of heads. */
const REPEATED: Pattern = ['Reshape', ['Clone', ['Expand', ['Unsqueeze', 'heads']]]];

/**
 * Key and value before they were repeated for the heads of the query, if attention did that itself (`enable_gqa`): of a
 * decomposed program, where it stands behind the layer that scales the query. A model that repeats them does so before.
 */
export function groupsOf(view: GraphView, scaling: Layer, ids: readonly string[]): Groups {
  const found = view.isDecomposed ? ids.map((id) => matchOf(view, REPEATED, id)) : [];
  const layers = found.flatMap((match) => match?.layers ?? []);
  const heads = found.flatMap((match) => match?.tensors.get('heads') ?? []);
  const isOwn = heads.length === 2 && layers.every((layer) => view.isBehind(layer, scaling));
  return isOwn ? { ids: heads, remove: layers, attributes: { enable_gqa: 1 } } : { ids, remove: [], attributes: {} };
}
