import { expect, test } from '@jest/globals';
import { DISTANCE } from '../../src/ops/distance.js';
import { runRow } from '../helpers/row.js';

const { PairDistances, TensorDistance } = DISTANCE;

// The profiler of memory, torch 2.15.
test('a distance of two tensors makes their difference again in backward', () => {
  const whole = 40 * 60 * 4;
  const distance = runRow(TensorDistance, ['40x60', '40x60']);
  expect(distance).toMatchObject({ outputs: ['scalar'], saves: ['input 0', 'input 1', 'output 0'] });
  expect(distance.bytes).toEqual({ forward: whole, backward: 2 * whole });
  expect(runRow(TensorDistance, ['40x60', '60']).bytes.backward).toBe(3 * whole);
});

test('distances of pairs sum a gradient for each row but one', () => {
  const pairs = runRow(PairDistances, ['4x6']);
  expect(pairs).toMatchObject({ outputs: ['6'], saves: ['input 0', 'output 0'] });
  expect(pairs.bytes.backward).toBe(3 * 4 * 6 * 4);
  expect(runRow(PairDistances, ['1x6']).outputs).toEqual(['0']);
  expect(() => runRow(PairDistances, ['6'])).toThrow('pairs of rank 1');
});
