/** More element-wise functions of PyTorch that ONNX has no name for, most of them of `torch.special`. */
import { input } from './context.js';
import { iteratedType } from './layout.js';
import { broadcastGradients, KEEP_BOTH, KEEP_INPUT, KEEP_OPERANDS, KEEP_OUTPUT, noGradients } from './parts.js';
import { backwardScratch, operandsOf, resultDType } from './pointwise.js';
import type { AutogradContext, OpSpec, Saved } from './spec.js';

/** Of one tensor; `scratch` are the factors of its derivative that stand before the last product. */
function unary(keeps: readonly Saved[], scratch: number): OpSpec {
  return {
    infer: (context) => [iteratedType(operandsOf(context), input(context, 0).dtype)],
    saves: () => keeps,
    temporaries: backwardScratch(() => scratch),
  };
}

/** Of two that are broadcast. */
function binary(scratch: (context: AutogradContext) => number, more: Partial<OpSpec>): OpSpec {
  return {
    operands: 2,
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

/** An input that one gradient alone needs, and the output, which is kept whichever is wanted. */
function withOutput(index: number): NonNullable<OpSpec['saves']> {
  return (context) => [...(context.requiresGrad(0) ? [{ from: 'input', index } as const] : []), ...KEEP_OUTPUT];
}

/** Two factors of the second gradient; the first is masked by three masks of a byte, but not beside a number above -1. */
function xlog1pyScratch(context: AutogradContext): number {
  if (context.requiresGrad(1)) return 2;
  const isNumber = input(context, 1).shape.length === 0;
  return isNumber && (context.value(1)?.[0] ?? -1) > -1 ? 0 : 1.75;
}

/** Sources: tools/autograd/derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const FUNCTIONS = {
  /** -x * log(x). */
  Entr: unary(KEEP_INPUT, 3),
  BesselI0: unary(KEEP_INPUT, 1),
  /** exp(-|x|) times that. */
  BesselI0e: unary(KEEP_BOTH, 4),
  /** The logarithm of the normal distribution's area. */
  LogNdtr: unary(KEEP_BOTH, 6),
  /** Drawn, so that its gradient is zeros. */
  Poisson: unary([], 0),
  /** grad / (1 + pow(2, other - self)). */
  LogAddExp2: binary(() => 3, {}),
  /** x * log1p(y). */
  XLog1pY: binary(xlog1pyScratch, {}),
  /** x * 2^y, whose power is computed again in backward. */
  Ldexp: binary(() => 1, { saves: withOutput(1) }),
  /** The ratio of output to input, whose sign is the gradient's. */
  CopySign: binary((context) => Number(context.requiresGrad(0)), { saves: withOutput(0) }),
  Heaviside: binary(() => 0, { saves: () => [], gradients: noGradients }),
  SignBit: { infer: (context) => [iteratedType(operandsOf(context), 'bool')], gradients: noGradients },
} as const satisfies Record<string, OpSpec>;
