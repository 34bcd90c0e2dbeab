import type { TensorType } from './spec.js';

/** Strides (in elements) of a contiguous, row-major tensor. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(shape[axis] ?? 1, 1);
  }
  return strides;
}

export function stridesOf(type: TensorType): readonly number[] {
  return type.strides ?? contiguousStrides(type.shape);
}

/** True where the elements lie row-major without gaps; dims of size 1 may have any stride. */
export function isContiguous(type: TensorType): boolean {
  if (!type.strides) return true;
  const expected = contiguousStrides(type.shape);
  return type.shape.every((dim, axis) => dim <= 1 || type.strides?.[axis] === expected[axis]);
}

/** True where the elements fill their memory in some order of axes: what TensorIterator's outputs inherit. */
export function isDense(type: TensorType): boolean {
  if (!type.strides) return true;
  const axes = type.shape.map((dim, axis) => ({ dim, stride: type.strides?.[axis] ?? 0 })).filter(({ dim }) => dim > 1);
  axes.sort((a, b) => a.stride - b.stride);
  let expected = 1;
  for (const { dim, stride } of axes) {
    if (stride !== expected) return false;
    expected *= dim;
  }
  return true;
}

/** Drops strides that say no more than contiguous does. */
export function withStrides(type: TensorType, shape: readonly number[], strides: readonly number[]): TensorType {
  const strided = { dtype: type.dtype, shape, strides };
  return isContiguous(strided) ? { dtype: type.dtype, shape } : strided;
}

/**
 * The strides a tensor has under another shape without being copied, or undefined where it must be copied.
 * Ported from the rule of at::detail::computeStride (aten/src/ATen/TensorUtils.cpp): walk both shapes from the end;
 * each run of old dims that is contiguous in itself is one chunk of memory that new dims may divide.
 */
export function viewStrides(type: TensorType, shape: readonly number[]): number[] | undefined {
  const oldStrides = stridesOf(type);
  const result = new Array<number>(shape.length).fill(1);
  let view = shape.length - 1;
  let chunkStride = oldStrides.at(-1) ?? 1;
  let oldElements = 1;
  let viewElements = 1;
  for (let axis = type.shape.length - 1; axis >= 0; axis--) {
    oldElements *= type.shape[axis] ?? 1;
    const endsChunk =
      axis === 0 || (type.shape[axis - 1] !== 1 && oldStrides[axis - 1] !== oldElements * chunkStride);
    if (!endsChunk) continue;
    while (view >= 0 && (viewElements < oldElements || shape[view] === 1)) {
      result[view] = viewElements * chunkStride;
      viewElements *= shape[view] ?? 1;
      view--;
    }
    if (viewElements !== oldElements) return undefined;
    chunkStride = oldStrides[axis - 1] ?? 1;
    oldElements = 1;
    viewElements = 1;
  }
  return view === -1 ? result : undefined;
}
