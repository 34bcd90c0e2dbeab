import { dimAt, input, numbersAttribute, tensor } from './context.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { windowOf, windowedSize } from './window.js';

function pooled(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const kernel = numbersAttribute(context.layer, 'kernel_shape');
  if (!kernel) throw new ShapeError(`${context.layer.type} has no kernel_shape`);
  return tensor(dtype, [
    dimAt(shape, 0),
    dimAt(shape, 1),
    ...windowedSize(shape.slice(2), windowOf(context.layer, kernel)),
  ]);
}

/** Every spatial axis reduced to one. */
function global(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(
    dtype,
    shape.map((dim, axis) => (axis < 2 ? dim : 1)),
  );
}

/** The optional second output of MaxPool is its indices. */
function withIndices(context: OpContext): readonly TensorType[] {
  const values = pooled(context);
  return context.outputCount > 1 ? [values, tensor('int64', values.shape)] : [values];
}

/** max_pool2d_with_indices keeps its input and the int64 position of every maximum. */
const MAX: Pick<OpSpec, 'saves' | 'gradients'> = {
  saves: ({ outputs }) => [
    { from: 'input', index: 0 },
    { from: 'new', what: 'indices', type: tensor('int64', outputs[0]?.shape ?? []) },
  ],
};

export const POOLING = {
  MaxPool: { infer: withIndices, ...MAX },
  GlobalMaxPool: { infer: (context) => [global(context)], ...MAX },
  /** avg_pool2d keeps its input, whose sizes backward needs. */
  AveragePool: { infer: (context) => [pooled(context)], saves: () => [{ from: 'input', index: 0 }] },
  /** adaptive_avg_pool2d to 1x1 is a mean: backward needs the sizes alone, and expands its gradient. */
  GlobalAveragePool: { infer: (context) => [global(context)] },
  /** lp_pool: pow, avg_pool, then `(sign * relu(abs)) * k` to 1/p: keeps the input, its power, and four of the output's size. */
  LpPool: {
    infer: (context) => [pooled(context)],
    saves: (context) => [
      { from: 'input', index: 0 },
      { from: 'new', what: 'copy', type: tensor(input(context, 0).dtype, input(context, 0).shape) },
      { from: 'new', what: 'copy', type: tensor(input(context, 0).dtype, [4, ...(context.outputs[0]?.shape ?? [])]) },
    ],
    autocast: 'fp32',
  },
} as const satisfies Record<string, OpSpec>;
