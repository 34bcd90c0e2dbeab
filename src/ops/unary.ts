import { isFloating, realOf } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { input, stringAttribute } from './context.js';
import { iteratedType } from './layout.js';
import { KEEP_INPUT, KEEP_OUTPUT } from './parts.js';
import { backwardScratch, evaluateWith, operandsOf } from './pointwise.js';
import type { Apply } from './pointwise.js';
import type { AutocastClass, GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';

interface Derivative {
  readonly keeps?: readonly Saved[];
  readonly autocast?: AutocastClass;
  /** Backward scratch, in tensors of the output's size: the factors of the derivative that stand before the last product. */
  readonly scratch?: number;
}

/** A function of one tensor. */
function unary(apply: Apply, { keeps = [], autocast = 'keep', scratch = 0 }: Derivative = {}): OpSpec {
  return {
    infer: (context) => [iteratedType(operandsOf(context), input(context, 0).dtype)],
    evaluate: evaluateWith(() => apply),
    saves: () => keeps,
    temporaries: backwardScratch(() => scratch),
    autocast,
  };
}

/** ONNX rounds halves to the even neighbour. */
function roundHalfToEven(value = 0): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `to` as the reader spells it; without one, nothing changes. */
function castTarget(context: OpContext): DType {
  return stringAttribute(context.layer, 'to', input(context, 0).dtype) as DType;
}

/** `to(dtype)`: a copy where the dtype changes, the tensor itself where it does not. */
function cast(targetOf: (context: OpContext) => DType): OpSpec {
  const isSame = (context: OpContext): boolean => targetOf(context) === input(context, 0).dtype;
  return {
    infer: (context) => {
      const type = input(context, 0);
      return [isSame(context) ? type : iteratedType([type], targetOf(context))];
    },
    evaluate: (context) => [context.value(0)?.map(castTo(targetOf(context)))],
    view: isSame,
    gradients: (context): readonly GradientKind[] => [isSame(context) ? 'pass' : 'new', 'none'],
    roles: ['parameter', 'constant'],
  };
}

/** Towards zero for integers, and anything but zero is true. */
function castTo(dtype: DType): (value: number) => number {
  if (dtype === 'bool') return (value) => Number(value !== 0);
  return isFloating(dtype) ? (value) => value : Math.trunc;
}

function magnitude(context: OpContext): TensorType {
  return iteratedType(operandsOf(context), realOf(input(context, 0).dtype));
}

const FP32 = 'fp32';

/**
 * Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml; saved_tensors_hooks, torch 2.15;
 * ATen/autocast_mode.h for the classes.
 */
export const UNARY = {
  Neg: unary((a = 0) => -a),
  /** Real, of complex numbers too. */
  Abs: { ...unary(Math.abs, { keeps: KEEP_INPUT, scratch: 1 }), infer: (context) => [magnitude(context)] },
  Sqrt: unary(Math.sqrt, { keeps: KEEP_OUTPUT, scratch: 1 }),
  /** -0.5 * grad * result^3. */
  Rsqrt: unary((a = 1) => 1 / Math.sqrt(a), { keeps: KEEP_OUTPUT, autocast: FP32, scratch: 2 }),
  Exp: unary(Math.exp, { keeps: KEEP_OUTPUT, autocast: FP32 }),
  Log: unary(Math.log, { keeps: KEEP_INPUT, autocast: FP32 }),
  Log1p: unary(Math.log1p, { keeps: KEEP_INPUT, autocast: FP32, scratch: 1 }),
  Log2: unary(Math.log2, { keeps: KEEP_INPUT, autocast: FP32, scratch: 1 }),
  Log10: unary(Math.log10, { keeps: KEEP_INPUT, autocast: FP32, scratch: 1 }),
  Exp2: unary((a = 0) => 2 ** a, { keeps: KEEP_OUTPUT, scratch: 1 }),
  Expm1: unary(Math.expm1, { keeps: KEEP_OUTPUT, autocast: FP32, scratch: 1 }),
  Reciprocal: unary((a = 1) => 1 / a, { keeps: KEEP_OUTPUT, autocast: FP32, scratch: 2 }),
  /** What only steps has a gradient of zeros, which autograd still allocates (derivatives.yaml: zeros_like). */
  Sign: unary(Math.sign),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundHalfToEven),
  Trunc: unary(Math.trunc),
  /** The gradient is masked by what is finite. */
  NanToNum: unary((a = 0) => (Number.isNaN(a) ? 0 : a), { keeps: KEEP_INPUT, scratch: 1 }),
  Sin: unary(Math.sin, { keeps: KEEP_INPUT, scratch: 1 }),
  Cos: unary(Math.cos, { keeps: KEEP_INPUT, scratch: 2 }),
  Tan: unary(Math.tan, { keeps: KEEP_OUTPUT, autocast: FP32, scratch: 2 }),
  Asin: unary(Math.asin, { keeps: KEEP_INPUT, autocast: FP32, scratch: 4 }),
  Acos: unary(Math.acos, { keeps: KEEP_INPUT, autocast: FP32, scratch: 5 }),
  Atan: unary(Math.atan, { keeps: KEEP_INPUT, scratch: 2 }),
  Sinh: unary(Math.sinh, { keeps: KEEP_INPUT, autocast: FP32, scratch: 1 }),
  Cosh: unary(Math.cosh, { keeps: KEEP_INPUT, autocast: FP32, scratch: 1 }),
  Asinh: unary(Math.asinh, { keeps: KEEP_INPUT, scratch: 3 }),
  Acosh: unary(Math.acosh, { keeps: KEEP_INPUT, scratch: 3 }),
  Atanh: unary(Math.atanh, { keeps: KEEP_INPUT, scratch: 3 }),
  Cast: cast(castTarget),
  CastLike: { operands: 2, ...cast((context) => input(context, 1).dtype) },
} as const satisfies Record<string, OpSpec>;
