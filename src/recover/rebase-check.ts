import { elements, isDifferentiable } from '../ops/index.js';
import type { BoundGraph, BoundLayer } from '../ops/index.js';
import { grownAxes, isMoved, lostLayers, shapeIn } from './growth.js';
import type { Move } from './growth.js';

/** Why a graph that was bound to another batch does not carry it everywhere; undefined where it does. */
export function findFlaw(move: Move): string | undefined {
  const { after } = move;
  for (const [layer, message] of lostLayers(move)) return `layer "${layer}": ${message}`;
  for (const layer of after.layers) {
    const flaw = layer.folded ? undefined : layerFlaw(move, layer);
    if (flaw !== undefined) return `layer "${layer.layer.id}" ${flaw}`;
  }
  const [output = ''] = after.outputs;
  const isCarried = after.outputs.some((id) => mayStay(move, id) || isMoved(move, id));
  return isCarried ? undefined : `output "${output}" stays ${shown(after, output)}`;
}

function layerFlaw(move: Move, layer: BoundLayer): string | undefined {
  const odd = layer.outputs.find((id) => !isMovedRight(move, id));
  if (odd !== undefined) return `goes from ${shown(move.before, odd)} to ${shown(move.after, odd)}`;
  const [output = ''] = layer.outputs;
  return dropsBatch(move, layer) ? `stays ${shown(move.after, output)}` : undefined;
}

/**
 * What moved must have moved by exactly the factor, or to one sample, and along one axis, unless samples are compared
 * with each other.
 */
function isMovedRight({ before, after, batch: { from, to } }: Move, id: string): boolean {
  const [old, now] = [shapeIn(before, id), shapeIn(after, id)];
  const dims = (old && now && grownAxes(old, now)?.map((axis) => [old[axis] ?? 0, now[axis] ?? 0] as const)) ?? [];
  const isExact = dims.every(([was, is]) => is * from === was * to || is * from === was);
  return isExact && (dims.length < 2 || dims.every(([was]) => was === from));
}

/** True where a gradient flows to an input that moved, from outputs that did not. */
function dropsBatch(move: Move, { inputs, outputs, context, spec }: BoundLayer): boolean {
  if (outputs.some((id) => mayStay(move, id) || isMoved(move, id))) return false;
  const kinds = spec?.gradients?.(context);
  return inputs.some((id, index) => {
    const kind = kinds ? (kinds[index] ?? 'none') : 'new';
    return kind !== 'none' && isDifferentiable(context.inputs[index]) && isMoved(move, id);
  });
}

/** A loss is one number for any batch; of what had no shape before, the report says so. */
function mayStay({ before }: Move, id: string): boolean {
  const shape = shapeIn(before, id);
  return shape === undefined || elements(shape) === 1;
}

function shown(graph: BoundGraph, id: string): string {
  return `[${(shapeIn(graph, id) ?? []).join(', ')}]`;
}
