import { memoized } from '../../graph/index.js';
import type { Argument } from './argument.js';
import type { Assembly } from './assembly.js';
import { Call } from './call.js';
import { unknownDTypes } from './doubts.js';
import { inlineBody } from './higher-order.js';
import { namesOf, OUTERMOST, renamed } from './place.js';
import type { Place } from './place.js';
import type { ExportedGraph, ExportedNode } from './schema.js';
import { scopeOf } from './scope.js';
import { readTarget } from './target.js';
import { rowOf } from './targets/index.js';
import { tensorOf } from './tensors.js';
import { Views } from './views.js';

/** What a copy is written over. */
function replaced(assembly: Assembly, self: string, id: string): Argument {
  return { kind: 'tensors', names: [assembly.detached(self, `${id}/replaced`)], isList: false };
}

/** Reads nodes one after the other into an assembly. */
export class NodeReader {
  /** A program calls few operators, and each module in several nodes. */
  private readonly calleeOf = memoized((text: string) => {
    const target = readTarget(text);
    return { target, row: rowOf(target) };
  });
  private readonly scopeOf = memoized(scopeOf);
  readonly views: Views;

  constructor(readonly assembly: Assembly) {
    this.views = new Views(assembly);
  }

  /** An argument as it is now, with the names of the graph around. */
  argument(argument: Argument, place: Place): Argument {
    return this.views.current(renamed(argument, place));
  }

  readAll(graph: ExportedGraph, place: Place = OUTERMOST): void {
    for (const [name, meta] of graph.tensors) {
      if (!place.names.has(name)) this.assembly.describe(tensorOf(place.prefix + name, meta, 'activation'));
    }
    for (const sentence of unknownDTypes(graph)) this.assembly.assume(sentence);
    graph.nodes.forEach((node, index) => {
      this.read(node, index, place);
    });
  }

  private read(node: ExportedNode, index: number, place: Place): void {
    const { target, row } = this.calleeOf(node.target);
    const outputs = node.outputs.flatMap((output) => namesOf(renamed(output, place)));
    const id = outputs.find((name) => name !== '') ?? `${place.prefix}${target.operator}_${index}`;
    if (target.text.startsWith('higher_order.')) {
      const operands = node.inputs.map(({ argument }) => this.argument(argument, place));
      if (inlineBody(this, { id, target, operands, outputs, place })) return;
    }
    // A higher-order operator names none of its arguments.
    const given = new Map(
      node.inputs.map(({ name, argument }, at) => [name || `#${at}`, this.argument(argument, place)]),
    );
    const [self = ''] = namesOf(given.get('self') ?? { kind: 'none' });
    if (this.views.isReplaced({ target, self })) given.set('self', replaced(this.assembly, self, id));
    const parts = { id, target, scope: this.scopeOf(node.moduleStack), arguments: given, outputs };
    row(new Call(parts, this.assembly));
    this.views.follow({ target, self, outputs });
  }
}
