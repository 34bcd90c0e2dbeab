import { buildGraph } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';
import type { BatchChange } from './errors.js';
import { isMoved, lostLayers, shapeIn } from './growth.js';
import type { Move } from './growth.js';
import { GraphView } from './view.js';

type Shape = readonly number[];

/** Layers that put tensors of one batch together. */
const JOINS = ['Concat', 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Where', 'And', 'Or', 'Attention'];

/** Tensors behind an operand that are looked at. */
const MAX_SOURCES = 16;

/** An operand of a join that stayed as it was under the old batch. */
interface Operand {
  readonly layer: Layer;
  readonly index: number;
  readonly id: string;
  readonly now: Shape;
}

/**
 * Exporters fold what was expanded to the batch: a class token, a mask. Such a tensor does not fit what moved. It is made
 * one sample's, and expanded again where that is not enough. One step of that; undefined where there is none to take.
 */
export function withSampleTensors(graph: Graph, move: Move): { graph: Graph; count: number } | undefined {
  const operands = staleOperands(graph, move);
  const expanded = operands.filter(({ now }) => now[0] === 1);
  const shrunk = bakedTensors(graph, operands, move.batch);
  const count = expanded.length + shrunk.length;
  if (count === 0) return undefined;
  const tensors = new Map(graph.tensors);
  for (const tensor of shrunk) tensors.set(tensor.id, sampleOf(tensor, move.batch));
  const expands = new Map<Layer, Operand[]>();
  for (const operand of expanded) expands.set(operand.layer, [...(expands.get(operand.layer) ?? []), operand]);
  const layers = graph.layers.flatMap((layer) =>
    withExpands(layer, expands.get(layer) ?? [], { tensors, to: move.batch.to }),
  );
  return { graph: buildGraph({ ...graph, layers, tensors }), count };
}

/** Behind a join that does not fit nothing can be said: its result is what the file states, or unknown. */
function staleOperands(graph: Graph, move: Move): Operand[] {
  const lost = lostLayers(move);
  const unsure = new Set<string>();
  return graph.layers.flatMap((layer) => {
    const isUnsure = layer.inputs.some((id) => unsure.has(id));
    const isHeld = lost.has(layer.id) || !layer.outputs.some((id) => isMoved(move, id));
    const operands = isUnsure ? [] : staleOf(layer, move, { isHeld, isLost: lost.has(layer.id) });
    if (isUnsure || lost.has(layer.id) || (isHeld && operands.length > 0))
      layer.outputs.forEach((id) => unsure.add(id));
    return operands;
  });
}

/**
 * Operands of the old batch where another moved and the result did not: of one sample where that does not fit either,
 * else as they were. What an Attention results in says nothing of its mask.
 */
function staleOf(layer: Layer, move: Move, is: { isHeld: boolean; isLost: boolean }): Operand[] {
  const isJoin = JOINS.includes(layer.type) && (is.isHeld || layer.type === 'Attention');
  if (!isJoin || !layer.inputs.some((id) => isMoved(move, id))) return [];
  const { from, to } = move.batch;
  const dims = [...(from === 1 ? [] : [from]), ...(is.isLost && to !== 1 ? [1] : [])];
  return layer.inputs.flatMap((id, index) => {
    const now = shapeIn(move.after, id);
    const isStale = shapeIn(move.before, id)?.[0] === from && dims.includes(now?.[0] ?? 0);
    return now && isStale ? [{ layer, index, id, now }] : [];
  });
}

/** The tensors of the file that make operands what they are, and those of their kind: each layer may have its own. */
function bakedTensors(graph: Graph, operands: readonly Operand[], { from }: BatchChange): Tensor[] {
  const view = new GraphView(graph);
  const found = operands.filter(({ now }) => now[0] !== 1).flatMap(({ id }) => sourcesOf(view, id, from));
  const kinds = new Set(found.map(kindOf));
  return found.length === 0 ? [] : [...graph.tensors.values()].filter((tensor) => kinds.has(kindOf(tensor)));
}

/** A vector is of no kind but its own. */
function kindOf({ id, role, dtype, shape = [] }: Tensor): string {
  return JSON.stringify(shape.length > 1 ? [role, dtype, shape] : id);
}

/** The operand itself, or constants behind it; not the vectors among them, which are shapes. */
function sourcesOf(view: GraphView, operand: string, from: number): Tensor[] {
  const ids = [operand];
  // Grows while it is walked.
  for (const id of ids) {
    const inputs = view.producer(id)?.inputs ?? [];
    ids.push(...inputs.slice(0, MAX_SOURCES - ids.length));
  }
  const isMatrix = ({ role, shape = [] }: Tensor): boolean => role === 'constant' && shape.length > 1;
  const tensors = ids.flatMap((id) => view.tensor(id) ?? []).filter(({ shape }) => shape?.[0] === from);
  return tensors.filter((tensor) => isMatrix(tensor) || (tensor.id === operand && tensor.role !== 'activation'));
}

function sampleOf(tensor: Tensor, { from }: BatchChange): Tensor {
  const { shape = [], value } = tensor;
  return { ...tensor, shape: [1, ...shape.slice(1)], ...(value && { value: value.slice(0, value.length / from) }) };
}

interface Expansion {
  readonly tensors: Map<string, Tensor>;
  readonly to: number;
}

function withExpands(layer: Layer, operands: readonly Operand[], expansion: Expansion): Layer[] {
  if (operands.length === 0) return [layer];
  const expands = operands.map((operand) => expandOf(operand, expansion));
  const byIndex = new Map(operands.map(({ index }, at) => [index, expands[at]?.outputs[0]]));
  return [...expands, { ...layer, inputs: layer.inputs.map((id, index) => byIndex.get(index) ?? id) }];
}

function expandOf({ layer, index, id, now }: Operand, { tensors, to }: Expansion): Layer {
  const output = `${layer.id}/expanded_${index}`;
  const target = `${output}/shape`;
  const value = [to, ...now.slice(1)];
  tensors.set(target, { id: target, dtype: 'int64', shape: [value.length], storage: target, role: 'constant', value });
  tensors.set(output, { id: output, dtype: 'float32', shape: undefined, storage: output, role: 'activation' });
  return { id: output, type: 'Expand', inputs: [id, target], outputs: [output], attributes: {} };
}
