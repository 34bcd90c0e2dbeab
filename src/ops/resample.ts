import { dimAt, input, normalizeAxis, numberAttribute, numbersAttribute, tensor } from './context.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** What a Resize is told: sizes or scales, of all axes or of those named (opset 18). */
function resizedShape(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axes = numbersAttribute(context.layer, 'axes')?.map((axis) => normalizeAxis(axis, shape.length));
  const { sizes, scales } = resizeArguments(context);
  const resized = [...shape];
  (axes ?? [...shape.keys()]).forEach((axis, index) => {
    const [size, scale] = [sizes?.[index], scales?.[index]];
    resized[axis] = size ?? Math.floor(dimAt(shape, axis) * (scale ?? 1));
  });
  return resized;
}

/** Opset 11 on: roi, scales, sizes; opset 10 and Upsample: scales alone; Upsample 7: an attribute. */
function resizeArguments(context: OpContext): {
  sizes?: readonly number[] | undefined;
  scales?: readonly number[] | undefined;
} {
  const sizes = context.value(3);
  if (sizes && sizes.length > 0) return { sizes };
  const position = context.inputs.length > 2 ? 2 : 1;
  const scales = context.value(position) ?? numbersAttribute(context.layer, 'scales');
  if (!scales || scales.length === 0)
    throw new ShapeError(`${context.layer.type} has neither constant scales nor sizes`);
  return { scales };
}

/** upsample_* needs sizes alone for backward; autocast runs all of them in float32 (ATen/autocast_mode.h). */
const RESIZE: OpSpec = {
  autocast: 'fp32',
  infer: (context) => [tensor(input(context, 0).dtype, resizedShape(context))],
  gradients: ({ inputs }) => inputs.map((_, index) => (index === 0 ? 'new' : 'none')),
};

/** Blocks of `blocksize` squared channels become space, or the other way round: a permuted copy (pixel_shuffle). */
function shuffled(context: OpContext, direction: 1 | -1): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const factor = numberAttribute(context.layer, 'blocksize', 1) ** direction;
  const [batch, channels, height, width] = [0, 1, 2, 3].map((axis) => dimAt(shape, axis));
  return [tensor(dtype, [batch ?? 1, (channels ?? 1) / factor ** 2, (height ?? 1) * factor, (width ?? 1) * factor])];
}

/** grid_sampler keeps input and grid; autocast promotes it (ATen/autocast_mode.h). */
const GRID_SAMPLE: OpSpec = {
  infer: (context) => {
    const { dtype, shape } = input(context, 0);
    return [tensor(dtype, [...shape.slice(0, 2), ...input(context, 1).shape.slice(1, -1)])];
  },
  saves: () => [
    { from: 'input', index: 0 },
    { from: 'input', index: 1 },
  ],
  autocast: 'widest',
};

/** affine_grid: theta `[N, 2, 3]` and a size give `[N, H, W, 2]`. */
const AFFINE_GRID: OpSpec = {
  infer: (context) => {
    const size = context.value(1);
    if (!size) throw new ShapeError('the size of AffineGrid is not a constant');
    return [tensor(input(context, 0).dtype, [size[0] ?? 1, ...size.slice(2), size.length - 2])];
  },
  gradients: () => ['new', 'none'],
};

export const RESAMPLE = {
  Resize: RESIZE,
  Upsample: RESIZE,
  DepthToSpace: { infer: (context) => shuffled(context, 1) },
  SpaceToDepth: { infer: (context) => shuffled(context, -1) },
  GridSample: GRID_SAMPLE,
  AffineGrid: AFFINE_GRID,
} as const satisfies Record<string, OpSpec>;
