/**
 * `torch.utils.checkpoint` with `use_reentrant=True`, of which torch.export writes down what runs in its forward
 * (torch/utils/checkpoint.py, CheckpointFunction): a body without autograd, which runs again with it in backward. An
 * autograd function runs with autograd off, so that its `torch.no_grad()` goes back to that: all behind the first such
 * function is written as bodies without autograd too.
 */
import type { ExportedGraph } from './schema.js';

const FORWARD = /torch[\\/]utils[\\/]checkpoint\.py", line \d+, in forward/;

export function isReentrant({ nodes }: ExportedGraph): boolean {
  return nodes.some(({ stackTrace }) => FORWARD.test(stackTrace));
}
