/** More element-wise functions of PyTorch that ONNX has no name for, most of them of `torch.special`. */
import { input } from './context.js';
import { iteratedType } from './layout.js';
import { KEEP_BOTH, KEEP_OUTPUT, noGradients } from './parts.js';
import { operandsOf } from './pointwise.js';
import { pointwise, unary } from './special.js';
import type { AutogradContext, OpSpec } from './spec.js';

const keepBoth: OpSpec['saves'] = () => KEEP_BOTH;

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
  Entr: unary(3),
  BesselI0: unary(1),
  /** exp(-|x|) times that. */
  BesselI0e: unary(4, { saves: keepBoth }),
  /** The logarithm of the normal distribution's area. */
  LogNdtr: unary(6, { saves: keepBoth }),
  /** Drawn, so that its gradient is zeros. */
  Poisson: unary(0, { saves: () => [] }),
  /** grad / (1 + pow(2, other - self)). */
  LogAddExp2: pointwise(2, () => 3),
  /** x * log1p(y). */
  XLog1pY: pointwise(2, xlog1pyScratch),
  /** x * 2^y, whose power is computed again in backward. */
  Ldexp: pointwise(2, () => 1, { saves: withOutput(1) }),
  /** The ratio of output to input, whose sign is the gradient's. */
  CopySign: pointwise(2, (context) => Number(context.requiresGrad(0)), { saves: withOutput(0) }),
  Heaviside: pointwise(2, () => 0, { saves: () => [], gradients: noGradients }),
  SignBit: { infer: (context) => [iteratedType(operandsOf(context), 'bool')], gradients: noGradients },
} as const satisfies Record<string, OpSpec>;
