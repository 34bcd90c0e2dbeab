/** What element-wise rows share: output types, folding, and the gradients of operands that were broadcast. */
import { DTYPE_BITS, isComplex, isFloating } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { elements, input, output } from './context.js';
import { mapValues } from './fold.js';
import type { Folded, Values } from './fold.js';
import { scratchOf } from './parts.js';
import type { AutogradContext, GradientKind, OpContext, OpSpec, Temporaries, TensorType } from './spec.js';

export type Apply = (...values: number[]) => number;

/** All inputs, none of which may be absent. */
export function operandsOf(context: OpContext): TensorType[] {
  return context.inputs.map((_, index) => input(context, index));
}

/**
 * Of the operands' dtypes a complex one, else the widest floating one, else the first; numbers and tensors without dims
 * decide only among themselves (aten/src/ATen/native/TypeProperties.cpp, result_type).
 */
export function resultDType(operands: readonly TensorType[]): DType {
  const complex = operands.find(({ dtype }) => isComplex(dtype));
  if (complex) return complex.dtype;
  const floating = operands.filter(({ dtype }) => isFloating(dtype));
  const dimensioned = floating.filter(({ shape }) => shape.length > 0);
  const [first, ...rest] = dimensioned.length > 0 ? dimensioned : floating;
  return rest.reduce((widest, { dtype }) => wider(widest, dtype), first?.dtype) ?? operands[0]?.dtype ?? 'float32';
}

/** The two floats of 16 bits meet in float32 (c10/core/ScalarType.cpp, promoteTypes). */
function wider(first: DType | undefined, second: DType): DType {
  if (first === undefined || first === second) return second;
  const bits = DTYPE_BITS[second] - DTYPE_BITS[first];
  if (bits === 0) return 'float32';
  return bits > 0 ? second : first;
}

/** The inputs as small constants, where all of them are. */
export function foldedInputs(context: OpContext): Folded[] | undefined {
  const folded = context.inputs.map((type, index) => {
    const values = context.value(index);
    return type && values ? { shape: type.shape, values } : undefined;
  });
  return folded.every((operand) => operand !== undefined) ? folded : undefined;
}

type Evaluate = NonNullable<OpSpec['evaluate']>;

export function evaluateWith(apply: (context: OpContext) => Apply): Evaluate {
  return (context): readonly (Values | undefined)[] => {
    const operands = foldedInputs(context);
    return [operands && mapValues(operands, apply(context))];
  };
}

/** Integers truncate, as ONNX's integer arithmetic does. */
export function evaluateTyped(apply: (context: OpContext) => Apply): Evaluate {
  return evaluateWith((context) => {
    const exact = apply(context);
    return isFloating(input(context, 0).dtype) ? exact : (...values) => Math.trunc(exact(...values));
  });
}

/** The output's gradient itself reaches operands of the output's size; broadcast ones get a sum. */
export function passOrSum(context: OpContext): readonly GradientKind[] {
  const size = elements(output(context, 0).shape);
  return context.inputs.map((type) => (type && elements(type.shape) === size ? 'pass' : 'new'));
}

/** Backward scratch, in tensors of the output's size. */
export function backwardScratch(
  tensors: (context: AutogradContext) => number,
): (context: AutogradContext) => Temporaries {
  return (context) => ({ backward: scratchOf(output(context, 0), tensors(context)) });
}
