import { printable } from '../graph/index.js';
import type { Graph, SizeRange } from '../graph/index.js';

/** What the free sizes of a graph's inputs come to. */
interface Sizes {
  readonly bindings: ReadonlyMap<string, number>;
  /** Whole shapes, by input. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** A free size, where it stands and what it comes to. */
interface Place {
  readonly input: string;
  readonly axis: number;
  readonly symbol: string;
  readonly value: number;
}

/** More of an input's name than this hides what is said of it. */
const MAX_NAME_LENGTH = 64;

/**
 * Sizes that are outside of what a program was exported for (torch.export.Dim: min, max), by which torch.export may have
 * decided a branch. Each is named where it first stands.
 */
export function outsideRanges(graph: Graph, sizes: Sizes): readonly string[] {
  const sentences = new Map<string, string>();
  for (const place of placesOf(graph, sizes)) {
    const range = graph.hints.ranges?.get(place.symbol);
    if (!range || sentences.has(place.symbol) || (place.value >= range.least && place.value <= range.most)) continue;
    sentences.set(place.symbol, sentence(place, range));
  }
  return [...sentences.values()];
}

function placesOf({ inputs, tensors }: Graph, { bindings, shapes }: Sizes): readonly Place[] {
  return inputs.flatMap((input) =>
    (tensors.get(input)?.shape ?? []).flatMap((dim, axis): Place[] => {
      if (typeof dim === 'number' || dim.kind !== 'symbol') return [];
      const value = shapes.has(input) ? shapes.get(input)?.[axis] : bindings.get(dim.name);
      return value === undefined ? [] : [{ input, axis, symbol: dim.name, value }];
    }),
  );
}

function sentence({ input, axis, value }: Place, { least, most }: SizeRange): string {
  const range = most === Infinity ? `${least} and more` : `${least}..${most}`;
  const where = `dimension ${axis} of input "${printable(input, MAX_NAME_LENGTH)}"`;
  return `${where} is ${value}, outside ${range}, the range the program was exported for`;
}
