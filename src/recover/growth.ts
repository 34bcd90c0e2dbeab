import type { BoundGraph } from '../ops/index.js';
import type { BatchChange } from './errors.js';

type Shape = readonly number[];

/** A graph bound to the batch of the file, and what came of binding it to another. */
export interface Move {
  readonly before: BoundGraph;
  readonly after: BoundGraph;
  readonly batch: BatchChange;
}

export function shapeIn(graph: BoundGraph, id: string): Shape | undefined {
  return graph.tensors.get(id)?.type?.shape;
}

/** True for a tensor whose shape is another one now. */
export function isMoved({ before, after }: Move, id: string): boolean {
  const [old, now] = [shapeIn(before, id), shapeIn(after, id)];
  return old !== undefined && now !== undefined && !isSameShape(old, now);
}

/** Layers whose shapes could be inferred before and no longer can, with the reason. */
export function lostLayers({ before, after }: Move): ReadonlyMap<string, string> {
  const lost = new Map(after.problems.map(({ layer, message }) => [layer, message]));
  for (const { layer } of before.problems) lost.delete(layer);
  return lost;
}

/** The axes along which a shape differs from the one it had under the old batch; undefined where the ranks do. */
export function grownAxes(old: Shape, now: Shape): number[] | undefined {
  if (old.length !== now.length) return undefined;
  return [...old.keys()].filter((axis) => old[axis] !== now[axis]);
}

/** The one axis that grew with the batch; undefined where none or several did, or something else happened. */
export function batchAxis(old: Shape, now: Shape, { from, to }: BatchChange): number | undefined {
  const axes = grownAxes(old, now);
  const [axis] = axes ?? [];
  if (axes?.length !== 1 || axis === undefined) return undefined;
  return (now[axis] ?? 0) * from === (old[axis] ?? 0) * to ? axis : undefined;
}

/** A shape with one axis grown with the batch; undefined where that axis holds no whole batch. */
export function grown(old: Shape, axis: number, { from, to }: BatchChange): Shape | undefined {
  const dim = ((old[axis] ?? 0) * to) / from;
  return Number.isInteger(dim) ? old.with(axis, dim) : undefined;
}

/** Elements behind an axis: how far apart its neighbours are. */
export function stride(shape: Shape, axis: number): number {
  return shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
}

export function isSameShape(a: Shape | undefined, b: Shape): boolean {
  return a?.length === b.length && b.every((dim, axis) => dim === a[axis]);
}
