import { isFloating } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { broadcast, elements, input, stringAttribute, tensor } from './context.js';
import { saveOperands } from './convolution.js';
import { mapValues } from './fold.js';
import type { Folded, Values } from './fold.js';
import type { AutocastClass, AutogradContext, GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { isDense } from './strides.js';

type Apply = (...values: number[]) => number;

function present(context: OpContext): TensorType[] {
  return context.inputs.filter((type) => type !== undefined);
}

/**
 * Broadcast shape. Strides are those of the first operand of that shape, where it is dense: TensorIterator keeps the
 * memory format of its operands.
 */
function broadcastType(context: OpContext, dtype: DType, from = 0): TensorType {
  const operands = present(context).slice(from);
  const shape = broadcast(...operands.map((type) => type.shape));
  const model = operands.find(
    (type) => type.shape.length === shape.length && type.shape.every((dim, axis) => dim === shape[axis]),
  );
  return model?.strides && isDense(model) ? { dtype, shape, strides: model.strides } : tensor(dtype, shape);
}

/** The inputs as small constants, where all of them are. */
export function foldedInputs(context: OpContext): Folded[] | undefined {
  const folded = context.inputs.map((type, index) => {
    const values = context.value(index);
    return type && values ? { shape: type.shape, values } : undefined;
  });
  return folded.every((operand) => operand !== undefined) ? folded : undefined;
}

function evaluateWith(apply: Apply): (context: OpContext) => readonly (Values | undefined)[] {
  return (context) => {
    const operands = foldedInputs(context);
    return [operands && mapValues(operands, apply)];
  };
}

/** Integers truncate, as ONNX's integer arithmetic does. */
function evaluateTyped(apply: Apply): (context: OpContext) => readonly (Values | undefined)[] {
  const exact = evaluateWith(apply);
  const truncated = evaluateWith((...values) => Math.trunc(apply(...values)));
  return (context) => (isFloating(input(context, 0).dtype) ? exact : truncated)(context);
}

/** The output's gradient itself reaches operands of the output's shape; broadcast ones get a sum. */
function passOrSum(context: OpContext): GradientKind[] {
  const size = elements(context.outputs[0]?.shape ?? []);
  return context.inputs.map((type) => (type && elements(type.shape) === size ? 'pass' : 'new'));
}

/** Likewise where the second operand's gradient is computed. */
function passFirst(context: OpContext): GradientKind[] {
  return [passOrSum(context)[0] ?? 'new', 'new'];
}

interface BinaryRow extends Pick<OpSpec, 'saves' | 'gradients' | 'roles' | 'autocast'> {
  readonly apply: Apply;
}

function arithmetic({ apply, ...row }: BinaryRow): OpSpec {
  return {
    infer: (context) => [broadcastType(context, resultDType(context))],
    evaluate: evaluateTyped(apply),
    autocast: 'widest',
    ...row,
  };
}

/** The dtype of the operands, floating before integer, the first before the second. */
function resultDType(context: OpContext): DType {
  const types = present(context);
  return (types.find(({ dtype }) => isFloating(dtype)) ?? types[0])?.dtype ?? 'float32';
}

/** Comparisons and logic give bool and no gradient. */
function comparison(apply: (...values: number[]) => boolean): OpSpec {
  return {
    infer: (context) => [broadcastType(context, 'bool')],
    evaluate: evaluateWith((...values) => Number(apply(...values))),
    gradients: ({ inputs }) => inputs.map(() => 'none'),
  };
}

/** A function of one tensor. */
function unary(apply: Apply, keeps: 'input' | 'output' | 'nothing', autocast: AutocastClass = 'keep'): OpSpec {
  return {
    infer: (context) => [broadcastType(context, input(context, 0).dtype)],
    evaluate: evaluateWith(apply),
    saves: () => (keeps === 'nothing' ? [] : [{ from: keeps, index: 0 }]),
    autocast,
  };
}

/** Rounding has a zero gradient, which autograd still allocates (derivatives.yaml: zeros_like). */
const rounding = (apply: Apply): OpSpec => unary(apply, 'nothing');

const NONE = ({ inputs }: OpContext): GradientKind[] => inputs.map(() => 'none');
const PARAMETER = ['parameter'] as const;

/** Ties and order matter to backward: maximum and minimum keep both operands. */
const EXTREME = { saves: saveBoth };

function saveBoth(context: AutogradContext): readonly Saved[] {
  return context.inputs.length < 2 ? [] : context.inputs.map((_, index) => ({ from: 'input', index }));
}

/** Python's `%`: fmod = 0 takes the divisor's sign. */
function modulo(left = 0, right = 1): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml. */
export const ELEMENTWISE = {
  Add: arithmetic({ apply: (a = 0, b = 0) => a + b, gradients: passOrSum, roles: PARAMETER }),
  Sub: arithmetic({ apply: (a = 0, b = 0) => a - b, gradients: passFirst, roles: PARAMETER }),
  Mul: arithmetic({ apply: (a = 0, b = 0) => a * b, saves: saveOperands, roles: PARAMETER }),
  /** div keeps the divisor, and the dividend where the divisor wants a gradient. */
  Div: arithmetic({
    apply: (a = 0, b = 1) => a / b,
    saves: (context) => [
      ...(context.requiresGrad(1) ? [{ from: 'input', index: 0 } as const] : []),
      { from: 'input', index: 1 },
    ],
    roles: PARAMETER,
  }),
  /** A constant scalar exponent keeps the base alone (PowBackward0), a tensor as one everything (PowBackward1). */
  Pow: arithmetic({
    apply: (a = 0, b = 1) => a ** b,
    saves: (context) => {
      const isScalar = !context.requiresGrad(1) && elements(input(context, 1).shape) === 1;
      return isScalar ? [{ from: 'input', index: 0 }] : [...saveBoth(context), { from: 'output', index: 0 }];
    },
    autocast: 'fp32',
  }),
  /** The gradient of the dividend is the output's; that of the divisor needs the quotient (remainder, fmod). */
  Mod: arithmetic({
    apply: modulo,
    saves: (context) => (context.requiresGrad(1) ? saveBoth(context) : []),
    gradients: passFirst,
  }),
  Max: arithmetic({ apply: Math.max, ...EXTREME }),
  Min: arithmetic({ apply: Math.min, ...EXTREME }),
  Sum: arithmetic({ apply: (...values) => values.reduce((sum, value) => sum + value, 0), gradients: passOrSum }),
  Mean: arithmetic({ apply: (...values) => values.reduce((sum, value) => sum + value, 0) / values.length }),
  BitShift: arithmetic({ apply: (a = 0, b = 0) => a * 2 ** b, gradients: NONE }),
  And: comparison((a, b) => Boolean(a && b)),
  Or: comparison((a, b) => Boolean(a || b)),
  Xor: comparison((a, b) => Boolean(a) !== Boolean(b)),
  Not: comparison((a) => !a),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a = 0, b = 0) => a > b),
  Less: comparison((a = 0, b = 0) => a < b),
  GreaterOrEqual: comparison((a = 0, b = 0) => a >= b),
  LessOrEqual: comparison((a = 0, b = 0) => a <= b),
  IsNaN: comparison((a) => Number.isNaN(a)),
  IsInf: comparison((a = 0) => Math.abs(a) === Infinity),
  /** where keeps its condition. */
  Where: {
    infer: (context) => {
      const { shape } = broadcastType(context, 'bool');
      return [tensor(input(context, 1).dtype, shape)];
    },
    evaluate: evaluateWith((condition, left = 0, right = 0) => (condition ? left : right)),
    saves: () => [{ from: 'input', index: 0 }],
    gradients: () => ['none', 'new', 'new'],
    autocast: 'widest',
  },
  Neg: unary((a = 0) => -a, 'nothing'),
  Abs: unary(Math.abs, 'input'),
  Sqrt: unary(Math.sqrt, 'output'),
  Exp: unary(Math.exp, 'output', 'fp32'),
  Log: unary(Math.log, 'input', 'fp32'),
  Reciprocal: unary((a = 1) => 1 / a, 'output', 'fp32'),
  Sign: unary(Math.sign, 'nothing'),
  Floor: rounding(Math.floor),
  Ceil: rounding(Math.ceil),
  Round: rounding(Math.round),
  Sin: unary(Math.sin, 'input'),
  Cos: unary(Math.cos, 'input'),
  Tan: unary(Math.tan, 'output', 'fp32'),
  Asin: unary(Math.asin, 'input', 'fp32'),
  Acos: unary(Math.acos, 'input', 'fp32'),
  Atan: unary(Math.atan, 'input'),
  Sinh: unary(Math.sinh, 'input', 'fp32'),
  Cosh: unary(Math.cosh, 'input', 'fp32'),
  Asinh: unary(Math.asinh, 'input'),
  Acosh: unary(Math.acosh, 'input'),
  Atanh: unary(Math.atanh, 'input'),
  /** `to(dtype)`: a copy where the dtype changes, the tensor itself where it does not. */
  Cast: {
    infer: (context) => [broadcastType(context, castTarget(context), 0)],
    evaluate: (context) => {
      const operands = foldedInputs(context);
      const isInteger = !isFloating(castTarget(context));
      return [operands && mapValues(operands, (value = 0) => (isInteger ? Math.trunc(value) : value))];
    },
    view: (context) => castTarget(context) === input(context, 0).dtype,
    roles: ['parameter'],
  },
  CastLike: {
    infer: (context) => {
      const { shape } = input(context, 0);
      return [tensor(input(context, 1).dtype, shape)];
    },
    view: (context) => input(context, 1).dtype === input(context, 0).dtype,
    gradients: () => ['new', 'none'],
  },
} as const satisfies Record<string, OpSpec>;

/** `to` as the reader spells it; without one, nothing changes. */
function castTarget(context: OpContext): DType {
  return stringAttribute(context.layer, 'to', input(context, 0).dtype) as DType;
}
