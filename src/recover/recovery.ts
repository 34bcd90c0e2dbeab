import { buildGraph } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';
import { orphansOf } from './orphans.js';
import { GraphView } from './view.js';

/** Layers that give way to others; the new ones write what the old ones left to the rest of the graph. */
export interface Rewrite {
  readonly remove: readonly Layer[];
  readonly add: readonly Layer[];
  readonly tensors?: readonly Tensor[];
}

/** One row: a pattern that exporters leave behind, and what people train in its place. */
export interface Recovery {
  readonly name: string;
  /** True where a file that holds the training's own operators has the pattern too: torch.export leaves it behind. */
  readonly inVerbatim?: boolean;
  /** True of what run_decompositions of torch.export alone leaves behind; elsewhere the model is written so. */
  readonly onlyDecomposed?: boolean;
  /** What the report says when it was found `count` times. */
  assumption(count: number): string;
  /** Prepares once for a graph; the result looks at one layer, the pattern's anchor. */
  matcher(view: GraphView): (layer: Layer) => Rewrite | undefined;
}

/** Applies one row everywhere its pattern stands; overlapping finds go to the first. */
export function applyRecovery(
  graph: Graph,
  recovery: Recovery,
  view = new GraphView(graph),
): { graph: Graph; count: number } {
  const match = recovery.matcher(view);
  const removed = new Set<Layer>();
  const rewrites: Rewrite[] = [];
  for (const layer of graph.layers) {
    const rewrite = removed.has(layer) ? undefined : match(layer);
    if (!rewrite || rewrite.remove.some((gone) => removed.has(gone)) || !isSafe(view, rewrite)) continue;
    rewrites.push(rewrite);
    for (const gone of rewrite.remove) removed.add(gone);
  }
  return rewrites.length === 0
    ? { graph, count: 0 }
    : { graph: rewritten(view, removed, rewrites), count: rewrites.length };
}

function isSafe(view: GraphView, { remove, add }: Rewrite): boolean {
  return view.isClosed(remove, new Set(add.flatMap(({ outputs }) => outputs)));
}

function rewritten(view: GraphView, removed: ReadonlySet<Layer>, rewrites: readonly Rewrite[]): Graph {
  const { graph } = view;
  const orphans = orphansOf({ view, removed, added: rewrites.flatMap(({ add }) => add) });
  const tensors = new Map(graph.tensors);
  for (const { tensors: made = [] } of rewrites) for (const tensor of made) tensors.set(tensor.id, tensor);
  for (const id of orphans.tensors) tensors.delete(id);
  // New layers take the place of the last one they replace, so that the order stays topological.
  const positions = new Map<Layer, number>();
  graph.layers.forEach((layer, index) => removed.has(layer) && positions.set(layer, index));
  const replacements = new Map(rewrites.map(({ remove, add }) => [lastOf(remove, positions), add]));
  const layers = graph.layers.flatMap((layer) => replacements.get(layer) ?? (removed.has(layer) ? [] : layer));
  return buildGraph({ ...graph, layers: layers.filter((layer) => !orphans.layers.has(layer)), tensors });
}

function lastOf(layers: readonly Layer[], positions: ReadonlyMap<Layer, number>): Layer | undefined {
  const position = (layer: Layer): number => positions.get(layer) ?? -1;
  return layers.reduce((last, layer) => (position(layer) > position(last) ? layer : last));
}

/** A layer that takes another's place: its name, its scope and its outputs. */
export function inPlaceOf(
  last: Layer,
  replacement: { type: string; inputs: readonly string[]; attributes?: Layer['attributes'] },
): Layer {
  return {
    id: last.id,
    outputs: last.outputs.slice(0, 1),
    attributes: {},
    ...(last.scope !== undefined && { scope: last.scope }),
    ...replacement,
  };
}
