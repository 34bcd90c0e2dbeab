import { describe, expect, test } from '@jest/globals';
import { DATA_TYPES, tensorValue } from '../../../src/formats/onnx/payload.js';
import type { OnnxTensor } from '../../../src/formats/onnx/schema.js';

const BARE: OnnxTensor = {
  dims: [],
  dataType: 0,
  floatData: [],
  int32Data: [],
  int64Data: [],
  name: 't',
  rawData: new Uint8Array(0),
  doubleData: [],
  uint64Data: [],
};

const raw = (dataType: number, ...bytes: number[]): OnnxTensor => ({
  ...BARE,
  dataType,
  rawData: Uint8Array.from(bytes),
});

/** Numbers of TensorProto.DataType (onnx.proto). Bit patterns are those of IEEE 754, little-endian. */
describe('a raw payload is read as', () => {
  test.each([
    ['float32', raw(1, 0, 0, 0xc0, 0x3f), 1.5],
    ['uint8', raw(2, 200), 200],
    ['int8', raw(3, 200), -56],
    ['uint16', raw(4, 0xff, 0xff), 65_535],
    ['int16', raw(5, 0xff, 0xff), -1],
    ['int32', raw(6, 0xfe, 0xff, 0xff, 0xff), -2],
    ['int64', raw(7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), -1],
    ['bool', raw(9, 1), 1],
    ['float16', raw(10, 0x00, 0x3e), 1.5],
    ['the smallest float16', raw(10, 0x01, 0x00), 2 ** -24],
    ['float16 infinity', raw(10, 0x00, 0xfc), -Infinity],
    ['float16 not a number', raw(10, 0x01, 0x7c), NaN],
    ['float64', raw(11, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f), 1.5],
    ['uint32', raw(12, 0xff, 0xff, 0xff, 0xff), 2 ** 32 - 1],
    ['uint64', raw(13, 0, 0, 0, 0, 1, 0, 0, 0), 2 ** 32],
    ['bfloat16', raw(16, 0xc0, 0x3f), 1.5],
  ])('%s', (_, tensor, value) => {
    expect(tensorValue(tensor)).toEqual([value]);
  });
});

describe('a typed payload is read from', () => {
  test.each([
    ['float_data', { dataType: 1, floatData: [1.5] }, 1.5],
    ['int32_data, for int32', { dataType: 6, int32Data: [-2] }, -2],
    ['int32_data, for bool', { dataType: 9, int32Data: [1] }, 1],
    ['int32_data, for the bits of a float16', { dataType: 10, int32Data: [0x3e00] }, 1.5],
    ['int32_data, for the bits of a bfloat16', { dataType: 16, int32Data: [0x3fc0] }, 1.5],
    ['int64_data', { dataType: 7, int64Data: [-1] }, -1],
    ['double_data', { dataType: 11, doubleData: [2.5] }, 2.5],
    ['uint64_data', { dataType: 13, uint64Data: [7] }, 7],
  ])('%s', (_, payload, value) => {
    expect(tensorValue({ ...BARE, ...payload })).toEqual([value]);
  });
});

describe('of a payload', () => {
  const ints = (dims: number[], int64Data: number[]): OnnxTensor => ({ ...BARE, dataType: 7, dims, int64Data });

  test('no more is read than the dims say, so that no value is longer than its shape', () => {
    expect(tensorValue(ints([2], [1, 2, 3, 4]))).toEqual([1, 2]);
    expect(tensorValue({ ...raw(3, 1, 2, 3), dims: [2] })).toEqual([1, 2]);
  });

  test('with fewer elements than the dims say there is no value', () => {
    expect(tensorValue(ints([3], [1, 2]))).toBeUndefined();
    expect(tensorValue({ ...raw(7, 1, 2, 3), dims: [1] })).toBeUndefined();
  });

  test('that is not in the file there is no value', () => {
    expect(tensorValue(ints([3], []))).toBeUndefined();
  });

  test('of no elements the value is empty', () => {
    expect(tensorValue(ints([0], []))).toEqual([]);
    expect(tensorValue(ints([2 ** 40, 0], []))).toEqual([]);
  });

  test('of more than 4096 elements there is no value: that is data', () => {
    expect(tensorValue(ints([4097], new Array<number>(4097).fill(1)))).toBeUndefined();
    expect(tensorValue(ints([4096], new Array<number>(4096).fill(1)))).toHaveLength(4096);
  });

  test.each([[-1], [NaN], [Infinity], [1.5]])('with a dim of %d there is no value', (dim) => {
    expect(tensorValue(ints([dim], [1, 2]))).toBeUndefined();
  });

  test('of strings, of four bits or of a type nobody knows there is no value', () => {
    for (const dataType of [8, 21, 22, 99]) expect(tensorValue(raw(dataType, 1, 2, 3, 4))).toBeUndefined();
  });
});

/** onnx.proto, TensorProto.DataType, of ONNX 1.23. */
test('every type of a tensor has a dtype but UNDEFINED', () => {
  expect(Object.keys(DATA_TYPES).map(Number)).toEqual(Array.from({ length: 28 }, (_, index) => index + 1));
  expect([23, 24, 25, 26, 27, 28].map((type) => DATA_TYPES[type])).toEqual([
    'float4',
    'float8',
    'uint2',
    'int2',
    'float6',
    'float6',
  ]);
});
