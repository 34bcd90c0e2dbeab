import { buildGraph } from '../graph/index.js';
import type { Graph } from '../graph/index.js';
import { bindGraph, TARGET_SHAPE_INPUTS } from '../ops/bind.js';
import type { InputShapes } from '../ops/bind.js';
import { elements, ShapeError, specOf } from '../ops/index.js';
import type { BoundGraph, OpContext } from '../ops/index.js';
import { BatchFixedError } from './errors.js';
import { rebasedShape } from './rebased-shape.js';

export interface Rebase {
  /** The batch the file was exported with. */
  readonly from: number;
  readonly to: number;
  readonly bindings: ReadonlyMap<string, number>;
  /** Input shapes the request gave, batch included. */
  readonly shapes: InputShapes;
}

export interface Rebased {
  readonly graph: Graph;
  readonly shapes: InputShapes;
  readonly assumptions: readonly string[];
}

/**
 * Moves a graph with a static batch to another one: dim 0 of the inputs, and the shapes baked into Reshape and Expand.
 * Refuses where what comes out does not carry the new batch: then the old one is baked in elsewhere.
 */
export function rebaseBatch(graph: Graph, rebase: Rebase): Rebased {
  const { from, to, bindings } = rebase;
  if (from === to) return { graph, shapes: rebase.shapes, assumptions: [] };
  const before = bindGraph(graph, { bindings });
  const shapes = rebasedInputs(before, rebase);
  const targets = new Map<string, readonly number[]>();
  const after = bindGraph(graph, {
    bindings,
    shapes,
    targetShape: (context) => {
      const target = targetShape(context, before, rebase);
      if (target) targets.set(context.layer.id, target);
      return target;
    },
  });
  verify(before, after, rebase);
  return {
    graph: withTargets(graph, targets),
    shapes,
    assumptions: [`batch ${to} in place of the ${from} the file was exported with`],
  };
}

/** Every input of the old batch gets the new one; a shape the request gave stands. */
function rebasedInputs(before: BoundGraph, { from, to, shapes }: Rebase): Map<string, readonly number[]> {
  const result = new Map(shapes);
  for (const id of before.inputs) {
    const shape = before.tensors.get(id)?.type?.shape;
    if (shape?.[0] === from && !result.has(id)) result.set(id, [to, ...shape.slice(1)]);
  }
  return result;
}

/** The shape a layer must produce now, where the one baked into it is that of the old batch. */
function targetShape(context: OpContext, before: BoundGraph, rebase: Rebase): readonly number[] | undefined {
  const { layer } = context;
  const shapeBefore = (id = ''): readonly number[] | undefined => before.tensors.get(id)?.type?.shape;
  const old = shapeBefore(layer.outputs[0]);
  const oldInput = shapeBefore(layer.inputs[0]);
  const newInput = context.inputs[0]?.shape;
  if (!old || !oldInput || !newInput) return undefined;
  const { from, to } = rebase;
  return rebasedShape(layer.type, { old, now: inferredShape(context), oldInput, newInput, from, to });
}

function inferredShape(context: OpContext): readonly number[] | undefined {
  try {
    return specOf(context.layer.type)?.infer(context)[0]?.shape;
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

/** The graph with the target shapes of some layers replaced by constants. */
function withTargets(graph: Graph, targets: ReadonlyMap<string, readonly number[]>): Graph {
  if (targets.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  const layers = graph.layers.map((layer) => {
    const value = targets.get(layer.id);
    if (!value) return layer;
    const id = `${layer.id}/rebased_shape`;
    tensors.set(id, { id, dtype: 'int64', shape: [value.length], storage: id, role: 'constant', value });
    const position = TARGET_SHAPE_INPUTS[layer.type];
    return { ...layer, inputs: layer.inputs.map((input, index) => (index === position ? id : input)) };
  });
  return buildGraph({ ...graph, layers, tensors });
}

/** Every output must have grown by exactly the factor, and nothing that had a shape may have lost it. */
function verify(before: BoundGraph, after: BoundGraph, { from, to }: Rebase): void {
  const lost = after.problems.find(({ layer }) => !before.problems.some((problem) => problem.layer === layer));
  if (lost) throw new BatchFixedError(from, to, `layer "${lost.layer}": ${lost.message}`);
  for (const id of before.outputs) {
    const [old, now] = [before.tensors.get(id)?.type, after.tensors.get(id)?.type];
    if (!old || !now) continue;
    const isScalar = elements(old.shape) === 1 && elements(now.shape) === 1;
    if (!isScalar && elements(now.shape) * from !== elements(old.shape) * to) {
      throw new BatchFixedError(from, to, `output "${id}" stays [${now.shape.join(', ')}]`);
    }
  }
}
