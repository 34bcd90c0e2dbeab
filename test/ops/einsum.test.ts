import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { einsum } from '../../src/ops/einsum.js';
import type { TensorType } from '../../src/ops/index.js';
import { type } from '../helpers/row.js';

const types = (...texts: readonly string[]): TensorType[] => texts.flatMap((text) => type(text) ?? []);

// Shapes of torch.einsum, 2.15.
describe('the letters of an equation', () => {
  test.each([
    ['spaces', ' i j , j k -> i k ', ['4x3', '3x5'], [4, 5]],
    ['an ellipsis', '...ij,...jk->...ik', ['2x6x4x3', '2x6x3x5'], [2, 6, 4, 5]],
    ['an ellipsis of fewer axes, which are the last', '...i,...i->...', ['2x3x4', '3x4'], [2, 3]],
    ['an ellipsis that is stretched', '...i,...i->...i', ['1x3x4', '2x1x4'], [2, 3, 4]],
    ['an ellipsis in the middle', 'i...j->j...i', ['2x3x4x5'], [5, 3, 4, 2]],
    ['an ellipsis of nothing', '...ij->...ji', ['2x3'], [3, 2]],
    ['no result: letters that occur once, sorted', 'ba,ac', ['2x3', '3x4'], [2, 4]],
    ['no result: capitals come first', 'bA', ['2x3'], [3, 2]],
    ['no result with an ellipsis, which comes first', 'b...a', ['2x3x4'], [3, 4, 2]],
    ['an empty result', 'ij,ij->', ['2x3', '2x3'], []],
    ['a stretched axis', 'ij,jk->ik', ['4x1', '3x5'], [4, 5]],
    ['a diagonal', 'iij->ij', ['3x3x2'], [3, 2]],
  ])('may be written with %s', (_, equation, inputs, shape) => {
    expect(einsum(equation, types(...inputs)).output.shape).toEqual(shape);
  });

  test.each([
    ['a term too few', 'ij->ij', ['2x3', '2x3'], 'Einsum of 2 inputs by 1 terms'],
    ['a letter too few', 'i->i', ['2x3'], 'Einsum "i->i" does not fit its input 0'],
    ['more letters than an ellipsis leaves', 'ijk...->i', ['2x3'], 'Einsum "ijk...->i" does not fit its input 0'],
    ['two sizes for one letter', 'ij,jk->ik', ['4x3', '2x5'], 'Einsum "ij,jk->ik" has both 3 and 2 for j'],
    ['a result from nowhere', 'ij->ik', ['2x3'], 'Einsum "ij->ik" has a result that its terms do not give'],
    ['a letter twice in the result', 'ij->ii', ['2x3'], 'Einsum "ij->ii" has a result that its terms do not give'],
  ])('may not have %s', (_, equation, inputs, message) => {
    expect(() => einsum(equation, types(...inputs))).toThrow(message);
  });

  test('must be of something', () => {
    expect(() => einsum('', [])).toThrow('Einsum of 0 inputs by 1 terms');
  });
});

describe('products are taken from the left', () => {
  const products = (equation: string, ...inputs: string[]): unknown =>
    einsum(equation, types(...inputs)).pairs.map(({ left, right, flops }) => [left.inputs, right.inputs, flops]);

  test.each([
    ['one operand', 'ij->i', ['4x3'], []],
    ['two', 'ij,jk->ik', ['4x3', '3x5'], [[[0], [1], 2 * 4 * 3 * 5]]],
    [
      'three',
      'ij,jk,kl->il',
      ['4x3', '3x5', '5x2'],
      [
        [[0], [1], 2 * 4 * 3 * 5],
        [[0, 1], [2], 2 * 4 * 5 * 2],
      ],
    ],
    [
      'a letter that the third needs is not summed yet',
      'ij,j,j->i',
      ['4x3', '3', '3'],
      [
        [[0], [1], 0],
        [[0, 1], [2], 2 * 4 * 3],
      ],
    ],
  ])('%s: %s of %j', (_, equation, inputs, expected) => {
    expect(products(equation, ...inputs)).toEqual(expected);
  });

  // torch sums an axis that only one side has before it multiplies: the sum is a new tensor.
  test('an axis of one side alone is summed away first', () => {
    const [pair] = einsum('ijk,jl->il', types('4x3x7', '3x5')).pairs;
    expect(pair).toMatchObject({ left: { isCopy: true, type: { shape: [1, 4, 3] } }, flops: 2 * 4 * 3 * 5 });
  });
});

// Strides of torch.einsum, 2.15; dims of size 1 may have any.
describe('strides of the result', () => {
  test.each([
    ['ij->ji', ['4x3'], [1, 3]],
    ['ii->i', ['4x4'], [5]],
    ['bqhd,bkhd->bhqk', ['2x4x6x3', '2x5x6x3'], undefined],
    ['bhqk,bkhd->bqhd', ['2x6x4x5', '2x5x6x3'], [72, 3, 12, 1]],
    ['bhwc,hkc->bhwk', ['2x4x5x3', '4x6x3'], [30, 60, 6, 1]],
    ['ij,jk->ki', ['4x3', '3x5'], undefined],
    ['dcba,ec->daeb', ['4x3x4x3', '3x3'], [36, 12, 1, 3]],
  ])('%s of %j: %j', (equation, inputs, strides) => {
    expect(einsum(equation, types(...inputs)).output.strides).toEqual(strides);
  });
});

describe('a matrix product written as an equation', () => {
  const size = fc.integer({ min: 2, max: 9 });

  test('has its shape, and 2 FLOPs for each element of the result and of the sum', () => {
    fc.assert(
      fc.property(fc.tuple(size, size, size, size), ([b, i, j, k]) => {
        const { output, pairs } = einsum('bij,bjk->bik', types(`${b}x${i}x${j}`, `${b}x${j}x${k}`));
        expect([output.shape, pairs[0]?.flops]).toEqual([[b, i, k], 2 * b * i * j * k]);
      }),
    );
  });

  test('costs the same in any order of letters', () => {
    const letters = fc.shuffledSubarray(['b', 'i', 'j'], { minLength: 3, maxLength: 3 });
    const dims: Readonly<Record<string, number>> = { b: 2, i: 3, j: 5, k: 7 };
    const of = (term: readonly string[]): string => term.map((letter) => dims[letter]).join('x');
    fc.assert(
      fc.property(letters, (left) => {
        const { pairs } = einsum(`${left.join('')},bjk->bik`, types(of(left), of(['b', 'j', 'k'])));
        expect(pairs[0]?.flops).toBe(2 * 2 * 3 * 5 * 7);
      }),
    );
  });
});
