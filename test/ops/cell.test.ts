import { expect, test } from '@jest/globals';
import { CELL } from '../../src/ops/cell.js';
import { runRow } from '../helpers/row.js';

// saved_tensors_hooks, torch 2.15: lstm_cell and gru_cell of two samples and four units.
test('a step keeps what it reads, the state of the cell and a workspace', () => {
  const inputs = (gates: number): string[] => [`2x${gates}`, `2x${gates}`, '2x4', `${gates}`, `${gates}`];
  expect(runRow(CELL.LSTMCell, inputs(16), { outputCount: 2 })).toMatchObject({
    outputs: ['2x4', '2x4'],
    saves: ['input 0', 'input 1', 'input 2', 'input 3', 'input 4', 'output 1', 'reserve 2x16'],
  });
  expect(runRow(CELL.GRUCell, inputs(12))).toMatchObject({
    outputs: ['2x4'],
    saves: ['input 0', 'input 1', 'input 2', 'input 3', 'input 4', 'reserve 2x20'],
  });
});

test('without biases it keeps none', () => {
  expect(runRow(CELL.GRUCell, ['2x12', '2x12', '2x4']).saves).toEqual([
    'input 0',
    'input 1',
    'input 2',
    'reserve 2x20',
  ]);
});
