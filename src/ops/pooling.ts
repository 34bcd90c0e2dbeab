import { dimAt, input, numbersAttribute, output, tensor } from './context.js';
import { inLayoutOf } from './layout.js';
import { copyOf, firstGradient, KEEP_INDICES, KEEP_INPUT, like, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { windowOf, windowedSize } from './window.js';

function kernelOf(context: OpContext): readonly number[] {
  const kernel = numbersAttribute(context.layer, 'kernel_shape');
  if (!kernel) throw new ShapeError(`${context.layer.type} has no kernel_shape`);
  return kernel;
}

function pooled(context: OpContext): TensorType {
  const type = input(context, 0);
  const spatial = windowedSize(type.shape.slice(2), windowOf(context.layer, kernelOf(context)));
  return inLayoutOf(type, [dimAt(type.shape, 0), dimAt(type.shape, 1), ...spatial]);
}

/** Every spatial axis reduced to one. */
function global(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(
    dtype,
    shape.map((dim, axis) => (axis < 2 ? dim : 1)),
  );
}

/** The last axes have the sizes that `output_size` states. */
function adapted(context: OpContext): TensorType {
  const type = input(context, 0);
  const sizes = numbersAttribute(context.layer, 'output_size');
  if (!sizes) throw new ShapeError(`${context.layer.type} has no output_size`);
  return inLayoutOf(type, [...type.shape.slice(0, -sizes.length), ...sizes]);
}

function adaptedWithIndices(context: OpContext): readonly TensorType[] {
  const values = adapted(context);
  return context.outputCount > 1 ? [values, tensor('int64', values.shape)] : [values];
}

/** The optional second output of MaxPool is its indices. */
function withIndices(context: OpContext): readonly TensorType[] {
  const values = pooled(context);
  return context.outputCount > 1 ? [values, tensor('int64', values.shape)] : [values];
}

/** max_pool2d_with_indices keeps its input and the int64 position of every maximum, which the layer may put out. */
function savePositions(context: AutogradContext): readonly Saved[] {
  if (context.outputs.length > 1) return [...KEEP_INPUT, { from: 'output', index: 1 }];
  return [...KEEP_INPUT, { from: 'new', what: 'indices', type: tensor('int64', output(context, 0).shape) }];
}

/**
 * lp_pool: pow, avg_pool, then `(sign * relu(abs)) * k` to the power of 1 / p: keeps the input, its power, and four of
 * the output's size.
 */
function lpPool(poolOf: (context: OpContext) => TensorType): OpSpec {
  return {
    infer: (context) => [poolOf(context)],
    saves: (context) => {
      const { dtype, shape } = output(context, 0);
      return [...KEEP_INPUT, copyOf(like(context)), copyOf(tensor(dtype, [4, ...shape]))];
    },
    temporaries: (context) => ({ backward: scratchOf(input(context, 0), 3) }),
    autocast: 'fp32',
  };
}

/** Where the values go: ONNX's `output_shape` input, else the pooling's formula backwards. */
function inferUnpool(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const stated = context.value(2);
  if (stated) return [tensor(dtype, stated)];
  const kernel = kernelOf(context);
  const { strides, begins, ends } = windowOf(context.layer, kernel);
  const spatial = shape.slice(2).map((size, axis) => {
    const pads = (begins[axis] ?? 0) + (ends[axis] ?? 0);
    return (size - 1) * (strides[axis] ?? 1) - pads + (kernel[axis] ?? 1);
  });
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1), ...spatial])];
}

/** Sources: ONNX operator specification; derivatives.yaml; saved_tensors_hooks on CUDA tensors, torch 2.15. */
export const POOLING = {
  MaxPool: { infer: withIndices, saves: savePositions },
  /** adaptive_max_pool2d keeps its input and int64 positions too. */
  GlobalMaxPool: { infer: (context) => [global(context)], saves: savePositions },
  /** avg_pool2d keeps its input, whose sizes backward needs. */
  AveragePool: { infer: (context) => [pooled(context)], saves: () => KEEP_INPUT },
  /** adaptive_avg_pool2d to 1x1 is a mean: backward needs the sizes alone, and expands its gradient. */
  GlobalAveragePool: { infer: (context) => [global(context)] },
  /** To any size: _adaptive_avg_pool keeps its input, _adaptive_max_pool the positions too (derivatives.yaml). */
  AdaptiveAveragePool: { infer: (context) => [adapted(context)], saves: () => KEEP_INPUT },
  AdaptiveMaxPool: { infer: adaptedWithIndices, saves: savePositions },
  LpPool: lpPool(pooled),
  GlobalLpPool: lpPool(global),
  /** max_unpool2d keeps the indices. */
  MaxUnpool: { operands: 2, infer: inferUnpool, saves: () => KEEP_INDICES, gradients: firstGradient },
} as const satisfies Record<string, OpSpec>;
