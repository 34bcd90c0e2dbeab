import {
  dimAt,
  input,
  normalizeAxis,
  numberAttribute,
  numbersAttribute,
  output,
  stringAttribute,
  tensor,
  tensorBytes,
} from './context.js';
import { inLayoutOf } from './layout.js';
import { firstGradient, KEEP_OPERANDS } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** What a Resize is told, of all axes or of those named (opset 18): sizes, or scales, which round down. */
function resizedShape(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const stated = numbersAttribute(context.layer, 'axes')?.map((axis) => normalizeAxis(axis, shape.length));
  const axes = stated ?? [...shape.keys()];
  const dims = axes.map((axis) => dimAt(shape, axis));
  const sizes = context.value(3);
  const resized = sizes && sizes.length > 0 ? keepingAspect(context, dims, sizes) : scaled(dims, scalesOf(context));
  const result = [...shape];
  axes.forEach((axis, index) => {
    result[axis] = resized[index] ?? dimAt(shape, axis);
  });
  return result;
}

function scaled(dims: readonly number[], scales: readonly number[]): readonly number[] {
  return dims.map((dim, index) => Math.floor(dim * (scales[index] ?? 1)));
}

/** `keep_aspect_ratio_policy` (opset 18) takes the smallest or the largest of the ratios for all axes, and rounds halves up. */
function keepingAspect(context: OpContext, dims: readonly number[], sizes: readonly number[]): readonly number[] {
  const policy = stringAttribute(context.layer, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return sizes;
  const ratios = sizes.map((size, index) => size / Math.max(1, dims[index] ?? 1));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return dims.map((dim) => Math.round(dim * ratio));
}

/** Opset 11 on: roi, scales, sizes; opset 10 and Upsample: scales alone; Upsample 7: an attribute. */
function scalesOf(context: OpContext): readonly number[] {
  const position = context.inputs.length > 2 ? 2 : 1;
  const scales = context.value(position) ?? numbersAttribute(context.layer, 'scales');
  if (!scales || scales.length === 0) {
    throw new ShapeError(`${context.layer.type} has neither constant scales nor sizes`);
  }
  return scales;
}

/** upsample_* needs sizes alone for backward; autocast runs all of them in float32 (ATen/autocast_mode.h). */
const RESIZE: OpSpec = {
  infer: (context) => [inLayoutOf(input(context, 0), resizedShape(context))],
  gradients: firstGradient,
  autocast: 'fp32',
};

/** Blocks of `blocksize` squared channels become space, or the other way round: a permuted copy (pixel_shuffle). */
function shuffled(context: OpContext, direction: 1 | -1): TensorType {
  const { dtype, shape } = input(context, 0);
  const factor = numberAttribute(context.layer, 'blocksize', 1) ** direction;
  const channels = dimAt(shape, 1) / factor ** 2;
  return tensor(dtype, [dimAt(shape, 0), channels, dimAt(shape, 2) * factor, dimAt(shape, 3) * factor]);
}

/** grid_sampler keeps input and grid; autocast promotes it (ATen/autocast_mode.h). */
const GRID_SAMPLE: OpSpec = {
  operands: 2,
  infer: (context) => {
    const { dtype, shape } = input(context, 0);
    return [tensor(dtype, [...shape.slice(0, 2), ...input(context, 1).shape.slice(1, -1)])];
  },
  saves: () => KEEP_OPERANDS,
  autocast: 'promote',
};

/** Every position of the grid, and a 1 behind it. */
function positionBytes(context: OpContext): number {
  const { dtype, shape } = output(context, 0);
  return tensorBytes(tensor(dtype, [...shape.slice(0, -1), (shape.at(-1) ?? 0) + 1]));
}

/**
 * affine_grid: theta `[N, 2, 3]` or `[N, 3, 4]` and a size give `[N, H, W, 2]` or `[N, D, H, W, 3]`, by the product of all
 * positions with theta; backward makes them again (AffineGridGenerator.cpp).
 */
const AFFINE_GRID: OpSpec = {
  infer: (context) => {
    const size = context.value(1);
    if (!size) throw new ShapeError('size of AffineGrid is not a constant');
    return [tensor(input(context, 0).dtype, [size[0] ?? 1, ...size.slice(2), size.length - 2])];
  },
  gradients: ({ inputs }) => inputs.map((_, index) => (index === 0 ? 'view' : 'none')),
  temporaries: (context) => ({ forward: positionBytes(context), backward: positionBytes(context) }),
  library: 'cublas',
};

/** Sources: ONNX operator specification; derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const RESAMPLE = {
  Resize: RESIZE,
  Upsample: RESIZE,
  DepthToSpace: { infer: (context) => [shuffled(context, 1)] },
  SpaceToDepth: { infer: (context) => [shuffled(context, -1)] },
  GridSample: GRID_SAMPLE,
  AffineGrid: AFFINE_GRID,
} as const satisfies Record<string, OpSpec>;
