import { describe, expect, test } from '@jest/globals';
import {
  DTYPE_BITS,
  bytesOf,
  carriesGradient,
  complexOf,
  isComplex,
  isFloating,
  realOf,
} from '../../src/graph/index.js';
import type { DType } from '../../src/graph/index.js';

/** Widths as ONNX (onnx.proto, TensorProto.DataType) and PyTorch (c10/core/ScalarType.h) define them. */
describe('bytes of elements', () => {
  test.each<[DType, number, number]>([
    ['float32', 3, 12],
    ['float64', 3, 24],
    ['float16', 3, 6],
    ['bfloat16', 3, 6],
    ['float8', 3, 3],
    ['int64', 3, 24],
    ['bool', 3, 3],
    ['complex64', 3, 24],
    ['complex128', 3, 48],
    ['float32', 0, 0],
  ])('of %s: %d take %d', (dtype, count, bytes) => {
    expect(bytesOf(dtype, count)).toBe(bytes);
  });

  test.each<[DType, number, number]>([
    ['int4', 3, 2],
    ['uint4', 2, 1],
    ['float4', 1, 1],
    ['float6', 4, 3],
    ['int2', 5, 2],
    ['uint2', 4, 1],
  ])('below a byte are rounded up to whole bytes: %s, %d take %d', (dtype, count, bytes) => {
    expect(bytesOf(dtype, count)).toBe(bytes);
  });

  test('of strings are none, since they are not on a GPU', () => {
    expect(bytesOf('string', 100)).toBe(0);
  });
});

test('floating-point numbers', () => {
  const dtypes = Object.keys(DTYPE_BITS) as DType[];
  expect(dtypes.filter(isFloating)).toEqual([
    'float32',
    'float64',
    'float16',
    'bfloat16',
    'float8',
    'float6',
    'float4',
  ]);
});

// torch.zeros(1, dtype=each).requires_grad_() and torch.view_as_real(each), torch 2.15.
test('a gradient flows through floating and complex numbers; real and complex are two views of one precision', () => {
  const dtypes = Object.keys(DTYPE_BITS) as DType[];
  expect(dtypes.filter(isComplex)).toEqual(['complex64', 'complex128']);
  expect(dtypes.filter(carriesGradient)).toEqual([...dtypes.filter(isFloating), 'complex64', 'complex128']);
  expect((['complex64', 'complex128', 'float32', 'bool'] as const).map(realOf)).toEqual([
    'float32',
    'float64',
    'float32',
    'bool',
  ]);
  expect((['float32', 'float64', 'bfloat16', 'complex128'] as const).map(complexOf)).toEqual([
    'complex64',
    'complex128',
    'complex64',
    'complex128',
  ]);
});
