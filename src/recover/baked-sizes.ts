import { buildGraph } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';
import { TARGET_SHAPE_INPUTS } from '../ops/bind.js';
import type { BatchChange } from './errors.js';

type Shape = readonly number[];

/** Inputs that state the size of the output, batch first. */
const SIZE_INPUTS: Readonly<Record<string, number>> = { Resize: 3, AffineGrid: 1 };
/** Inputs that state how often something is there. */
const COUNT_INPUTS: Readonly<Record<string, number>> = { Range: 1, Tile: 1 };
const STATED_INPUTS = { ...COUNT_INPUTS, ...SIZE_INPUTS, ...TARGET_SHAPE_INPUTS };

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
 * The same of what counts samples: a range from 0 to the batch, as `mask[samples, positions]` reads it, and how often
 * something is repeated along its first axis. A count of one says nothing.
 */
export function withCounts(graph: Graph, { from, to }: BatchChange): { graph: Graph; count: number } {
  const targets = new Map<string, Shape>();
  for (const layer of from > 1 ? graph.layers : []) {
    const repeats = layer.type === 'Tile' ? valueOf(graph, layer.inputs[1]) : undefined;
    if (repeats?.[0] === from) targets.set(layer.id, repeats.with(0, to));
    const isCount = [0, from, 1].every((each, at) => valueOf(graph, layer.inputs[at])?.join() === String(each));
    if (layer.type === 'Range' && isCount) targets.set(layer.id, [to]);
  }
  return { graph: withTargets(graph, targets), count: targets.size };
}

function valueOf({ tensors }: Graph, id = ''): readonly number[] | undefined {
  return tensors.get(id)?.value;
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
  const position = STATED_INPUTS[layer.type] ?? 0;
  tensors.set(id, { id, dtype: 'int64', shape: [value.length], storage: id, role: 'constant', value });
  const absent = new Array<string>(Math.max(0, position + 1 - layer.inputs.length)).fill('');
  return { ...layer, inputs: [...layer.inputs, ...absent].with(position, id) };
}
