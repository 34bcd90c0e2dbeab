/** Functions of PyTorch that ONNX has no name for: of one tensor, and of several that are broadcast. */
import { broadcast, input, tensor } from './context.js';
import { iteratedType } from './layout.js';
import { broadcastGradients, KEEP_BOTH, KEEP_INPUT, KEEP_OPERANDS, KEEP_OUTPUT, like, saveFactors } from './parts.js';
import { backwardScratch, operandsOf, passOrSum, resultDType } from './pointwise.js';
import type { AutogradContext, OpSpec, Saved } from './spec.js';

/** Of one tensor, which is kept; `scratch` are the factors of its derivative that stand before the last product. */
export function unary(scratch: number, more: Partial<OpSpec> = {}): OpSpec {
  return {
    infer: (context) => [iteratedType(operandsOf(context), input(context, 0).dtype)],
    saves: () => KEEP_INPUT,
    temporaries: backwardScratch(() => scratch),
    ...more,
  };
}

/** Of so many tensors. */
export function pointwise(
  operands: number,
  scratch: (context: AutogradContext) => number,
  more: Partial<OpSpec> = {},
): OpSpec {
  return {
    operands,
    infer: (context) => {
      const types = operandsOf(context);
      return [iteratedType(types, resultDType(types))];
    },
    saves: () => KEEP_OPERANDS,
    temporaries: backwardScratch((context) => scratch(context) + broadcastGradients(context)),
    autocast: 'widest',
    ...more,
  };
}

/** Those of these inputs that another's gradient needs, each once. */
function keptFor(context: AutogradContext, needs: readonly (readonly number[])[]): readonly Saved[] {
  const indices = needs.flatMap((needed, index) => (context.requiresGrad(index) ? needed : []));
  return [...new Set(indices)].sort().map((index) => ({ from: 'input', index }));
}

/** The sum of the squares, its reciprocal, and the products with it. */
function atan2Scratch(context: AutogradContext): number {
  if (!context.requiresGrad(1)) return 3;
  return context.requiresGrad(0) ? 5 : 4;
}

function quotientScratch(context: AutogradContext): number {
  const factors = context.requiresGrad(2) ? 4 : Number(context.requiresGrad(1));
  return factors + broadcastGradients(context, 1);
}

/** The noise of the slopes is kept too, in place beside the output. */
function saveNoise(context: AutogradContext): readonly Saved[] {
  const kept = context.layer.overwrites === undefined ? KEEP_INPUT : KEEP_OUTPUT;
  return [...kept, { from: 'new', what: 'mask', type: like(context) }];
}

/**
 * Sources: tools/autograd/derivatives.yaml; torch/csrc/autograd/FunctionsManual.cpp; saved_tensors_hooks and the
 * profiler of memory, torch 2.15; ATen/autocast_mode.h for the classes.
 */
export const SPECIAL = {
  Erfc: unary(4),
  Erfinv: unary(4, { autocast: 'fp32' }),
  Lgamma: unary(1),
  Digamma: unary(1),
  Polygamma: unary(1),
  Sinc: unary(7),
  Logit: unary(0),
  /** Parts of a tensor whose norm is too large, scaled. */
  Renorm: unary(7, { autocast: 'fp32' }),
  /** Its gradient is 0 where the numbers are real, and what only complex ones need is kept all the same. */
  Sgn: unary(0, { saves: () => KEEP_BOTH }),
  /** x - trunc(x). */
  Frac: unary(0, { saves: () => [], gradients: () => ['pass'] }),
  /** LeakyRelu with a slope for each element that is drawn. */
  RandomizedLeakyRelu: unary(0, { saves: saveNoise }),
  Atan2: pointwise(2, atan2Scratch, { autocast: 'promote' }),
  Hypot: pointwise(2, () => 1, {
    saves: (context) => [...keptFor(context, [[0], [1]]), ...KEEP_OUTPUT],
  }),
  LogAddExp: pointwise(2, () => 3),
  /** x * log(y), and 0 where x is: the gradient of x is masked where y is not positive, by three masks of a byte. */
  XLogY: pointwise(2, (context) => (context.requiresGrad(0) ? 1.75 : 1)),
  /** self + weight * (end - self). */
  Lerp: pointwise(3, (context) => (context.requiresGrad(0) || context.requiresGrad(2) ? 1 : 0), {
    saves: (context) => keptFor(context, [[2], [2], [0, 1]]),
  }),
  /** self + tensor1 / tensor2, whose gradient of tensor1 is divided by the divisor, and that of tensor2 twice. */
  Addcdiv: pointwise(3, () => 0, {
    saves: (context) => keptFor(context, [[], [2], [1, 2]]),
    gradients: (context) => [passOrSum(context)[0] ?? 'new', 'new', 'new'],
    temporaries: backwardScratch(quotientScratch),
    autocast: 'promote',
  }),
  /** The product of vectors of three, each for the other's gradient. */
  Cross: pointwise(2, () => 0, {
    infer: (context) => {
      const types = operandsOf(context);
      return [tensor(resultDType(types), broadcast(...types.map(({ shape }) => shape)))];
    },
    saves: (context) => saveFactors(context),
    autocast: 'promote',
  }),
} as const satisfies Record<string, OpSpec>;
