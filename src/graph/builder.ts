import type { Graph, Layer, TrainingHints } from './graph.js';
import { quoted } from './quoted.js';
import type { Tensor } from './tensor.js';

/** A graph that cannot be: two producers of one tensor, a cycle, one name twice. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

export interface GraphParts {
  readonly name: string;
  readonly format: string;
  readonly layers: readonly Layer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly subgraphs?: ReadonlyMap<string, Graph>;
  readonly hints?: TrainingHints;
}

/** Checks the parts and sorts the layers topologically; derives upstream and downstream once somebody asks. */
export function buildGraph(parts: GraphParts): Graph {
  const producers = producersOf(parts.layers);
  const layers = isTopological(parts.layers, producers)
    ? parts.layers
    : sortLayers(parts.layers, upstreamOf(parts.layers, producers));
  let upstream: Neighbours | undefined;
  let downstream: Neighbours | undefined;
  const readFrom = (): Neighbours => (upstream ??= upstreamOf(layers, producers));
  const readBy = (): Neighbours => (downstream ??= downstreamOf(layers, readFrom()));
  return {
    ...parts,
    layers,
    subgraphs: parts.subgraphs ?? new Map(),
    hints: parts.hints ?? {},
    producers,
    upstream: (id) => readFrom().get(id) ?? [],
    downstream: (id) => readBy().get(id) ?? [],
  };
}

/** Layers by the name of the one they stand next to, each once. */
type Neighbours = ReadonlyMap<string, readonly string[]>;

function upstreamOf(layers: readonly Layer[], producers: ReadonlyMap<string, Layer>): Neighbours {
  const sources = (layer: Layer): string[] => layer.inputs.flatMap((input) => producers.get(input)?.id ?? []);
  return new Map(layers.map((layer) => [layer.id, [...new Set(sources(layer))]]));
}

function downstreamOf(layers: readonly Layer[], upstream: Neighbours): Neighbours {
  const downstream = new Map<string, string[]>(layers.map(({ id }) => [id, []]));
  for (const { id } of layers) for (const source of upstream.get(id) ?? []) downstream.get(source)?.push(id);
  return downstream;
}

/** True where no layer reads what it or a later one writes. */
function isTopological(layers: readonly Layer[], producers: ReadonlyMap<string, Layer>): boolean {
  const before = new Set<Layer | undefined>([undefined]);
  return layers.every((layer) => {
    const isBehind = layer.inputs.every((input) => before.has(producers.get(input)));
    before.add(layer);
    return isBehind;
  });
}

/** The layer that writes each tensor. */
export function producersOf(layers: readonly Layer[]): Map<string, Layer> {
  const producers = new Map<string, Layer>();
  const ids = new Set<string>();
  for (const layer of layers) {
    if (ids.has(layer.id)) throw new GraphError(`two layers are named ${quoted(layer.id)}`);
    ids.add(layer.id);
    for (const output of layer.outputs) {
      if (output === '') continue;
      if (producers.has(output)) throw new GraphError(`tensor ${quoted(output)} is written twice`);
      producers.set(output, layer);
    }
  }
  return producers;
}

/** The layers that read each tensor, in graph order. */
export function consumersOf(layers: readonly Layer[]): Map<string, Layer[]> {
  const consumers = new Map<string, Layer[]>();
  for (const layer of layers) {
    for (const input of layer.inputs) {
      const readers = consumers.get(input);
      if (!readers) consumers.set(input, [layer]);
      else if (readers.at(-1) !== layer) readers.push(layer);
    }
  }
  return consumers;
}

type State = Map<string, 'open' | 'done'>;

/** Depth-first, so that a file's order is kept where it already is topological; iterative, so that depth is no limit. */
function sortLayers(layers: readonly Layer[], upstream: Neighbours): Layer[] {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const sorted: Layer[] = [];
  const state: State = new Map();
  const stack: Layer[] = [];
  for (const root of layers) {
    stack.push(root);
    for (let layer = stack.at(-1); layer; layer = stack.at(-1)) {
      const pending = state.has(layer.id) ? [] : waitingFor(layer, upstream, state);
      if (pending.length === 0) place(stack, sorted, state);
      else state.set(layer.id, 'open');
      for (const id of pending) stack.push(byId.get(id) ?? layer);
    }
  }
  return sorted;
}

/** The layer on top of the stack has everything it waits for: it is next, unless it was placed before. */
function place(stack: Layer[], sorted: Layer[], state: State): void {
  const layer = stack.pop();
  if (!layer || state.get(layer.id) === 'done') return;
  sorted.push(layer);
  state.set(layer.id, 'done');
}

/** Upstream layers still to be placed, last first, so that the first is placed first. */
function waitingFor(layer: Layer, upstream: Neighbours, state: State): string[] {
  const sources = (upstream.get(layer.id) ?? []).filter((id) => state.get(id) !== 'done');
  const open = sources.find((id) => state.get(id) === 'open' || id === layer.id);
  if (open !== undefined) throw new GraphError(`layers form a cycle at ${quoted(open)}`);
  return sources.reverse();
}
