import { describe, expect, test } from '@jest/globals';
import { FACTORS } from '../../src/ops/factors.js';
import { FUNCTIONS } from '../../src/ops/functions.js';
import { MATRIX } from '../../src/ops/matrix.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = { ...FACTORS, ...FUNCTIONS, ...MATRIX };
const SQUARE = '64x64';
const TALL = '128x64';
const WIDE = '64x128';

// The profiler of memory during backward, torch 2.15: beside the gradients, in tensors of the first input's size.
describe('what backward takes while it runs', () => {
  test.each([
    ['Inverse', [SQUARE], [], 2],
    ['Det', [SQUARE], [], 2],
    ['Slogdet', [SQUARE], [], 1],
    ['Solve', [SQUARE, SQUARE], [], 1],
    ['Solve', [SQUARE, SQUARE], [0], 0],
    ['Solve', [SQUARE, SQUARE], [1], 2],
    ['SolveTriangular', [SQUARE, SQUARE], [], 1],
    ['SolveTriangular', [SQUARE, SQUARE], [0], 0],
    ['SolveTriangular', [SQUARE, SQUARE], [1], 2],
    ['VecDot', [SQUARE, SQUARE], [], 0],
    ['Cholesky', [SQUARE], [], 3],
    ['Qr', [SQUARE], [], 3],
    ['Qr', [TALL], [], 1.5],
    ['Qr', [WIDE], [], 2],
    ['Eigh', [SQUARE], [], 3],
    ['EigenValues', [SQUARE], [], 1],
    ['Svd', [SQUARE], [], 6],
    ['Svd', [TALL], [], 5.5],
    ['Svd', [WIDE], [], 5.5],
    ['SingularValues', [SQUARE], [], 1],
    ['Entr', [SQUARE], [], 3],
    ['BesselI0', [SQUARE], [], 1],
    ['BesselI0e', [SQUARE], [], 4],
    ['LogNdtr', [SQUARE], [], 6],
    ['LogAddExp2', [SQUARE, SQUARE], [], 3],
    ['XLog1pY', [SQUARE, SQUARE], [0], 2],
    ['XLog1pY', [SQUARE, SQUARE], [1], 1.75],
    ['Ldexp', [SQUARE, SQUARE], [], 1],
    ['CopySign', [SQUARE, SQUARE], [], 1],
    ['CopySign', [SQUARE, SQUARE], [0], 0],
  ])('%s of %j, %j of them constant: %d', (name, inputs, constants, scratch) => {
    const row = rows[name];
    const bytes = 4 * (inputs[0] ?? '').split('x').reduce((product, size) => product * Number(size), 1);
    expect(row && runRow(row, inputs, { constants }).bytes.backward).toBe(scratch * bytes);
  });
});

test('matrices that are not square are refused', () => {
  for (const name of ['Inverse', 'Det', 'Cholesky', 'Eigh', 'EigenValues']) {
    const row = rows[name];
    expect(() => row && runRow(row, [WIDE])).toThrow('64x128');
  }
});

test('the solutions of matrices lie by columns', () => {
  expect(runRow(MATRIX.Solve, ['3x4x4', '4x2']).outputs[0]).toBe('3x4x2 /8x1x4');
  expect(runRow(MATRIX.Solve, ['4x4', '4']).outputs[0]).toBe('4');
});
