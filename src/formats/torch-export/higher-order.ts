import { LIMITS } from '../limits.js';
import type { Argument } from './argument.js';
import type { Assembly } from './assembly.js';
import { largest } from './branches.js';
import { failure } from './failure.js';
import type { NodeReader } from './nodes.js';
import { namesOf } from './place.js';
import type { Place } from './place.js';
import { isReentrant } from './reentrant.js';
import { readGraph } from './schema.js';
import type { ExportedGraph } from './schema.js';
import type { Target } from './target.js';

interface HigherOrderCall {
  readonly id: string;
  readonly target: Target;
  /** By position: flags, bodies, then what the body is called with. */
  readonly operands: readonly Argument[];
  readonly outputs: readonly string[];
  readonly place: Place;
}

interface Inlining {
  /** False for a body that runs without autograd. */
  readonly tracked: (call: HigherOrderCall, body: ExportedGraph, assembly: Assembly) => boolean;
  readonly assumption?: string;
}

const always = (): boolean => true;

const CHECKPOINTED = 'what is checkpointed is kept all the same, unless gradient-checkpointing is full';

/** Whether a body runs with autograd, be it in backward alone. */
function isEnabled({ operands: [enabled] }: HigherOrderCall, body: ExportedGraph, assembly: Assembly): boolean {
  if (enabled?.kind === 'sizes' && enabled.values[0] === 1) return true;
  if (isReentrant(body)) assembly.isReentrant = true;
  if (assembly.isReentrant) assembly.assume(CHECKPOINTED);
  return assembly.isReentrant;
}

/** Higher-order operators that run a body; where several are given (the branches of `cond`), the largest. */
const INLINED: Readonly<Record<string, Inlining>> = {
  'higher_order.wrap_with_set_grad_enabled': { tracked: isEnabled },
  'higher_order.wrap_with_autocast': { tracked: underAutocast },
  'higher_order.wrap': { tracked: always },
  'higher_order.invoke_subgraph': { tracked: always },
  'higher_order.wrap_activation_checkpoint': {
    tracked: always,
    assumption: CHECKPOINTED,
  },
  'higher_order.tag_activation_checkpoint': {
    tracked: always,
    assumption: CHECKPOINTED,
  },
  'higher_order.cond': { tracked: always, assumption: 'of two branches (cond) the larger is taken' },
};

/** Notes what autocast casts to where it is on: `(device, dtype, enabled, cache_enabled, body, …)`. */
function underAutocast(
  { operands: [, dtype, enabled] }: HigherOrderCall,
  _: ExportedGraph,
  assembly: Assembly,
): boolean {
  const isOn = enabled?.kind === 'sizes' && enabled.values[0] === 1;
  if (isOn && dtype?.kind === 'dtype') assembly.autocast ??= dtype.value;
  return true;
}

/** Puts a body in the place of its node; false where the operator runs none that could be. */
export function inlineBody(reader: NodeReader, call: HigherOrderCall): boolean {
  const { id, target, operands, place } = call;
  const inlining = Object.hasOwn(INLINED, target.operator) ? INLINED[target.operator] : undefined;
  const bodies = operands.filter((operand) => operand.kind === 'graph');
  if (!inlining || bodies.length === 0) return false;
  if (place.depth >= LIMITS.maxDepth) throw failure('LIMIT_EXCEEDED', `bodies nest deeper than ${LIMITS.maxDepth}`);
  const graph = largest(bodies.map((body) => readGraph(body.graph, `the body of ${id}`)));
  if (!graph) return false;
  const isTracked = inlining.tracked(call, graph, reader.assembly);
  const given = operands.slice(operands.findLastIndex(({ kind }) => kind === 'graph') + 1).flatMap(namesOf);
  const actual = isTracked
    ? given
    : given.map((name, index) => reader.assembly.detached(name, `${id}/detached_${index}`));
  const formal = graph.inputs.flatMap(namesOf);
  const inner: Place = {
    prefix: `${id.slice(0, MAX_PREFIX_LENGTH)}/`,
    names: new Map(formal.map((name, index) => [name, actual[index] ?? ''])),
    depth: place.depth + 1,
  };
  reader.readAll(graph, inner);
  const results = graph.outputs.flatMap((output) => namesOf(reader.argument(output, inner)));
  call.outputs.forEach((output, index) => {
    const source = results[index] ?? '';
    if (output !== '')
      reader.assembly.add({ id: output, type: 'Identity', inputs: [source], outputs: [output], attributes: {} });
  });
  if (inlining.assumption !== undefined) reader.assembly.assume(inlining.assumption);
  return true;
}

/** A name is cut before it grows with every body around it. */
const MAX_PREFIX_LENGTH = 256;
