import { describe, expect, test } from '@jest/globals';
import { DIAGONAL } from '../../src/ops/diagonal.js';
import { runRow } from '../helpers/row.js';

const { BlockDiagonal, DiagonalEmbed, Trace } = DIAGONAL;

describe('a diagonal', () => {
  // torch.diag_embed, torch 2.15.
  test.each([
    ['2x4', {}, '2x4x4'],
    ['2x4', { offset: -1, axes: [0, 2] }, '5x2x5'],
    ['4', { offset: 2 }, '6x6'],
  ])('of %s with %j is written into %s', (input, attributes, output) => {
    expect(runRow(DiagonalEmbed, [input], { attributes })).toMatchObject({ outputs: [output], gradients: ['pass'] });
  });

  test('has two axes', () => {
    expect(() => runRow(DiagonalEmbed, ['4'], { attributes: { axes: [1, -1] } })).toThrow('along axis 1 alone');
  });
});

describe('a trace', () => {
  // The profiler of memory, torch 2.15.
  test('makes the positions again in backward', () => {
    expect(runRow(Trace, ['40x60'])).toMatchObject({ outputs: ['scalar'], saves: [], bytes: { backward: 320 } });
  });

  test('is one of a matrix', () => {
    expect(() => runRow(Trace, ['4'])).toThrow('the trace of rank 1');
  });
});

test('blocks stand behind one another; what is less than a matrix is summed to its shape', () => {
  const blocks = runRow(BlockDiagonal, ['2x3', '4x5', '6', 'scalar']);
  expect(blocks).toMatchObject({ outputs: ['8x15'], gradients: ['pass', 'pass', 'new', 'new'] });
  expect(() => runRow(BlockDiagonal, ['2x3x4'])).toThrow('a block of rank 3');
});
