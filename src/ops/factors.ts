/** Matrices as products of others: Cholesky, QR, eigenvectors, singular vectors. */
import { booleanAttribute, input, stringAttribute, tensor, tensorBytes } from './context.js';
import { byColumns, infoOf, matrixScratch, sizesOf, square } from './matrix.js';
import { copyOf, KEEP_OUTPUT } from './parts.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

const keepOutputs = (count: number): readonly Saved[] =>
  Array.from({ length: count }, (_, index) => ({ from: 'output', index }));

/** Matrices of a size, one for each of the first input's. */
function matrices(context: OpContext, rows: number, columns: number): TensorType {
  return tensor(input(context, 0).dtype, [...sizesOf(context).batch, rows, columns]);
}

/** A vector for each matrix. */
function vectors(context: OpContext, size: number): TensorType {
  return tensor(input(context, 0).dtype, [...sizesOf(context).batch, size]);
}

/** `reduced`, `complete`, or `r` alone, which has no gradient. */
function inferQr(context: OpContext): readonly TensorType[] {
  const { rows, columns } = sizesOf(context);
  const mode = stringAttribute(context.layer, 'mode', 'reduced');
  const size = mode === 'complete' ? rows : Math.min(rows, columns);
  const factor = mode === 'r' ? tensor(input(context, 0).dtype, [0]) : byColumns(matrices(context, rows, size));
  return [factor, byColumns(matrices(context, size, columns))];
}

/** Bytes of so many elements for each matrix. */
function bytesFor(context: OpContext, count: number): number {
  return tensorBytes(vectors(context, count));
}

/**
 * linalg_qr_backward, of gradients of both: three squares until they are multiplied, or the product beside the sum; of
 * wide matrices four squares, or the product beside the sum and what is added to.
 */
function qrScratch(context: OpContext): number {
  const { rows, columns } = sizesOf(context);
  const whole = rows * columns;
  if (rows >= columns) return Math.max(3 * columns * columns, whole);
  return Math.max(4 * rows * rows - whole, 2 * whole);
}

function inferSvd(context: OpContext): readonly TensorType[] {
  const { rows, columns } = sizesOf(context);
  const size = Math.min(rows, columns);
  const isFull = booleanAttribute(context.layer, 'full_matrices', true);
  const left = byColumns(matrices(context, rows, isFull ? rows : size));
  return [left, vectors(context, size), matrices(context, isFull ? columns : size, columns)];
}

/**
 * svd_backward, of gradients of all: seven squares until the quotient is there; of other matrices five tensors of their
 * size, and three squares.
 */
function svdScratch(context: OpContext): number {
  const { rows, columns } = sizesOf(context);
  const size = Math.min(rows, columns);
  return rows === columns ? 6 * size * size : 4 * rows * columns + 3 * size * size;
}

/** Singular values keep the vectors too. */
function saveVectors(context: OpContext): readonly Saved[] {
  const { rows, columns } = sizesOf(context);
  const size = Math.min(rows, columns);
  return [...KEEP_OUTPUT, copyOf(matrices(context, rows, size)), copyOf(matrices(context, size, columns))];
}

/**
 * Sources: derivatives.yaml; torch/csrc/autograd/FunctionsManual.cpp; torch/_meta_registrations.py for the layouts;
 * saved_tensors_hooks, torch 2.15.
 */
export const FACTORS = {
  /** cholesky_backward: half of a sum of two, before it is solved for. */
  Cholesky: {
    infer: (context) => [byColumns(square(context)), infoOf(context)],
    saves: () => KEEP_OUTPUT,
    temporaries: matrixScratch(3),
  },
  Qr: {
    infer: inferQr,
    saves: () => keepOutputs(2),
    temporaries: (context) => ({ backward: bytesFor(context, qrScratch(context)) }),
  },
  /** linalg_eig_backward: half of a difference, beside the product that it is of, to whose diagonal a view is held. */
  Eigh: {
    infer: (context) => [vectors(context, sizesOf(context).rows), byColumns(square(context))],
    saves: () => keepOutputs(2),
    temporaries: matrixScratch(3),
  },
  EigenValues: {
    infer: (context) => [vectors(context, sizesOf({ ...context, inputs: [square(context)] }).rows)],
    saves: (context) => [...KEEP_OUTPUT, copyOf(matrices(context, sizesOf(context).rows, sizesOf(context).rows))],
    temporaries: matrixScratch(1),
  },
  Svd: {
    infer: inferSvd,
    saves: () => keepOutputs(3),
    temporaries: (context) => ({ backward: bytesFor(context, svdScratch(context)) }),
  },
  SingularValues: {
    infer: (context) => [vectors(context, Math.min(sizesOf(context).rows, sizesOf(context).columns))],
    saves: saveVectors,
    temporaries: (context) => ({
      backward: bytesFor(context, Math.min(sizesOf(context).rows, sizesOf(context).columns) ** 2),
    }),
  },
} as const satisfies Record<string, OpSpec>;
