import type { DType } from '../../graph/index.js';

/** torch/_export/serde/schema.py, ScalarType: the numbers of c10's enumeration, plus one up to bfloat16. */
export const SCALAR_TYPES: Readonly<Record<number, DType>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  // complex32 counts as the next wider.
  9: 'complex64',
  10: 'complex64',
  11: 'complex128',
  12: 'bool',
  13: 'bfloat16',
  28: 'uint16',
  29: 'float8',
  30: 'float8',
  31: 'float8',
  32: 'float8',
  33: 'float8',
  34: 'uint32',
  35: 'uint64',
};
