import { buildGraph } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';
import { TARGET_SHAPE_INPUTS } from '../ops/bind.js';
import type { BatchChange } from './errors.js';

type Shape = readonly number[];

/** Inputs that state the size of the output, batch first, and of a range its end. */
const SIZE_INPUTS: Readonly<Record<string, number>> = { Resize: 3, AffineGrid: 1, Range: 1 };

/** The graph with the batch replaced where constants of the file state it as a size, and how many do. */
export function withSizes(graph: Graph, { from, to }: BatchChange): { graph: Graph; count: number } {
  const targets = new Map<string, Shape>();
  for (const layer of graph.layers) {
    const value = graph.tensors.get(layer.inputs[SIZE_INPUTS[layer.type] ?? -1] ?? '')?.value;
    const isWhole = value !== undefined && value.length > 1 && layer.attributes['axes'] === undefined;
    if (isWhole && value[0] === from) targets.set(layer.id, value.with(0, to));
  }
  return { graph: withTargets(graph, targets), count: targets.size };
}

/**
 * The same of ranges from 0 to the batch: the samples by their numbers, as `mask[samples, positions]` reads them. A range
 * of one says nothing.
 */
export function withRanges(graph: Graph, { from, to }: BatchChange): { graph: Graph; count: number } {
  const counts = (layer: Layer): boolean =>
    from > 1 &&
    layer.type === 'Range' &&
    [0, from, 1].every((value, at) => scalarOf(graph, layer.inputs[at]) === value);
  const targets = new Map(graph.layers.filter(counts).map(({ id }) => [id, [to]]));
  return { graph: withTargets(graph, targets), count: targets.size };
}

function scalarOf({ tensors }: Graph, id = ''): number | undefined {
  const value = tensors.get(id)?.value;
  return value?.length === 1 ? value[0] : undefined;
}

/** The graph with other target shapes, by the names that layers have once bodies are in their layers' places. */
export function withTargets(graph: Graph, targets: ReadonlyMap<string, Shape>, prefix = ''): Graph {
  if (targets.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  const layers = graph.layers.map((layer) => {
    const value = targets.get(prefix + layer.id);
    return value ? withTarget(layer, value, tensors) : layer;
  });
  const subgraphs = new Map<string, Graph>();
  for (const [key, body] of graph.subgraphs) {
    const owner = key.slice(0, key.lastIndexOf('/'));
    subgraphs.set(key, withTargets(body, targets, `${prefix}${owner}/`));
  }
  return buildGraph({ ...graph, layers, tensors, subgraphs });
}

function withTarget(layer: Layer, value: Shape, tensors: Map<string, Tensor>): Layer {
  const id = `${layer.id}/rebased_shape`;
  const position = TARGET_SHAPE_INPUTS[layer.type] ?? SIZE_INPUTS[layer.type] ?? 0;
  tensors.set(id, { id, dtype: 'int64', shape: [value.length], storage: id, role: 'constant', value });
  const absent = new Array<string>(Math.max(0, position + 1 - layer.inputs.length)).fill('');
  return { ...layer, inputs: [...layer.inputs, ...absent].with(position, id) };
}
