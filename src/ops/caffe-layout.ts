import {
  axisOf,
  dimAt,
  elements,
  input,
  normalizeAxis,
  numberAttribute,
  numbersAttribute,
  output,
  tensor,
} from './context.js';
import { KEEP_INDICES, KEEP_INPUT, like } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { stridesOf, viewStrides, withStrides } from './strides.js';
import { windowOf, windowedSize } from './window.js';

const ALWAYS = (): boolean => true;

/**
 * The axes that are reshaped. Flatten names the last one (`end_axis`); Reshape says how many (`num_axes`, -1 for all),
 * and its axis may lie behind the last (reshape_layer.cpp).
 */
function reshapedAxes(context: OpContext): { axis: number; end: number } {
  const rank = input(context, 0).shape.length;
  const last = context.layer.attributes['end_axis'];
  if (typeof last === 'number') return { axis: axisOf(context, 0), end: normalizeAxis(last, rank) + 1 };
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 0), rank + 1);
  const count = numberAttribute(context.layer, 'num_axes', -1);
  return { axis, end: count === -1 ? rank : axis + count };
}

/** reshape_layer.cpp: 0 copies the dim at the same place, -1 takes what is left; other axes stay as they are. */
function reshapeTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const { axis, end } = reshapedAxes(context);
  const stated = numbersAttribute(context.layer, 'dims') ?? [];
  const dims = stated.map((dim, index) => (dim === 0 ? dimAt(shape, axis + index) : dim));
  const known = elements(dims.filter((dim) => dim !== -1));
  const total = elements(shape.slice(axis, end));
  const inferred = dims.map((dim) => (dim === -1 ? total / Math.max(1, known) : dim));
  if (!inferred.every(Number.isInteger) || elements(inferred) !== total)
    throw new ShapeError(`[${shape.join(', ')}] does not reshape by [${stated.join(', ')}]`);
  return [...shape.slice(0, axis), ...inferred, ...shape.slice(end)];
}

function inferReshape(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const shape = reshapeTarget(context);
  const strides = viewStrides(type, shape);
  return [strides ? withStrides(type, shape, strides) : tensor(type.dtype, shape)];
}

/** slice_layer.cpp: the parts lie between the points, and the last one runs to the end. */
function inferSlice(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = axisOf(context, 1);
  const bounds = [0, ...(numbersAttribute(context.layer, 'slice_point') ?? []), dimAt(type.shape, axis)];
  return bounds.slice(1).map((end, index) => {
    const part = end - (bounds[index] ?? 0);
    if (part < 1)
      throw new ShapeError(`slice points [${bounds.slice(1, -1).join(', ')}] do not divide ${dimAt(type.shape, axis)}`);
    return withStrides(type, type.shape.with(axis, part), stridesOf(type));
  });
}

/** crop_layer.cpp: from `axis` on the size of the second bottom. */
function inferCrop(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = axisOf(context, 2);
  const shape = [...type.shape.slice(0, axis), ...input(context, 1).shape.slice(axis)];
  const fits = shape.length === type.shape.length && shape.every((dim, index) => dim <= dimAt(type.shape, index));
  if (!fits) throw new ShapeError(`[${type.shape.join(', ')}] cannot be cropped to [${shape.join(', ')}]`);
  return [withStrides(type, shape, stridesOf(type))];
}

/** interp_layer.cpp (DeepLab): to a size, else by shrinking and zooming between corners, else to bottom 1's size. */
function interpolated(context: OpContext, axis: 2 | 3): number {
  const { layer } = context;
  const size = dimAt(input(context, 0).shape, axis);
  const stated = numberAttribute(layer, axis === 2 ? 'height' : 'width', 0);
  if (stated > 0) return stated;
  const scale = numberAttribute(layer, 'scale', 0);
  if (scale > 0) return size * scale;
  const shrink = numberAttribute(layer, 'shrink_factor', 0);
  const zoom = numberAttribute(layer, 'zoom_factor', 0);
  const reference = context.inputs[1];
  if (shrink === 0 && zoom === 0 && reference) return dimAt(reference.shape, axis);
  const padded = size + numberAttribute(layer, 'pad_beg', 0) + numberAttribute(layer, 'pad_end', 0);
  const shrunk = Math.floor((padded - 1) / Math.max(1, shrink)) + 1;
  return shrunk + (shrunk - 1) * (Math.max(1, zoom) - 1);
}

function inferInterp(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1), interpolated(context, 2), interpolated(context, 3)])];
}

/** Every window's elements in the place of the channels. */
function inferIm2col(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const kernel = numbersAttribute(context.layer, 'kernel_shape') ?? [];
  const spatial = windowedSize(shape.slice(2), windowOf(context.layer, kernel));
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1) * elements(kernel), ...spatial])];
}

/** spp_layer.cpp: level i has 4^i bins. */
function pyramidBins(context: OpContext): number {
  const height = numberAttribute(context.layer, 'pyramid_height', 1);
  return (4 ** height - 1) / 3;
}

function inferPyramid(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1) * pyramidBins(context)])];
}

/** Caffe's own ways to move and regroup elements, where ONNX has no operator that says the same without a known shape. */
export const CAFFE_LAYOUT = {
  CaffeReshape: {
    infer: inferReshape,
    view: (context) => viewStrides(input(context, 0), reshapeTarget(context)) !== undefined,
    gradients: () => ['pass'],
  },
  /** torch.split: views; its backward joins the parts' gradients into a new tensor. */
  CaffeSlice: { infer: inferSlice, view: ALWAYS, gradients: () => ['new'] },
  /** Slicing is a view; slice_backward writes into a tensor of zeros. The second bottom gives its size alone. */
  Crop: { operands: 2, infer: inferCrop, view: ALWAYS, gradients: () => ['new', 'none'] },
  /** torch.Tensor.repeat copies, and keeps nothing. */
  CaffeTile: {
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      const axis = axisOf(context, 1);
      return [tensor(dtype, shape.with(axis, dimAt(shape, axis) * numberAttribute(context.layer, 'tiles', 1)))];
    },
  },
  /** upsample_bilinear2d needs the sizes alone for its backward (derivatives.yaml). */
  Interp: { infer: inferInterp, gradients: () => ['new', 'none'], autocast: 'fp32' },
  /** unfold keeps nothing (derivatives.yaml: im2col). */
  Im2col: { infer: inferIm2col },
  /** Max pools of a pyramid of grids, joined: each keeps the input and an int64 position per bin. */
  SPP: {
    infer: inferPyramid,
    saves: (context) => [
      ...KEEP_INPUT,
      { from: 'new', what: 'indices', type: tensor('int64', output(context, 0).shape) },
    ],
  },
  /** How many samples pass is known while it runs: taken to be all of them (filter_layer.cpp). */
  Filter: {
    infer: (context) => context.inputs.slice(0, context.outputCount).map((_, index) => input(context, index)),
  },
  /** index_select keeps the indices (derivatives.yaml). */
  BatchReindex: {
    operands: 2,
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      return [tensor(dtype, [elements(input(context, 1).shape), ...shape.slice(1)])];
    },
    saves: () => KEEP_INDICES,
    gradients: () => ['new', 'none'],
  },
  /** View, transpose, and the copy that makes it contiguous: nothing is kept (ShuffleNet). */
  ShuffleChannel: { infer: (context) => [like(context)] },
} as const satisfies Record<string, OpSpec>;
