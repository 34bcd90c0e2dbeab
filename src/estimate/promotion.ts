import type { DType } from '../graph/index.js';
import type { BoundGraph, BoundLayer, TensorType } from '../ops/index.js';
import { isCastable } from './precisions.js';

/**
 * The dtype several floating inputs promote to. Tensors without dims decide only where none has any, and numbers only
 * where there is nothing else: `torch.where(mask, zero, -inf)` has the dtype of `zero`
 * (aten/src/ATen/native/TypeProperties.cpp, result_type: dimResult, zeroResult, wrappedResult).
 */
export function promoted(
  types: readonly (TensorType | undefined)[],
  isNumber: (index: number) => boolean,
): DType | undefined {
  const first = types.find((type) => isCastable(type?.dtype))?.dtype;
  if (types.every((type) => !isCastable(type?.dtype) || type?.dtype === first)) return first;
  const floating = types.flatMap((type, index) =>
    type && isCastable(type.dtype) ? [{ dtype: type.dtype, weight: weightOf(type, isNumber(index)) }] : [],
  );
  const most = Math.max(...floating.map(({ weight }) => weight));
  const dtypes = new Set(floating.filter(({ weight }) => weight === most).map(({ dtype }) => dtype));
  return dtypes.size > 1 ? 'float32' : [...dtypes][0];
}

function weightOf({ shape }: TensorType, isNumber: boolean): number {
  if (shape.length > 0) return 2;
  return isNumber ? 0 : 1;
}

/** Which inputs of a layer are numbers of Python. */
export function numbersIn({ tensors }: BoundGraph, { inputs }: BoundLayer): (index: number) => boolean {
  return (index) => tensors.get(inputs[index] ?? '')?.role === 'constant';
}
