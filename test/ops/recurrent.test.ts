import { describe, expect, test } from '@jest/globals';
import { RECURRENT } from '../../src/ops/recurrent.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = RECURRENT;

/** X, W and R of a layer of 5 steps, 2 samples, 7 features, 3 hidden units. */
const operands = (gates: number, directions: number): string[] => [
  '5x2x7',
  `${directions}x${gates * 3}x7`,
  `${directions}x${gates * 3}x3`,
];

const ALL = ['y', 'h', 'c'];

describe('what a recurrent layer puts out', () => {
  // ONNX operator specification: Y [T, D, N, H], Y_h and Y_c [D, N, H]; batch first with layout 1.
  test.each([
    ['LSTM', operands(4, 1), { hidden_size: 3 }, ['5x1x2x3', '1x2x3', '1x2x3']],
    ['LSTM', operands(4, 1), { hidden_size: 3, direction: 'reverse' }, ['5x1x2x3', '1x2x3', '1x2x3']],
    ['LSTM', operands(4, 2), { hidden_size: 3, direction: 'bidirectional' }, ['5x2x2x3', '2x2x3', '2x2x3']],
    ['GRU', operands(3, 1), { hidden_size: 3 }, ['5x1x2x3', '1x2x3']],
    ['RNN', operands(1, 2), { hidden_size: 3, direction: 'bidirectional' }, ['5x2x2x3', '2x2x3']],
    ['RNN', operands(1, 1), {}, ['5x1x2x3', '1x2x3']],
    ['GRU', ['2x5x7', '1x9x7', '1x9x3'], { hidden_size: 3, layout: 1 }, ['2x5x1x3', '2x1x3']],
  ])('%s of %j with %j', (name, inputs, attributes, outputs) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes, outputCount: outputs.length }).outputs).toEqual(outputs);
  });

  test('no more than it names', () => {
    expect(runRow(RECURRENT.LSTM, operands(4, 1)).outputs).toEqual(['5x1x2x3']);
  });

  test.each([
    ['without weights', ['5x2x7'], 'Row needs input 1'],
    ['of a sequence without samples', ['5', '1x12x7', '1x12x3'], 'shape [5] has no axis 1'],
  ])('is refused %s', (_, inputs, message) => {
    expect(() => runRow(RECURRENT.LSTM, inputs)).toThrow(message);
  });
});

// Every step and sample multiplies W and R once: 2 x 5 x 2 x D x gates x 3 x (7 + 3).
test.each([
  ['LSTM', operands(4, 1), 2 * 5 * 2 * 12 * (7 + 3)],
  ['LSTM', operands(4, 2), 2 * 5 * 2 * 2 * 12 * (7 + 3)],
  ['GRU', operands(3, 1), 2 * 5 * 2 * 9 * (7 + 3)],
  ['RNN', operands(1, 1), 2 * 5 * 2 * 3 * (7 + 3)],
])('%s of %j takes %d FLOPs', (name, inputs, flops) => {
  const row = rows[name];
  const attributes = inputs[1]?.startsWith('2') ? { direction: 'bidirectional' } : {};
  expect(row && runRow(row, inputs, { attributes }).flops).toBe(flops);
});

// derivatives.yaml, _cudnn_rnn: input, output, reserve. The reserve: the gates and the state of every step.
describe('what a recurrent layer keeps', () => {
  test.each([
    ['LSTM', operands(4, 1), ['input 0', 'output 0', 'reserve 5x1x2x15']],
    ['GRU', operands(3, 1), ['input 0', 'output 0', 'reserve 5x1x2x12']],
    ['RNN', operands(1, 1), ['input 0', 'output 0', 'reserve 5x1x2x6']],
  ])('%s of %j: %j', (name, inputs, saves) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { outputNames: ALL }).saves).toEqual(saves);
  });

  test('the output of every step also where only the last is named', () => {
    const { saves } = runRow(RECURRENT.LSTM, operands(4, 1), { outputNames: ['', 'h'] });
    expect(saves).toEqual(['input 0', 'copy 5x1x2x3', 'reserve 5x1x2x15']);
  });
});

// Inputs: X, W, R, B, sequence_lens, initial_h, initial_c, P.
test('weights, biases and peepholes are parameters, lengths and initial states are not', () => {
  expect(RECURRENT.LSTM.roles).toEqual([
    'constant',
    'parameter',
    'parameter',
    'parameter',
    'constant',
    'constant',
    'constant',
    'parameter',
  ]);
});

test('recurrent layers run in the low precision', () => {
  expect(Object.values(rows).map(({ autocast }) => autocast)).toEqual(['lower', 'lower', 'lower']);
});
