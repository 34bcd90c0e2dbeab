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

/** A run of axes that lies in memory as one axis of `elements` elements would. */
interface Chunk {
  readonly elements: number;
  readonly stride: number;
}

/** Runs of axes, last first: an axis joins the run behind it where its stride is the run's whole extent. */
function chunksOf(type: TensorType): Chunk[] {
  const strides = stridesOf(type);
  const chunks: Chunk[] = [];
  type.shape.toReversed().forEach((dim, back) => {
    if (dim === 1) return;
    const stride = strides[type.shape.length - 1 - back] ?? 1;
    const last = chunks.at(-1);
    if (last && stride === last.elements * last.stride) {
      chunks[chunks.length - 1] = { elements: last.elements * dim, stride: last.stride };
    } else chunks.push({ elements: dim, stride });
  });
  return chunks;
}

/**
 * The strides a tensor has under another shape without being copied, or undefined where it must be copied: each run of
 * axes that is contiguous in itself may be divided anew, but no new axis may reach over the edge of a run. The rule is
 * that of at::detail::computeStride (aten/src/ATen/TensorUtils.cpp).
 */
export function viewStrides(type: TensorType, shape: readonly number[]): number[] | undefined {
  const chunks = chunksOf(type);
  const result: number[] = [];
  let chunk = chunks.shift() ?? { elements: 1, stride: 1 };
  let taken = 1;
  for (const dim of shape.toReversed()) {
    if (dim !== 1 && taken === chunk.elements) {
      chunk = chunks.shift() ?? { elements: 1, stride: 1 };
      taken = 1;
    }
    result.unshift(taken * chunk.stride);
    taken *= dim;
    if (taken === 0 || chunk.elements % taken !== 0) return undefined;
  }
  return taken === chunk.elements && chunks.length === 0 ? result : undefined;
}
