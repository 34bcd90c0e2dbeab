import { formatDim, printable, symbolsOf } from '../graph/index.js';
import type { Bindings, Dim, Graph, SizeRange } from '../graph/index.js';

/** A free size, where it stands and what it comes to. */
interface Place {
  readonly input: string;
  readonly axis: number;
  readonly dim: Dim;
  readonly symbol: string;
  readonly value: number;
}

/** More of an input's name than this hides what is said of it. */
const MAX_NAME_LENGTH = 64;

/**
 * Sizes that are outside of what a program was exported for (torch.export.Dim: min, max), by which torch.export may have
 * decided a branch. Each is named where it first stands.
 */
export function outsideRanges(graph: Graph, bindings: Bindings): readonly string[] {
  const sentences = new Map<string, string>();
  for (const place of placesOf(graph, bindings)) {
    const range = graph.hints.ranges?.get(place.symbol);
    if (!range || sentences.has(place.symbol) || (place.value >= range.least && place.value <= range.most)) continue;
    sentences.set(place.symbol, sentence(place, range));
  }
  return [...sentences.values()];
}

function placesOf({ inputs, tensors }: Graph, bindings: Bindings): readonly Place[] {
  return inputs.flatMap((input) =>
    (tensors.get(input)?.shape ?? []).flatMap((dim, axis) =>
      symbolsOf(dim).flatMap((symbol): Place[] => {
        const value = bindings.get(symbol);
        return value === undefined ? [] : [{ input, axis, dim, symbol, value }];
      }),
    ),
  );
}

function sentence({ input, axis, dim, value }: Place, { least, most }: SizeRange): string {
  const range = most === Infinity ? `${least} and more` : `${least}..${most}`;
  const where = `dimension ${axis} of input "${printable(input, MAX_NAME_LENGTH)}"`;
  const size = typeof dim === 'object' && dim.kind !== 'symbol' ? `is ${formatDim(dim)} of ${value}` : `is ${value}`;
  return `${where} ${size}, outside ${range}, the range the program was exported for`;
}
