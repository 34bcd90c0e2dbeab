import {
  dimAt,
  elements,
  input,
  normalizeAxis,
  numbersAttribute,
  requiredIntegers,
  stringAttribute,
  tensor,
} from './context.js';
import { tileValues } from './fold.js';
import type { Values } from './fold.js';
import { inLayoutOf } from './layout.js';
import { firstGradient, KEEP_INPUT } from './parts.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** The axes an optional input or attribute names, else all. */
function axesOf(context: OpContext, stated: readonly number[] | undefined): readonly number[] {
  const { shape } = input(context, 0);
  return stated?.map((axis) => normalizeAxis(axis, shape.length)) ?? [...shape.keys()];
}

/** `Pad`: begins and ends of every axis, or of the axes named (opset 18); negative ones crop. */
function inferPad(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const pads = requiredIntegers(context, 1, 'pads');
  const axes = axesOf(context, context.value(3));
  const padded = [...type.shape];
  axes.forEach((axis, index) => {
    padded[axis] = dimAt(type.shape, axis) + (pads[index] ?? 0) + (pads[index + axes.length] ?? 0);
  });
  return [inLayoutOf(type, padded)];
}

function inferTile(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const repeats = requiredIntegers(context, 1, 'repeats');
  const tiled = shape.map((dim, axis) => dim * (repeats[axis] ?? 1));
  return [tensor(dtype, tiled)];
}

function evaluateTile(context: OpContext): readonly (Values | undefined)[] {
  const values = context.value(0);
  return [values && tileValues({ shape: input(context, 0).shape, values }, requiredIntegers(context, 1, 'repeats'))];
}

function inferCenterCropPad(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const sizes = requiredIntegers(context, 1, 'shape');
  const result = [...shape];
  axesOf(context, numbersAttribute(context.layer, 'axes')).forEach((axis, index) => {
    result[axis] = sizes[index] ?? dimAt(shape, axis);
  });
  return [tensor(dtype, result)];
}

/** Blocks `[N, C * k..., L]` laid out on an image: `[N, C, d...]`. */
function inferCol2Im(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const image = requiredIntegers(context, 1, 'image_shape');
  const block = requiredIntegers(context, 2, 'block_shape');
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1) / Math.max(1, elements(block)), ...image])];
}

/** Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const PADDING = {
  /** reflection_pad and replication_pad keep their input; a constant or circular one keeps nothing. */
  Pad: {
    infer: inferPad,
    saves: ({ layer }) => (['reflect', 'edge'].includes(stringAttribute(layer, 'mode', 'constant')) ? KEEP_INPUT : []),
    gradients: firstGradient,
  },
  /** torch.Tensor.repeat. */
  Tile: { infer: inferTile, evaluate: evaluateTile, gradients: firstGradient },
  CenterCropPad: { infer: inferCenterCropPad, gradients: firstGradient },
  /** torch.nn.functional.fold. */
  Col2Im: { infer: inferCol2Im, gradients: firstGradient },
} as const satisfies Record<string, OpSpec>;
