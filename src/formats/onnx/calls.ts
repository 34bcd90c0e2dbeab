import { LIMITS } from '../limits.js';
import type { OnnxNode } from './schema.js';
import { property } from './scope.js';

/** What a constant is in the training graph; `computed` by an operator that was folded. */
export type Origin = 'parameter' | 'buffer' | 'computed';

/** The call of the training graph that a node comes from. */
export interface Call {
  /** The same for every node that one call became. */
  readonly name: string;
  /** The parameters among its operands, in order; calls of one module name the same. */
  readonly parameters: string;
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * torch.export's exporter writes down the call that a node comes from: `%linear : … (args = (%view, %p_fc_weight), …)`.
 * There `%p_fc_weight` is the parameter `fc.weight`, `%b_pe` a buffer, and `%view` what another call computed; a
 * constant of that name was computed by the exporter. Rows of an embedding are parameters all the same.
 */
export function callOf(node: OnnxNode): Call | undefined {
  const written = property(node, 'pkg.torch.onnx.fx_node')?.slice(0, LIMITS.maxNameBytes);
  if (written === undefined) return undefined;
  const [name = '', ...operands] = [...written.matchAll(OPERAND)].map((match) => match[1] ?? '');
  return {
    name,
    parameters: operands.filter((operand) => operand.startsWith('p_')).join(' '),
    origins: originsOf(node, new Set(operands)),
  };
}

const OPERAND = /%(\w+)/g;

const EMBEDDING = /^embedding(?:_\d+)?$/;

function originsOf(node: OnnxNode, operands: ReadonlySet<string>): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const name of node.input) {
    if (operands.has(name)) origins.set(name, EMBEDDING.test(name) ? 'parameter' : 'computed');
    else if (operands.has(`b_${name.replace(/\W/g, '_')}`)) origins.set(name, 'buffer');
  }
  return origins;
}
