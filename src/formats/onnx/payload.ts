import type { DType } from '../../graph/index.js';
import type { OnnxTensor } from './schema.js';

/** ONNX's TensorProto.DataType, by number. */
export const DATA_TYPES: Readonly<Record<number, DType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  21: 'uint4',
  22: 'int4',
  23: 'float4',
  24: 'float8',
  25: 'uint2',
  26: 'int2',
  27: 'float6',
  28: 'float6',
};

/** More elements than this are data, not shapes. */
export const MAX_VALUE_ELEMENTS = 4096;

type Reader = (view: DataView, offset: number) => number;

/** Little-endian element readers, with the element's bytes. */
const READERS: Partial<Record<DType, { bytes: number; read: Reader }>> = {
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  float64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  float16: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  bfloat16: { bytes: 2, read: (view, at) => bfloat16ToNumber(view.getUint16(at, true)) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, read: (view, at) => view.getUint8(at) },
  int16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  uint16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  int32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  uint32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  int64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  uint64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat16ToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

/** The elements of a small tensor whose payload is in the file, else undefined. */
export function tensorValue(tensor: OnnxTensor): number[] | undefined {
  const dtype = DATA_TYPES[tensor.dataType];
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  const isSmall = count <= MAX_VALUE_ELEMENTS && tensor.dims.every((dim) => Number.isInteger(dim) && dim >= 0);
  if (!dtype || !isSmall) return undefined;
  if (count === 0) return [];
  const raw = tensor.rawData;
  if (raw.byteLength > 0) return readRaw(raw, dtype, count);
  const typed = typedPayload(tensor).slice(0, count);
  if (typed.length < count) return undefined;
  // Half floats travel as their bits in int32_data (onnx.proto).
  const bits = dtype === 'float16' ? halfToNumber : dtype === 'bfloat16' ? bfloat16ToNumber : undefined;
  return bits ? typed.map(bits) : typed;
}

function typedPayload(tensor: OnnxTensor): readonly number[] {
  const payloads = [tensor.int64Data, tensor.int32Data, tensor.floatData, tensor.doubleData, tensor.uint64Data];
  return payloads.find((payload) => payload.length > 0) ?? [];
}

function readRaw(raw: Uint8Array, dtype: DType, count: number): number[] | undefined {
  const reader = READERS[dtype];
  if (!reader || raw.byteLength < count * reader.bytes) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: count }, (_, index) => reader.read(view, index * reader.bytes));
}
