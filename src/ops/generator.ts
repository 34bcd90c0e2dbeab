import type { DType } from '../graph/index.js';
import {
  booleanAttribute,
  elements,
  input,
  numberAttribute,
  numbersAttribute,
  output,
  stringAttribute,
  tensor,
} from './context.js';
import { MAX_FOLDED_ELEMENTS } from './fold.js';
import { noGradients } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

function dtypeAttribute(context: OpContext, name: string, fallback: DType): DType {
  return stringAttribute(context.layer, name, fallback) as DType;
}

/** The part of the shape that `Shape` returns (opset 15 added start and end). */
function shapePart(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const start = numberAttribute(context.layer, 'start', 0);
  const end = numberAttribute(context.layer, 'end', shape.length);
  return shape.slice(start, end);
}

function inferConstantOfShape(context: OpContext): readonly TensorType[] {
  const shape = context.value(0);
  if (!shape) throw new ShapeError('input of ConstantOfShape is not a constant');
  return [tensor(dtypeAttribute(context, 'value_dtype', 'float32'), shape)];
}

/** The elements, unless nobody set them (`torch.empty`). */
function filled(context: OpContext): number[] | undefined {
  if (booleanAttribute(context.layer, 'uninitialized', false)) return undefined;
  const count = elements(output(context, 0).shape);
  const value = numbersAttribute(context.layer, 'value')?.[0] ?? 0;
  return count <= MAX_FOLDED_ELEMENTS ? new Array<number>(count).fill(value) : undefined;
}

function rangeOf(context: OpContext): { start: number; delta: number; count: number } {
  const [start, limit, delta] = [0, 1, 2].map((index) => context.value(index)?.[0]);
  if (start === undefined || limit === undefined || delta === undefined || delta === 0) {
    throw new ShapeError('bounds of Range are not constants');
  }
  return { start, delta, count: Math.max(0, Math.ceil((limit - start) / delta)) };
}

function evaluateRange(context: OpContext): number[] | undefined {
  const { start, delta, count } = rangeOf(context);
  return count <= MAX_FOLDED_ELEMENTS ? Array.from({ length: count }, (_, index) => start + index * delta) : undefined;
}

/** Tensors made of a shape. */
const ofShape: OpSpec = {
  operands: 0,
  infer: (context) => {
    const shape = numbersAttribute(context.layer, 'shape');
    if (!shape) throw new ShapeError(`${context.layer.type} has no shape`);
    return [tensor(dtypeAttribute(context, 'dtype', 'float32'), shape)];
  },
  gradients: noGradients,
};

/** Tensors made like another. */
const ofLike: OpSpec = {
  infer: (context) => [tensor(dtypeAttribute(context, 'dtype', input(context, 0).dtype), input(context, 0).shape)],
  gradients: noGradients,
};

export const GENERATOR = {
  Shape: {
    infer: (context) => [tensor('int64', [shapePart(context).length])],
    evaluate: (context) => [shapePart(context)],
    gradients: noGradients,
  },
  Size: {
    infer: () => [tensor('int64', [])],
    evaluate: (context) => [[elements(input(context, 0).shape)]],
    gradients: noGradients,
  },
  /** A second input only lends its dtype, where precision makes that another. */
  ConstantOfShape: { infer: inferConstantOfShape, evaluate: (context) => [filled(context)], gradients: noGradients },
  Range: {
    operands: 3,
    infer: (context) => [tensor(input(context, 0).dtype, [rangeOf(context).count])],
    evaluate: (context) => [evaluateRange(context)],
    gradients: noGradients,
  },
  RandomNormal: ofShape,
  RandomUniform: ofShape,
  RandomNormalLike: ofLike,
  RandomUniformLike: ofLike,
  EyeLike: ofLike,
  Bernoulli: ofLike,
} as const satisfies Record<string, OpSpec>;
