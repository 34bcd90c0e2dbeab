import { describe, expect, test } from '@jest/globals';
import { UNARY } from '../../src/ops/unary.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = UNARY;

type Expected = readonly [
  name: string,
  saves: readonly string[],
  autocast: string,
  scratch: number,
  at: number,
  value: number,
];

// What is kept and held in backward, in tensors of the output's size: torch 2.15. Autocast: ATen/autocast_mode.h. The
// last two: an element and what the operator makes of it.
describe('a function of one tensor', () => {
  const cases: readonly Expected[] = [
    ['Neg', [], 'keep', 0, 2, -2],
    ['Abs', ['input 0'], 'keep', 1, -2, 2],
    ['Sqrt', ['output 0'], 'keep', 1, 9, 3],
    ['Rsqrt', ['output 0'], 'fp32', 2, 4, 0.5],
    ['Exp', ['output 0'], 'fp32', 0, 1, Math.E],
    ['Log', ['input 0'], 'fp32', 0, Math.E, 1],
    ['Log1p', ['input 0'], 'fp32', 1, 0, 0],
    ['Log2', ['input 0'], 'fp32', 1, 8, 3],
    ['Log10', ['input 0'], 'fp32', 1, 100, 2],
    ['Exp2', ['output 0'], 'keep', 1, 3, 8],
    ['Expm1', ['output 0'], 'fp32', 1, 0, 0],
    ['Reciprocal', ['output 0'], 'fp32', 2, 4, 0.25],
    ['Sign', [], 'keep', 0, -7, -1],
    ['Floor', [], 'keep', 0, -1.5, -2],
    ['Ceil', [], 'keep', 0, -1.5, -1],
    ['Round', [], 'keep', 0, 2.5, 2],
    ['Trunc', [], 'keep', 0, -1.5, -1],
    ['NanToNum', ['input 0'], 'keep', 1, NaN, 0],
    ['Sin', ['input 0'], 'keep', 1, Math.PI / 2, 1],
    ['Cos', ['input 0'], 'keep', 2, Math.PI, -1],
    ['Tan', ['output 0'], 'fp32', 2, 0, 0],
    ['Asin', ['input 0'], 'fp32', 4, 1, Math.PI / 2],
    ['Acos', ['input 0'], 'fp32', 5, -1, Math.PI],
    ['Atan', ['input 0'], 'keep', 2, 1, Math.PI / 4],
    ['Sinh', ['input 0'], 'fp32', 1, 0, 0],
    ['Cosh', ['input 0'], 'fp32', 1, 0, 1],
    ['Asinh', ['input 0'], 'keep', 3, 0, 0],
    ['Acosh', ['input 0'], 'keep', 3, 1, 0],
    ['Atanh', ['input 0'], 'keep', 3, 0, 0],
  ];

  test.each(cases)('%s keeps %j, runs as %s, and takes %d tensors of scratch', (name, saves, autocast, scratch) => {
    const row = rows[name];
    expect(row?.autocast).toBe(autocast);
    expect(row && runRow(row, ['4x6'])).toMatchObject({
      outputs: ['4x6'],
      saves,
      bytes: { forward: 0, backward: scratch * 4 * 6 * 4 },
    });
  });

  test.each(cases)('%s folds what is known (%j, %s, %d) of %d to %d', (...[name, , , , at, value]) => {
    const row = rows[name];
    expect(row && runRow(row, ['1'], { values: { 0: [at] } }).values).toEqual([[expect.closeTo(value)]]);
  });

  test('is tested for every row but the casts', () => {
    expect(cases.map(([name]) => name)).toEqual(Object.keys(rows).filter((name) => !name.startsWith('Cast')));
  });

  // The strides of torch.neg and sigmoid, 2.15.
  test.each([
    ['2x6x8x8 /384x1x48x6', '2x6x8x8 /384x1x48x6'],
    ['6x4 /1x8', '6x4 /1x6'],
    ['4x3 /6x1', '4x3'],
    ['3x4 /1x0', '3x4'],
  ])('keeps the order of the axes of %s: %s', (input, output) => {
    expect(runRow(UNARY.Neg, [input]).outputs).toEqual([output]);
  });
});

// The node test of ONNX: halves go to the even neighbour.
test('Round', () => {
  const values = [0.1, 0.5, 0.9, 1.2, 1.5, 1.8, 2.3, 2.5, 2.7, -1.1, -1.5, -1.9, -2.2, -2.5, -2.8];
  const rounded = [0, 0, 1, 1, 2, 2, 2, 2, 3, -1, -2, -2, -2, -2, -3];
  expect(runRow(UNARY.Round, ['15'], { values: { 0: values } }).values[0]?.map((value) => value + 0)).toEqual(rounded);
});

describe('Cast', () => {
  test.each([
    ['to another dtype is a copy', ['6x4 /1x8'], 'float16', '6x4 float16 /1x6', false, 'new'],
    ['to the same is the tensor itself', ['6x4 /1x8'], 'float32', '6x4 /1x8', true, 'pass'],
    ['of integers to floats', ['3 int64'], 'float32', '3', false, 'new'],
  ])('%s', (...[, inputs, to, output, view, gradient]) => {
    expect(runRow(UNARY.Cast, inputs, { attributes: { to } })).toMatchObject({
      outputs: [output],
      view,
      gradients: [gradient, 'none'],
      saves: [],
    });
  });

  test('without a target changes nothing', () => {
    expect(runRow(UNARY.Cast, ['3 float16'])).toMatchObject({ outputs: ['3 float16'], view: true });
  });

  // ONNX: towards zero for integers; anything but zero is true.
  test.each([
    ['int64', [1.9, -1.9, 0.5], [1, -1, 0]],
    ['bool', [0.5, 0, -3], [1, 0, 1]],
    ['float16', [1.5, 2, 3], [1.5, 2, 3]],
  ])('to %s makes %j into %j', (to, from, into) => {
    const { values } = runRow(UNARY.Cast, ['3'], { attributes: { to }, values: { 0: from } });
    expect(values[0]?.map((value) => value + 0)).toEqual(into);
  });

  test('passes the role of a weight on', () => {
    expect(UNARY.Cast.roles).toEqual(['parameter', 'constant']);
  });
});

describe('CastLike', () => {
  test.each([
    ['another dtype', ['3', '7 float16'], '3 float16', false, ['new', 'none']],
    ['the same', ['3', '7'], '3', true, ['pass', 'none']],
  ])('a tensor of %s', (...[, inputs, output, view, gradients]) => {
    expect(runRow(UNARY.CastLike, inputs)).toMatchObject({ outputs: [output], view, gradients });
  });

  test('folds by the dtype of the other', () => {
    expect(runRow(UNARY.CastLike, ['2', '1 int64'], { values: { 0: [1.5, 2.5] } }).values).toEqual([[1, 2]]);
    expect(() => runRow(UNARY.CastLike, ['2'])).toThrow('Row needs input 1');
  });
});
