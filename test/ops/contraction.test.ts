import { describe, expect, test } from '@jest/globals';
import { CONTRACTION } from '../../src/ops/contraction.js';
import { runRow } from '../helpers/row.js';

const { OuterSum, TensorDot, Trilinear } = CONTRACTION;
const FEATURES = ['32x50', '7x50x60', '32x60'];

describe('a product of three', () => {
  test('keeps what the gradients of the others need', () => {
    expect(runRow(Trilinear, FEATURES)).toMatchObject({ outputs: ['32x7'], saves: ['input 0', 'input 1', 'input 2'] });
    expect(runRow(Trilinear, FEATURES, { constants: [0, 2] }).saves).toEqual(['input 0', 'input 2']);
    expect(runRow(Trilinear, FEATURES, { constants: [0, 1, 2] }).saves).toEqual([]);
  });

  // The profiler of memory, torch 2.15: the largest that stands beside the gradients.
  test.each([
    [[], 384000 + 6400],
    [[0], 6400 + 12000],
    [[0, 1], 2 * 7680],
    [[0, 1, 2], 0],
  ])('without gradients of %j takes %d bytes in backward', (constants, backward) => {
    expect(runRow(Trilinear, FEATURES, { constants }).bytes).toEqual({ forward: 7680 + 128, backward });
  });

  test('is refused where the sizes differ', () => {
    expect(() => runRow(Trilinear, ['32x50', '7x5x60', '32x60'])).toThrow('Trilinear of 50 and 60 by [7, 5, 60]');
  });
});

test('two vectors make a matrix, each kept for the other', () => {
  const inputs = ['6', '4', '6'];
  const outer = runRow(OuterSum, inputs);
  expect(outer).toMatchObject({ outputs: ['4x6'], saves: ['input 1', 'input 2'], gradients: ['new', 'new', 'new'] });
  expect(outer.bytes.backward).toBe(0);
  expect(runRow(OuterSum, inputs, { constants: [2] }).saves).toEqual(['input 2']);
  expect(runRow(OuterSum, inputs, { attributes: { beta: 0.5 } }).bytes.backward).toBe(4 * 6 * 4);
  expect(runRow(OuterSum, ['4x6', '4', '6']).gradients).toEqual(['pass', 'new', 'new']);
});

test('the product of a contraction is that of matrices', () => {
  expect(runRow(TensorDot, ['2x6', '6x5'])).toMatchObject({ outputs: ['2x5'], saves: ['input 0', 'input 1'] });
});
