import { bytesOf } from '../graph/index.js';
import { elements, numberAttribute, tensorBytes } from '../ops/index.js';
import type { Plan, PlannedLayer } from './plan.js';

/**
 * The bytes that cuDNN's workspaces may add to the peak. cuDNN picks an algorithm when the program runs, by a heuristic or
 * by trying all of them (`torch.backends.cudnn.benchmark`), and PyTorch sets its workspace no limit (pytorch#49207). Taken
 * here is the largest workspace of forward and once more that of backward: what forward leaves in the allocator's cache is
 * cut up for activations before backward asks.
 */
export function convolutionBandBytes({ layers }: Plan): number {
  const workspaces = layers.filter(({ bound }) => bound.spec?.library === 'cudnn').map(workspaceBytes);
  return 2 * workspaces.reduce((most, bytes) => Math.max(most, bytes), 0);
}

/**
 * One convolution, in the dtype it computes in: its operands in the kernel's layout (NHWC on tensor cores), or, where an
 * ungrouped kernel is larger than one pixel, the columns of the explicit GEMM (im2col): `[C*kh*kw, N*OH*OW]`, which the
 * weight `[K, C*kh*kw]` multiplies with 2 FLOPs for each element and row. A transposed one is the backward of such.
 */
function workspaceBytes({ bound, context }: PlannedLayer): number {
  const [input, weight] = context.inputs;
  const output = context.outputs[0];
  if (!input || !weight || !output) return 0;
  const operands = [input, weight, output].reduce((sum, type) => sum + tensorBytes(type), 0);
  const [rows = 1, , ...kernel] = weight.shape;
  const isPlain = numberAttribute(context.layer, 'group', 1) === 1 && elements(kernel) > 1;
  const columns = isPlain ? (bound.spec?.flops?.(context) ?? 0) / (2 * rows) : 0;
  return Math.max(operands, bytesOf(input.dtype, columns));
}
