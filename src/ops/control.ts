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

/**
 * Loops run as often as only the data knows, and keep something of every round. Their weights are counted, which are the
 * same in each; what comes out has the type the file states, and the report says that the rest is missing.
 */
const LOOP: OpSpec = {
  infer: ({ layer }) => {
    throw new ShapeError(`of the body of ${layer.type} the weights alone are counted`);
  },
  reads: 'body',
};

export const CONTROL = {
  /** The branch a known condition takes; the first where only the data knows. */
  If: inlined((context) => (context.value(0)?.[0] === 0 ? 'else_branch' : 'then_branch')),
  Loop: LOOP,
  Scan: LOOP,
} as const satisfies Record<string, OpSpec>;
