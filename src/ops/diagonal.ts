/** Diagonals that are written or summed, and blocks on them. */
import { dimAt, elements, input, normalizeAxis, numberAttribute, numbersAttribute, tensor } from './context.js';
import { operandsOf, resultDType } from './pointwise.js';
import { scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** The last axis becomes a matrix of two axes, which stand where `axes` say. */
function inferEmbed(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const rank = shape.length + 1;
  const [first = 0, second = 0] = (numbersAttribute(context.layer, 'axes') ?? [-2, -1]).map((axis) =>
    normalizeAxis(axis, rank),
  );
  if (first === second) throw new ShapeError(`a diagonal along axis ${first} alone`);
  const size = dimAt(shape, shape.length - 1) + Math.abs(numberAttribute(context.layer, 'offset', 0));
  const rest = shape.slice(0, -1);
  const isOfMatrix = (axis: number): boolean => axis === first || axis === second;
  return [
    tensor(
      dtype,
      Array.from({ length: rank }, (_, axis) => (isOfMatrix(axis) ? size : (rest.shift() ?? 1))),
    ),
  ];
}

/** A vector is a row, a number a matrix of one. */
function inferBlocks(context: OpContext): readonly TensorType[] {
  const types = operandsOf(context);
  const sizes = types.map(({ shape }) => {
    if (shape.length > 2) throw new ShapeError(`a block of rank ${shape.length}`);
    return { rows: shape.at(-2) ?? 1, columns: shape.at(-1) ?? 1 };
  });
  const total = (sum: number, size: number): number => sum + size;
  const rows = sizes.map((size) => size.rows).reduce(total, 0);
  const columns = sizes.map((size) => size.columns).reduce(total, 0);
  return [tensor(resultDType(types), [rows, columns])];
}

/** The positions of the diagonal in a row of zeros, of eight bytes each (FunctionsManual.cpp, trace_backward). */
function positionBytes(context: OpContext): number {
  const { shape } = input(context, 0);
  return scratchOf(tensor('int64', [Math.ceil(elements(shape) / (dimAt(shape, 1) + 1))]), 1);
}

/** Sources: aten/src/ATen/native/TensorShape.cpp, TensorFactories.cpp, ReduceOps.cpp; tools/autograd/derivatives.yaml. */
export const DIAGONAL = {
  /** Written into zeros; its gradient is the diagonal of the output's, a view (derivatives.yaml: diag_embed). */
  DiagonalEmbed: { infer: inferEmbed, gradients: () => ['pass'] },
  Trace: {
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      if (shape.length !== 2) throw new ShapeError(`the trace of rank ${shape.length}`);
      return [tensor(dtype, [])];
    },
    temporaries: (context) => ({ backward: positionBytes(context) }),
  },
  /** block_diag: a matrix gets a part of the output's gradient, what is less is summed to its shape. */
  BlockDiagonal: {
    infer: inferBlocks,
    gradients: ({ inputs }) => inputs.map((type) => (type?.shape.length === 2 ? 'pass' : 'new')),
  },
} as const satisfies Record<string, OpSpec>;
