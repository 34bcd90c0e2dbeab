import { describe, expect, test } from '@jest/globals';
import { TORCH } from '../../src/ops/torch.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';
import type { RowCase } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = TORCH;
const IMAGE = '2x6x8x8';
const TRANSPOSED = '2x8x6x8 /384x8x64x1';

// Shapes, strides and saved tensors as torch 2.15 has them.
const CASES: readonly RowCase[] = [
  ['Roll', [TRANSPOSED], {}, '2x8x6x8', []],
  ['Flip', [TRANSPOSED], {}, TRANSPOSED, []],
  ['Detach', [TRANSPOSED], {}, TRANSPOSED, []],
  ['Contiguous', [IMAGE], {}, IMAGE, []],
  ['Contiguous', [TRANSPOSED], {}, '2x8x6x8', []],
  ['Widen', [TRANSPOSED], {}, TRANSPOSED, []],
  ['Clone', [TRANSPOSED], {}, TRANSPOSED, []],
  ['Addcmul', ['2x6', '2x6', '6'], { constants: [2] }, '2x6', ['input 2']],
  ['Addcmul', ['6', '2x6', '2x6'], { constants: [0] }, '2x6', ['input 1', 'input 2']],
  ['Unfold', [IMAGE], { attributes: { axis: 2, size: 3, step: 2 } }, '2x6x3x8x3 /384x64x16x1x8', []],
  ['Im2Col', [IMAGE], { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } }, '2x54x16', []],
  ['RepeatInterleave', [IMAGE], { attributes: { axis: 1, repeats: 3 } }, '2x18x8x8', []],
  ['Index', [IMAGE, '-', '5 int64'], {}, '2x5x8x8', ['input 2']],
  ['Index', [IMAGE, '-', '5 int64', '-', '5 int64'], {}, '5x2x8', ['input 2', 'input 4']],
  ['Index', [IMAGE, '4x1 int64', '7 int64'], {}, '4x7x8x8', ['input 1', 'input 2']],
  ['Index', [IMAGE, '-', '4x1 int64', '7 int64'], {}, '2x4x7x8', ['input 2', 'input 3']],
  ['Index', [IMAGE, '4x1 int64', '-', '7 int64'], {}, '4x7x6x8', ['input 1', 'input 3']],
  ['IndexPut', ['2x6', '2x6', '2 int64'], {}, '2x6', ['input 2']],
  ['IndexAdd', ['4x6', '3x6', '3 int64'], { attributes: { axis: 0 } }, '4x6', ['input 1', 'input 2']],
  ['Diagonal', ['2x4x6'], { attributes: { axes: [1, 2] } }, '2x4 /24x7', []],
  ['Diagonal', ['2x4x6'], { attributes: { axes: [1, 2], offset: 4 } }, '2x2 /24x7', []],
  ['Diagonal', ['2x4x6'], { attributes: { axes: [1, 2], offset: -3 } }, '2x1 /24x7', []],
  ['Distances', ['2x4x6', '2x5x6'], {}, '2x4x5', ['input 0', 'input 1', 'output 0']],
  ['Glu', [IMAGE], { attributes: { axis: 1 } }, '2x3x8x8', ['input 0']],
  ['CopyInto', [IMAGE, '6x1x1'], {}, IMAGE, []],
  ['Rewritten', [TRANSPOSED, '6x8'], {}, TRANSPOSED, []],
  ['Bucketize', [IMAGE, '5'], {}, `${IMAGE} int64`, []],
  ['Histogram', [IMAGE], { attributes: { bins: 10 } }, '10', []],
];

describe('an operator that ONNX has no name for', () => {
  test.each(CASES)('%s of %j with %j puts out %s and keeps %j', (...[name, inputs, options, output, saves]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options)).toMatchObject({ outputs: [output], saves });
  });

  // The profiler of memory, torch 2.15.
  test('a product that is added takes one factor in backward', () => {
    const run = (constants: readonly number[]) => runRow(TORCH.Addcmul, ['2x6', '2x6', '2x6'], { constants });
    expect(run([]).bytes.backward).toBe(2 * 6 * 4);
    expect(run([1, 2]).bytes.backward).toBe(0);
  });

  test('a gradient is copied before a part of it is taken', () => {
    const run = (constants: readonly number[]) => runRow(TORCH.Rewritten, ['2x6', '6'], { constants });
    expect(run([0]).bytes.backward).toBe(2 * 6 * 4);
    expect(run([]).bytes.backward).toBe(6 * 4);
  });

  test('is tested for every row', () => {
    expect([...new Set(CASES.map(([name]) => name))].sort()).toEqual(Object.keys(rows).sort());
  });

  test.each([
    ['Unfold', [IMAGE], { attributes: { axis: 2, size: 3, step: 2 } }, true],
    ['Detach', [IMAGE], {}, true],
    ['Contiguous', [IMAGE], {}, true],
    ['Contiguous', [TRANSPOSED], {}, false],
    ['Widen', [IMAGE], {}, true],
    ['Clone', [IMAGE], {}, false],
    ['Rewritten', [IMAGE, '6x8x8'], {}, true],
  ])('%s of %j with %j is a view: %s', (name, inputs, options, view) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options).view).toBe(view);
  });

  test.each([
    ['Detach', [IMAGE], {}, ['none']],
    ['Contiguous', [TRANSPOSED], {}, ['pass']],
    ['Clone', [IMAGE], {}, ['pass']],
    ['Rewritten', [IMAGE, '6x8x8'], {}, ['new', 'new']],
    ['Addcmul', ['2x6', '2x6', '6'], {}, ['pass', 'new', 'new']],
    ['IndexPut', ['2x6', '2x6', '2 int64'], { attributes: { reduction: 'add' } }, ['pass', 'new']],
    ['IndexPut', ['2x6', '2x6', '2 int64'], {}, ['new', 'new']],
    ['CopyInto', [IMAGE, IMAGE], {}, ['new', 'pass']],
    ['Histogram', [IMAGE], {}, ['none']],
  ])('the gradients of %s of %j with %j are %j', (name, inputs, options, gradients) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options).gradients).toEqual(gradients);
  });

  test.each([
    ['Index', [IMAGE, '2x6x8x8 bool'], {}, 'Index by a mask'],
    ['Index', ['4', '2 int64', '2 int64'], {}, '2 indices into rank 1'],
    ['Im2Col', [IMAGE], {}, 'Im2Col has no kernel_shape'],
  ])('%s of %j with %j is refused: %s', (name, inputs, options, message) => {
    const row = rows[name];
    expect(() => row && runRow(row, inputs, options)).toThrow(message);
  });
});
