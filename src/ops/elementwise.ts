import { elements, input, numberAttribute, numbersAttribute, output } from './context.js';
import { iteratedType } from './layout.js';
import { broadcastGradients, KEEP_INPUT, KEEP_OUTPUT, noGradients, saveFactors, scratchOf, soFar } from './parts.js';
import { backwardScratch, evaluateTyped, evaluateWith, operandsOf, passOrSum, resultDType } from './pointwise.js';
import type { Apply } from './pointwise.js';
import type { AutogradContext, GradientKind, OpContext, OpSpec, Saved } from './spec.js';

/** Any number of operands that are broadcast against each other. */
function arithmetic(apply: (context: OpContext) => Apply, row: Partial<OpSpec>): OpSpec {
  return {
    infer: (context) => {
      const operands = operandsOf(context);
      return [iteratedType(operands, resultDType(operands))];
    },
    evaluate: evaluateTyped(apply),
    autocast: 'widest',
    ...row,
  };
}

/** Two operands. */
function binary(apply: (context: OpContext) => Apply, row: Partial<OpSpec>): OpSpec {
  return { operands: 2, ...arithmetic(apply, row) };
}

/** Comparisons and logic of so many operands give bool and no gradient. */
function comparison(operands: number, apply: (...values: number[]) => boolean): OpSpec {
  return {
    operands,
    infer: (context) => [iteratedType(operandsOf(context), 'bool')],
    evaluate: evaluateWith(
      () =>
        (...values) =>
          Number(apply(...values)),
    ),
    gradients: noGradients,
  };
}

/** Bits of integers. */
const BITWISE: OpSpec = {
  infer: (context) => [iteratedType(operandsOf(context), input(context, 0).dtype)],
  gradients: noGradients,
};

const PARAMETER = ['parameter'] as const;

/** The gradient of the first operand is the output's, unless it was broadcast; that of the second is computed. */
function passFirst(context: OpContext): readonly GradientKind[] {
  return [passOrSum(context)[0] ?? 'new', 'new'];
}

/** What a factor other than 1 multiplies (Caffe's `coeff`) is a tensor of its own. */
function sumGradients(context: OpContext): readonly GradientKind[] {
  const factors = numbersAttribute(context.layer, 'coeff');
  return passOrSum(context).map((kind, index) => ((factors?.[index] ?? 1) === 1 ? kind : 'new'));
}

/** From the third operand on, the sum so far stands beside its successor. */
function sumScratch(context: OpContext): { forward: number } {
  return { forward: context.inputs.length > 2 ? scratchOf(output(context, 0), 1) : 0 };
}

/** Beyond the first two, each operand has a gradient of what came before it. */
function chainScratch(context: AutogradContext): number {
  return Math.max(0, context.inputs.length - 2) + broadcastGradients(context);
}

/** -grad * (a / b / b): three factors, the first of which may be done before the other gradient. */
function divScratch(context: AutogradContext): number {
  const factors = context.requiresGrad(0) ? 2 : 3;
  return (context.requiresGrad(1) ? factors : 0) + broadcastGradients(context);
}

/** -grad * floor(a / b). */
function modScratch(context: AutogradContext): number {
  return context.requiresGrad(1) ? 2 + broadcastGradients(context, 1) : 0;
}

/** Which of two was larger both tell, whichever wants a gradient; from the third on, one is the largest so far. */
function saveExtreme(context: AutogradContext): readonly Saved[] {
  return [...context.inputs.keys()].slice(1).flatMap((index) => [soFar(context, index), { from: 'input', index }]);
}

/**
 * maximum and minimum: half the gradient where the two are equal, and two masks of a byte; the choice between half and whole
 * is filled in place, and is the gradient.
 */
const EXTREME: Partial<OpSpec> = {
  saves: saveExtreme,
  temporaries: backwardScratch((context) => 1.5 + chainScratch(context)),
};

/** An exponent that is a number and not a tensor. */
function isPower(context: AutogradContext): boolean {
  return !context.requiresGrad(1) && elements(input(context, 1).shape) === 1;
}

/** `fmod: 0` is Python's `%`, with the sign of the divisor; 1 is C's, with that of the dividend. */
function moduloOf(context: OpContext): Apply {
  if (numberAttribute(context.layer, 'fmod', 0) === 1) return (left = 0, right = 1) => left % right;
  return (left = 0, right = 1) => {
    const rest = left % right;
    return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
  };
}

function isInfinite(context: OpContext): Apply {
  const [positive, negative] = ['detect_positive', 'detect_negative'].map((name) =>
    numberAttribute(context.layer, name, 1),
  );
  return (value = 0) => Number((positive === 1 && value === Infinity) || (negative === 1 && value === -Infinity));
}

const sum = (...values: number[]): number => values.reduce((total, value) => total + value, 0);
const product = (...values: number[]): number => values.reduce((total, value) => total * value, 1);

/** Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const ELEMENTWISE = {
  Add: binary(() => sum, { gradients: passOrSum, roles: PARAMETER }),
  /** The second gradient is the negative, which stands in full before it is summed. */
  Sub: binary(
    () =>
      (a = 0, b = 0) =>
        a - b,
    {
      gradients: passFirst,
      roles: PARAMETER,
      temporaries: backwardScratch((context) => broadcastGradients(context, 1)),
    },
  ),
  Mul: binary(() => product, {
    saves: (context) => saveFactors(context, context.inputs.length),
    roles: PARAMETER,
    temporaries: backwardScratch(chainScratch),
  }),
  /** div keeps the divisor, and the dividend where the divisor wants a gradient. */
  Div: binary(
    () =>
      (a = 0, b = 1) =>
        a / b,
    {
      saves: (context) => [...(context.requiresGrad(1) ? KEEP_INPUT : []), { from: 'input', index: 1 }],
      roles: PARAMETER,
      temporaries: backwardScratch(divScratch),
    },
  ),
  /** A number as exponent keeps the base alone (PowBackward0), a tensor everything (PowBackward1); the base's dtype. */
  Pow: binary(
    () =>
      (a = 0, b = 1) =>
        a ** b,
    {
      infer: (context) => [iteratedType(operandsOf(context), input(context, 0).dtype)],
      saves: (context) => (isPower(context) ? KEEP_INPUT : [...saveExtreme(context), ...KEEP_OUTPUT]),
      temporaries: backwardScratch((context) => (isPower(context) ? 2 : 4) + broadcastGradients(context)),
      autocast: 'fp32',
    },
  ),
  /** The gradient of the dividend is the output's; that of the divisor needs the quotient (remainder, fmod). */
  Mod: binary(moduloOf, {
    saves: (context) => (context.requiresGrad(1) ? saveExtreme(context) : []),
    gradients: passFirst,
    temporaries: backwardScratch(modScratch),
  }),
  Max: arithmetic(() => Math.max, EXTREME),
  Min: arithmetic(() => Math.min, EXTREME),
  Sum: arithmetic(() => sum, { gradients: sumGradients, temporaries: sumScratch }),
  Mean: arithmetic(
    () =>
      (...values) =>
        sum(...values) / values.length,
    { temporaries: sumScratch },
  ),
  BitShift: BITWISE,
  BitwiseAnd: BITWISE,
  BitwiseOr: BITWISE,
  BitwiseXor: BITWISE,
  BitwiseNot: BITWISE,
  And: comparison(2, (a, b) => Boolean(a && b)),
  Or: comparison(2, (a, b) => Boolean(a || b)),
  Xor: comparison(2, (a, b) => Boolean(a) !== Boolean(b)),
  Not: comparison(1, (a) => !a),
  Equal: comparison(2, (a, b) => a === b),
  Greater: comparison(2, (a = 0, b = 0) => a > b),
  Less: comparison(2, (a = 0, b = 0) => a < b),
  GreaterOrEqual: comparison(2, (a = 0, b = 0) => a >= b),
  LessOrEqual: comparison(2, (a = 0, b = 0) => a <= b),
  IsNaN: comparison(1, (a) => Number.isNaN(a)),
  IsFinite: comparison(1, (a) => Number.isFinite(a)),
  IsInf: { ...comparison(1, () => false), evaluate: evaluateWith(isInfinite) },
  /** where keeps its condition. */
  Where: {
    operands: 3,
    infer: (context) => [iteratedType(operandsOf(context), input(context, 1).dtype)],
    evaluate: evaluateWith(
      () =>
        (condition, left = 0, right = 0) =>
          condition ? left : right,
    ),
    saves: () => KEEP_INPUT,
    gradients: () => ['none', 'new', 'new'],
    temporaries: backwardScratch((context) => broadcastGradients(context)),
    autocast: 'widest',
  },
} as const satisfies Record<string, OpSpec>;
