import type { Graph } from '../graph/index.js';
import { bindGraph } from '../ops/bind.js';
import type { InputShapes } from '../ops/bind.js';
import type { BoundGraph } from '../ops/index.js';
import { withCounts, withSizes, withTargets } from './baked-sizes.js';
import { withSampleTensors } from './baked-tensors.js';
import { BatchFixedError } from './errors.js';
import type { BatchChange } from './errors.js';
import { findFlaw } from './rebase-check.js';
import { TargetShapes } from './target-shapes.js';
import type { Guess } from './target-shapes.js';

export interface Rebase extends BatchChange {
  readonly bindings: ReadonlyMap<string, number>;
  /** Input shapes the request gave, the new batch included. */
  readonly shapes: InputShapes;
}

export interface Rebased {
  readonly graph: Graph;
  readonly shapes: InputShapes;
  readonly assumptions: readonly string[];
}

/**
 * Moves a graph with a static batch to another one: dim 0 of the inputs, and what was baked into the file with it: target
 * shapes, sizes, tensors that were expanded. Refuses where what comes out does not carry the new batch everywhere.
 */
export function rebaseBatch(graph: Graph, rebase: Rebase): Rebased {
  const { from, to, shapes } = rebase;
  if (from === to) return { graph, shapes, assumptions: [] };
  const before = bindGraph(graph, { bindings: rebase.bindings, shapes: withBatch(shapes, from) });
  const inputs = rebasedInputs(before, rebase);
  const flaws: string[] = [];
  for (const guess of GUESSES) {
    const attempt = moved(graph, { before, inputs, rebase, guess });
    if (attempt.flaw === undefined)
      return { graph: attempt.graph, shapes: inputs, assumptions: [said(rebase, attempt)] };
    flaws.push(attempt.flaw);
  }
  const names = [...inputs.keys()].filter((id) => before.inputs.includes(id));
  throw new BatchFixedError(rebase, flaws[0] ?? '', { format: graph.format, inputs: names });
}

/** The likeliest first. */
const GUESSES: readonly Guess[] = [
  { growsFills: true, growsCounts: false, keepsOwnAxes: false },
  { growsFills: true, growsCounts: true, keepsOwnAxes: true },
  { growsFills: false, growsCounts: false, keepsOwnAxes: false },
];

function said({ from, to }: BatchChange, { count }: Attempt): string {
  const shapes = count === 0 ? '' : `, and in ${count} ${count === 1 ? 'shape' : 'shapes'} baked into it`;
  return `batch ${to} in place of the ${from} the file was exported with${shapes}`;
}

function withBatch(shapes: InputShapes, batch: number): InputShapes {
  return new Map([...shapes].map(([id, shape]) => [id, [batch, ...shape.slice(1)]]));
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

interface Attempt {
  readonly graph: Graph;
  /** Shapes and tensors that had to change. */
  readonly count: number;
  readonly flaw: string | undefined;
}

/** Tensors that were expanded come to light one layer of joins after the other. */
const MAX_STEPS = 4;

function moved(
  exported: Graph,
  attempt: { before: BoundGraph; inputs: InputShapes; rebase: Rebase; guess: Guess },
): Attempt {
  const { before, inputs, rebase, guess } = attempt;
  let { graph, count } = withSizes(exported, rebase);
  if (guess.growsCounts) {
    const counted = withCounts(graph, rebase);
    [graph, count] = [counted.graph, count + counted.count];
  }
  for (let step = 0; ; step++) {
    const targets = new TargetShapes(before, rebase, guess);
    const after = bindGraph(graph, {
      bindings: rebase.bindings,
      shapes: inputs,
      targetShape: (context) => targets.of(context),
    });
    const next = step < MAX_STEPS ? withSampleTensors(graph, { before, after, batch: rebase }) : undefined;
    if (!next) {
      const flaw = findFlaw({ before, after, batch: rebase });
      return { graph: withTargets(graph, targets.changed), count: count + targets.changed.size, flaw };
    }
    graph = next.graph;
    count += next.count;
  }
}
