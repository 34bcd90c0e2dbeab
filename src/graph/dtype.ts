/** Storage width of one element, in bits, by dtype name (ONNX names spelled as PyTorch and NumPy print them). */
export const DTYPE_BITS = {
  float32: 32,
  float64: 64,
  float16: 16,
  bfloat16: 16,
  float8: 8,
  float6: 6,
  float4: 4,
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
  bool: 8,
  int4: 4,
  uint4: 4,
  int2: 2,
  uint2: 2,
  complex64: 64,
  complex128: 128,
  string: 0,
} as const satisfies Record<string, number>;

export type DType = keyof typeof DTYPE_BITS;

const FLOATING: ReadonlySet<DType> = new Set([
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'float8',
  'float6',
  'float4',
]);

/** The real parts of complex numbers, and what is made of two of them. */
const REAL_OF: Partial<Record<DType, DType>> = { complex64: 'float32', complex128: 'float64' };

/** True for real floating-point numbers. */
export function isFloating(dtype: DType): boolean {
  return FLOATING.has(dtype);
}

export function isComplex(dtype: DType): boolean {
  return REAL_OF[dtype] !== undefined;
}

/** True for the dtypes autograd can differentiate (torch/csrc/autograd/variable.h, isDifferentiableType). */
export function carriesGradient(dtype: DType): boolean {
  return isFloating(dtype) || isComplex(dtype);
}

/** The dtype of a complex number's parts; a real one's is its own (c10/core/ScalarType.h, toRealValueType). */
export function realOf(dtype: DType): DType {
  return REAL_OF[dtype] ?? dtype;
}

/** What a transform makes of a real number (c10/core/ScalarType.h, toComplexType); the complex of halves counts as wider. */
export function complexOf(dtype: DType): DType {
  return dtype === 'float64' || dtype === 'complex128' ? 'complex128' : 'complex64';
}

/** Bytes of `count` elements, rounded up to whole bytes for sub-byte dtypes. */
export function bytesOf(dtype: DType, count: number): number {
  return Math.ceil((DTYPE_BITS[dtype] * count) / 8);
}
