/** Inverses, determinants and solutions of square matrices, each of which is factorized into LU. */
import { broadcast, dimAt, elements, input, normalizeAxis, numberAttribute, tensor, tensorBytes } from './context.js';
import { copyOf, KEEP_INPUT, KEEP_OUTPUT, saveFactors, scratchOf } from './parts.js';
import { operandsOf, resultDType } from './pointwise.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';
import { contiguousStrides, withStrides } from './strides.js';

/** Column by column in memory, as LAPACK and cuSOLVER have matrices. */
export function byColumns({ dtype, shape }: TensorType): TensorType {
  const swapped = [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  const strides = contiguousStrides(swapped);
  const type = tensor(dtype, shape);
  return withStrides(type, shape, [...strides.slice(0, -2), ...strides.slice(-2).reverse()]);
}

/** Rows and columns of the first input's matrices. */
export function sizesOf(context: OpContext): { batch: readonly number[]; rows: number; columns: number } {
  const { shape } = input(context, 0);
  const [rows, columns] = [dimAt(shape, shape.length - 2), dimAt(shape, shape.length - 1)];
  return { batch: shape.slice(0, -2), rows, columns };
}

export function square(context: OpContext): TensorType {
  const { rows, columns } = sizesOf(context);
  if (rows !== columns) throw new ShapeError(`${context.layer.type} of matrices of ${rows}x${columns}`);
  return input(context, 0);
}

/** What LAPACK says of each matrix. */
export function infoOf(context: OpContext): TensorType {
  return tensor('int32', sizesOf(context).batch);
}

const pivotsOf = (context: OpContext): TensorType => tensor('int32', input(context, 0).shape.slice(0, -1));

/** The matrices, their factors and how rows were exchanged. */
function saveFactorized(context: OpContext): readonly Saved[] {
  const { dtype, shape } = input(context, 0);
  const pivots: Saved = { from: 'new', what: 'indices', type: pivotsOf(context) };
  return [...KEEP_INPUT, copyOf(tensor(dtype, shape)), pivots, ...KEEP_OUTPUT];
}

/** So many matrices of the first input's size. */
export function matrixScratch(count: number): NonNullable<OpSpec['temporaries']> {
  return (context) => ({ backward: scratchOf(input(context, 0), count) });
}

/** One number for each matrix. */
function ofEach(context: OpContext): TensorType {
  const { dtype } = square(context);
  return tensor(dtype, sizesOf(context).batch);
}

/** A right side of one vector for each matrix (aten/src/ATen/native/LinearAlgebraUtils.h, linalg_solve_is_vector_rhs). */
function isVectors(context: OpContext): boolean {
  const [left, right] = [input(context, 0).shape, input(context, 1).shape];
  const isBatch = left.length - 1 === right.length && right.every((dim, axis) => dim === left[axis]);
  return right.length === 1 || isBatch;
}

/** The right side as matrices, in the batch of both. */
function solution(context: OpContext): { type: TensorType; batch: readonly number[] } {
  const right = input(context, 1);
  const matrices = isVectors(context) ? [...right.shape, 1] : right.shape;
  dimAt(matrices, matrices.length - 2);
  const batch = broadcast(sizesOf(context).batch, matrices.slice(0, -2));
  return { type: tensor(right.dtype, [...batch, ...matrices.slice(-2)]), batch };
}

function inferSolution(context: OpContext): TensorType {
  square(context);
  const { type } = solution(context);
  if (isVectors(context)) return tensor(type.dtype, type.shape.slice(0, -1));
  return numberAttribute(context.layer, 'left', 1) === 0 ? type : byColumns(type);
}

/**
 * The gradient of the matrices is a product that is negated, in the batch of both sides; that of the right side is
 * needed for it, wanted or not.
 */
function solveScratch(context: AutogradContext): Temporaries {
  const { type, batch } = solution(context);
  const { rows } = sizesOf(context);
  const full = tensor(type.dtype, [...batch, rows, rows]);
  const isOwn = elements(full.shape) === elements(input(context, 0).shape);
  const products = context.requiresGrad(0) ? scratchOf(full, isOwn ? 1 : 2) : 0;
  const isRight = context.requiresGrad(1) && elements(type.shape) === elements(input(context, 1).shape);
  return { backward: products + scratchOf(type, isRight ? 0 : 1) };
}

/** The axis that vectors lie along, of all that are broadcast. */
function products(context: OpContext): { type: TensorType; axis: number } {
  const types = operandsOf(context);
  const shape = broadcast(...types.map((type) => type.shape));
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length);
  return { type: tensor(resultDType(types), shape), axis };
}

/** x * y stands in full before it is summed, and so does the gradient of a side that was broadcast. */
function vecDotScratch(context: AutogradContext): Temporaries {
  const { type } = products(context);
  const isSmall = (index: number): boolean => elements(input(context, index).shape) !== elements(type.shape);
  const count = [0, 1].filter((index) => context.requiresGrad(index) && isSmall(index)).length;
  return { forward: type.shape.length > 1 ? tensorBytes(type) : 0, backward: scratchOf(type, count) };
}

/**
 * Sources: derivatives.yaml; torch/csrc/autograd/FunctionsManual.cpp; aten/src/ATen/native/BatchLinearAlgebra.cpp;
 * torch/_meta_registrations.py for the layouts; saved_tensors_hooks, torch 2.15.
 */
export const MATRIX = {
  /** The solution for the identity, whose factors are dropped. -inverse' (grad inverse'): a product and its product. */
  Inverse: {
    infer: (context) => [byColumns(square(context)), infoOf(context)],
    saves: () => KEEP_OUTPUT,
    temporaries: (context) => ({
      forward: tensorBytes(input(context, 0)) + tensorBytes(pivotsOf(context)),
      backward: scratchOf(input(context, 0), 2),
    }),
  },
  /** Solved for a diagonal, by factors that are made regular. */
  Det: { infer: (context) => [ofEach(context)], saves: saveFactorized, temporaries: matrixScratch(2) },
  /** The sign, which is kept, and the logarithm of the rest; solved for a diagonal. */
  Slogdet: {
    infer: (context) => [ofEach(context), ofEach(context)],
    saves: saveFactorized,
    temporaries: matrixScratch(1),
  },
  Solve: {
    operands: 2,
    infer: (context) => [inferSolution(context), infoOf(context)],
    saves: saveFactorized,
    temporaries: solveScratch,
  },
  SolveTriangular: {
    operands: 2,
    infer: (context) => {
      square(context);
      return [byColumns(solution(context).type)];
    },
    saves: () => [...KEEP_INPUT, ...KEEP_OUTPUT],
    temporaries: solveScratch,
  },
  /** (x * y).sum(axis) (aten/src/ATen/native/LinearAlgebra.cpp, linalg_vecdot). */
  VecDot: {
    operands: 2,
    infer: (context) => {
      const { type, axis } = products(context);
      return [tensor(type.dtype, type.shape.toSpliced(axis, 1))];
    },
    flops: (context) => 2 * elements(products(context).type.shape),
    saves: (context) => saveFactors(context),
    temporaries: vecDotScratch,
    autocast: 'lower',
  },
} as const satisfies Record<string, OpSpec>;
