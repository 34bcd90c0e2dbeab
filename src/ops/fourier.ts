import { complexOf, realOf } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { dimAt, input, isCountable, normalizeAxis, numbersAttribute, tensor } from './context.js';
import { copyOf, KEEP_INPUT, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** An axis that is transformed, and the size stated for it. */
interface Axis {
  readonly axis: number;
  readonly size: number | undefined;
}

function axesOf(context: OpContext): readonly Axis[] {
  const rank = input(context, 0).shape.length;
  const sizes = numbersAttribute(context.layer, 'sizes');
  const axes = numbersAttribute(context.layer, 'axes') ?? [-1];
  return axes.map((axis, index) => {
    // -1 leaves the size as it is.
    const size = sizes?.[index] === -1 ? undefined : sizes?.[index];
    if (size !== undefined && !(Number.isSafeInteger(size) && size > 0))
      throw new ShapeError(`a transform of size ${size}`);
    return { axis: normalizeAxis(axis, rank), size };
  });
}

/** Of n real numbers a transform has n / 2 + 1: the others are their conjugates. */
const half = (size: number): number => Math.floor(size / 2) + 1;

/** The input cut or padded to the stated sizes (SpectralOps.cpp, resize_fft_input). */
function resized(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const result = [...shape];
  for (const { axis, size } of axesOf(context)) result[axis] = size ?? dimAt(shape, axis);
  if (!isCountable(result)) throw new ShapeError(`no transform is of the shape [${result.join(', ')}]`);
  return tensor(dtype, result);
}

/** The same for the inverse of a real transform, whose last size is that of the output. */
function resizedHalf(context: OpContext): TensorType {
  const type = resized(context);
  const last = axesOf(context).at(-1);
  return last?.size === undefined ? type : tensor(type.dtype, type.shape.with(last.axis, half(last.size)));
}

/** A type with another size on the last axis that is transformed. */
function withLast(
  context: OpContext,
  { shape }: TensorType,
  to: { dtype: DType; size: (own: number) => number },
): TensorType {
  const axis = axesOf(context).at(-1)?.axis ?? 0;
  return tensor(to.dtype, shape.with(axis, to.size(dimAt(shape, axis))));
}

function isPadded(context: OpContext, { shape }: TensorType): boolean {
  return shape.some((dim, axis) => dim > dimAt(input(context, 0).shape, axis));
}

const isReal = (context: OpContext): boolean => realOf(input(context, 0).dtype) === input(context, 0).dtype;

/** What is real is kept as it is transformed: padded, or a view (derivatives.yaml: _fft_r2c). */
function keptReal(context: OpContext): readonly Saved[] {
  if (!isReal(context)) return [];
  const type = resized(context);
  return isPadded(context, type) ? [copyOf(type)] : KEEP_INPUT;
}

function paddedBytes(context: OpContext, type: TensorType): number {
  return scratchOf(type, isPadded(context, type) ? 1 : 0);
}

/** Two tensors of all the complex numbers, of which half of one stands for the gradient of the real parts. */
function fullScratch(context: OpContext): number {
  const { dtype, shape } = resized(context);
  return scratchOf(tensor(complexOf(dtype), shape), 1.5);
}

/**
 * Backward of a real transform pads the gradient to all its numbers and transforms that; the real parts of the result are
 * the gradient (FunctionsManual.cpp, fft_r2c_backward).
 */
function realTransform(size: (own: number) => number): OpSpec {
  return {
    infer: (context) => {
      const type = resized(context);
      return [withLast(context, type, { dtype: complexOf(type.dtype), size })];
    },
    saves: keptReal,
    gradients: () => ['view'],
    temporaries: (context) => ({ backward: fullScratch(context) }),
  };
}

const own = (size: number): number => size;
const REAL_TO_ALL = realTransform(own);

/**
 * Discrete Fourier transforms over `axes`, of `sizes` where those are stated; scaling is in place. What cuFFT takes for its
 * plans nobody here knows. Sources: aten/src/ATen/native/SpectralOps.cpp, cuda/SpectralOps.cpp; derivatives.yaml;
 * saved_tensors_hooks, torch 2.15.
 */
export const FOURIER = {
  /** Complex to complex, either way; what is real becomes complex in the transform. */
  FFT: {
    infer: REAL_TO_ALL.infer,
    saves: keptReal,
    gradients: (context) => [isReal(context) ? 'view' : 'new'],
    temporaries: (context) => ({
      forward: isReal(context) ? 0 : paddedBytes(context, resized(context)),
      backward: isReal(context) ? fullScratch(context) : 0,
    }),
  },
  RFFT: realTransform(half),
  /** Complex to real: cuFFT overwrites its input, which is cloned for it. */
  IRFFT: {
    infer: (context) => {
      const type = resizedHalf(context);
      const stated = axesOf(context).at(-1)?.size;
      return [withLast(context, type, { dtype: realOf(type.dtype), size: (size) => stated ?? 2 * (size - 1) })];
    },
    temporaries: (context) => {
      const type = resizedHalf(context);
      return { forward: scratchOf(type, 1) + paddedBytes(context, type) };
    },
  },
} as const satisfies Record<string, OpSpec>;
