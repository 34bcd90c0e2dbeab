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

/** True for the dtypes autograd can differentiate. */
export function isFloating(dtype: DType): boolean {
  return FLOATING.has(dtype);
}

/** Bytes of `count` elements, rounded up to whole bytes for sub-byte dtypes. */
export function bytesOf(dtype: DType, count: number): number {
  return Math.ceil((DTYPE_BITS[dtype] * count) / 8);
}
