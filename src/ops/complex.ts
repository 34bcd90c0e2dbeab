import { complexOf, realOf } from '../graph/index.js';
import { input, tensor } from './context.js';
import { iteratedType } from './layout.js';
import { KEEP_INPUT, KEEP_OPERANDS, KEEP_OUTPUT } from './parts.js';
import { operandsOf } from './pointwise.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { stridesOf, withStrides } from './strides.js';

/** Two tensors of one shape as one of complex numbers. */
function paired(context: OpContext): readonly TensorType[] {
  return [iteratedType(operandsOf(context), complexOf(input(context, 0).dtype))];
}

/** A view: its gradient is one of the output's, or the output's in one half of a tensor of zeros. */
const VIEW: Pick<OpSpec, 'view'> = { view: () => true };

/** One of the two parts: every other number of the same memory. */
function part(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const dtype = realOf(type.dtype);
  const step = dtype === type.dtype ? 1 : 2;
  const strides = stridesOf(type).map((stride) => step * stride);
  return [withStrides(tensor(dtype, type.shape), type.shape, strides)];
}

/** The parts along an axis of their own, the last. */
function asReal(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const shape = [...type.shape, 2];
  const strides = [...stridesOf(type).map((stride) => 2 * stride), 1];
  return [withStrides(tensor(realOf(type.dtype), shape), shape, strides)];
}

function asComplex(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const shape = type.shape.slice(0, -1);
  const strides = stridesOf(type).slice(0, -1);
  const halved = strides.map((stride) => stride / 2);
  return [withStrides(tensor(complexOf(type.dtype), shape), shape, halved)];
}

/**
 * Complex numbers. Sources: aten/src/ATen/native/ComplexHelper.h (views), derivatives.yaml, saved_tensors_hooks, torch 2.15.
 */
export const COMPLEX = {
  /** From real and imaginary part; keeps both, whose gradients are halves of the output's. */
  Complex: { operands: 2, infer: paired, saves: () => KEEP_OPERANDS, gradients: () => ['view', 'view'] },
  /** From length and angle. */
  Polar: { operands: 2, infer: paired, saves: () => KEEP_OUTPUT },
  Real: { ...VIEW, infer: part },
  Imag: { ...VIEW, infer: part },
  ViewAsReal: { ...VIEW, infer: asReal, gradients: () => ['pass'] },
  ViewAsComplex: { ...VIEW, infer: asComplex, gradients: () => ['pass'] },
  Angle: {
    infer: (context) => [iteratedType(operandsOf(context), realOf(input(context, 0).dtype))],
    saves: () => KEEP_INPUT,
  },
} as const satisfies Record<string, OpSpec>;
