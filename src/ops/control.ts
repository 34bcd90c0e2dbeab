import { ShapeError } from './spec.js';
import type { OpSpec } from './spec.js';

/** Control flow: the binder puts a body in the layer's place, so the row itself is never inferred. */
function inlined(body: OpSpec['body'] & object): OpSpec {
  return {
    infer: ({ layer }) => {
      throw new ShapeError(`the body of ${layer.type} was not inlined`);
    },
    body,
  };
}

export const CONTROL = {
  /** The branch a known condition takes; the first where only the data knows. */
  If: inlined((context) => (context.value(0)?.[0] === 0 ? 'else_branch' : 'then_branch')),
} as const satisfies Record<string, OpSpec>;
