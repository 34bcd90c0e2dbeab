import { callOf } from './calls.js';
import type { OnnxNode } from './schema.js';
import { provenanceOf } from './scope.js';

/**
 * onnxscript's rewriter removes a bias of zeros, which a fresh model has, and notes the rule on the node. Among other
 * rules it is the shift of a batch-norm that was folded in, which comes back with the norm.
 */
const REMOVED = /^RemoveOptionalBiasFrom\w+$/;

/**
 * What is taken for granted where the call of the training graph has a bias and the node has none. A layer that never had
 * one carries the same note: the call tells them apart.
 */
export function biasAssumptions(nodes: readonly OnnxNode[]): readonly string[] {
  const count = nodes.filter(lostBias).length;
  return count === 0 ? [] : [`biases that the exporter left out because they are zeros (${count}x) are not counted`];
}

function lostBias(node: OnnxNode): boolean {
  if (!REMOVED.test(provenanceOf(node) ?? '')) return false;
  const parameters = callOf(node)?.parameters.split(' ') ?? [];
  return parameters.length > 1;
}
