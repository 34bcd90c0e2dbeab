/** Pieces that many rows are put together from. */
import { DTYPE_BITS } from '../graph/index.js';
import { elements, input, isDifferentiable, output, tensor, tensorBytes } from './context.js';
import type { AutogradContext, GradientKind, OpContext, Saved, TensorType } from './spec.js';
import { isContiguous } from './strides.js';

/** The type of the first input, in memory of its own. */
export function like(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(dtype, shape);
}

export const copyOf = (type: TensorType): Saved => ({ from: 'new', what: 'copy', type });

/** What autograd keeps of a layer's own tensors. */
export const KEEP_INPUT: readonly Saved[] = [{ from: 'input', index: 0 }];
export const KEEP_OUTPUT: readonly Saved[] = [{ from: 'output', index: 0 }];
export const KEEP_INDICES: readonly Saved[] = [{ from: 'input', index: 1 }];
export const KEEP_BOTH: readonly Saved[] = [...KEEP_INPUT, ...KEEP_OUTPUT];
export const KEEP_OPERANDS: readonly Saved[] = [...KEEP_INPUT, ...KEEP_INDICES];

/** Not differentiable at all. */
export function noGradients({ inputs }: OpContext): readonly GradientKind[] {
  return inputs.map(() => 'none');
}

/** The first input has a gradient of its own; what follows only says how. */
export function firstGradient({ inputs }: OpContext): readonly GradientKind[] {
  return inputs.map((_, index) => (index === 0 ? 'new' : 'none'));
}

/**
 * A product of two factors, or of more one after the other: each factor is kept for the other's gradient, and no more
 * than that (derivatives.yaml: mul, mm, bmm). From the third factor on the other one is the product so far.
 */
export function saveFactors(context: AutogradContext, factors = 2): readonly Saved[] {
  const saved: Saved[] = [];
  let isWanted = context.requiresGrad(0);
  for (let index = 1; index < factors; index++) {
    if (context.requiresGrad(index)) saved.push(soFar(context, index));
    if (isWanted) saved.push({ from: 'input', index });
    isWanted ||= context.requiresGrad(index);
  }
  return saved;
}

/** The first operand of the n-th binary operator in a chain: the first input, then what the chain came to. */
export function soFar(context: OpContext, index: number): Saved {
  return index === 1 ? { from: 'input', index: 0 } : copyOf(output(context, 0));
}

/** Bytes of so many tensors of one type. */
export function scratchOf(type: TensorType, tensors: number): number {
  return tensors * tensorBytes(type);
}

/** True where autocast asks a kernel for float32 of what it reads in 16 bits (fp32_set_opt_dtype, ATen/autocast_mode.h). */
export function isWidened(context: OpContext): boolean {
  return DTYPE_BITS[output(context, 0).dtype] > DTYPE_BITS[input(context, 0).dtype];
}

/** The first input in the dtype of the output. */
export function widened(context: OpContext): TensorType {
  return tensor(output(context, 0).dtype, input(context, 0).shape);
}

/** A kernel that wants its input contiguous copies it for the time it runs, in forward and again in backward. */
export function contiguousCopy(context: OpContext): { forward: number; backward: number } {
  const type = input(context, 0);
  const bytes = isContiguous(type) ? 0 : tensorBytes(type);
  return { forward: bytes, backward: bytes };
}

/**
 * How many inputs, from a position on, were broadcast and want a gradient: each has it computed in the size of the
 * output before the engine sums it (torch/csrc/autograd/engine.cpp, validate_outputs).
 */
export function broadcastGradients(context: AutogradContext, from = 0): number {
  const size = elements(output(context, 0).shape);
  const isBroadcast = (index: number): boolean => elements(input(context, index).shape) !== size;
  const isWanted = (index: number): boolean => isDifferentiable(context.inputs[index]) && context.requiresGrad(index);
  return [...context.inputs.keys()].filter((index) => index >= from && isWanted(index) && isBroadcast(index)).length;
}
