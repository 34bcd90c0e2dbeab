import type { Attributes, Layer } from '../graph/index.js';
import type { OpType } from '../ops/index.js';
import { matchOf } from './pattern.js';
import type { Match, Pattern } from './pattern.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';
import type { GraphView } from './view.js';

/** A function that run_decompositions of torch.export writes out, of which one layer is trained. */
export interface Decomposition {
  readonly name: string;
  readonly type: OpType;
  readonly pattern: Pattern & object;
  /** The words of the pattern that the layer reads, in its order. */
  readonly inputs: readonly string[];
  /** Of the layer, from those of the pattern, the outermost first; undefined for another function after all. */
  readonly attributes?: (layers: readonly Layer[], view: GraphView) => Attributes | undefined;
}

export function decomposition({ name, type, pattern, inputs, attributes }: Decomposition): Recovery {
  return {
    name,
    onlyDecomposed: true,
    assumption: (count) => `${name} restored from its decomposition (${count}x)`,
    matcher: (view) => (layer) => {
      const found: Match | undefined =
        layer.type === pattern[0] ? matchOf(view, pattern, layer.outputs[0] ?? '') : undefined;
      const given = found && (attributes ? attributes(found.layers, view) : {});
      if (!given) return undefined;
      const operands = inputs.map((word) => found.tensors.get(word) ?? '');
      return {
        remove: [...new Set(found.layers)],
        add: [inPlaceOf(layer, { type, inputs: operands, attributes: given })],
      };
    },
  };
}
