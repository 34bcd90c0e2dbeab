import { expect, test } from '@jest/globals';
import { CAFFE_RECURRENT } from '../../src/ops/caffe-recurrent.js';
import { runRow } from '../helpers/row.js';

const { CaffeLstm, CaffeRnn } = CAFFE_RECURRENT;
const attributes = { hidden_size: 3 };
/** 5 steps of 2 samples of 7 features, and their continuation marks. */
const SEQUENCE = ['5x2x7', '5x2'];

// lstm_layer.cpp and rnn_layer.cpp: W_xc, b_c, W_xc_static, W_hc; W_xh, b_h, W_hh, W_ho, b_o.
test.each([
  [
    'CaffeLstm',
    CaffeLstm,
    SEQUENCE,
    ['weight_ih 12x7', 'bias 12', 'weight_hh 12x3'],
    2 * 5 * 2 * (12 * 7 + 12 * 3),
    'reserve 5x2x15',
  ],
  [
    'CaffeLstm with features that stay the same',
    CaffeLstm,
    [...SEQUENCE, '2x4'],
    ['weight_ih 12x7', 'bias 12', 'weight_static 12x4', 'weight_hh 12x3'],
    2 * 5 * 2 * (12 * 7 + 12 * 3) + 2 * 2 * 12 * 4,
    'reserve 5x2x15',
  ],
  [
    'CaffeRnn',
    CaffeRnn,
    SEQUENCE,
    ['weight_ih 3x7', 'bias 3', 'weight_hh 3x3', 'weight_ho 3x3', 'bias_o 3'],
    2 * 5 * 2 * (3 * 7 + 3 * 3 + 3 * 3),
    'reserve 5x2x6',
  ],
  [
    'CaffeRnn with features that stay the same',
    CaffeRnn,
    [...SEQUENCE, '2x4'],
    ['weight_ih 3x7', 'bias 3', 'weight_static 3x4', 'weight_hh 3x3', 'weight_ho 3x3', 'bias_o 3'],
    2 * 5 * 2 * (3 * 7 + 3 * 3 + 3 * 3) + 2 * 2 * 3 * 4,
    'reserve 5x2x6',
  ],
  [
    'CaffeLstm of images',
    CaffeLstm,
    ['5x2x7x2', '5x2'],
    ['weight_ih 12x14', 'bias 12', 'weight_hh 12x3'],
    2 * 5 * 2 * (12 * 14 + 12 * 3),
    'reserve 5x2x15',
  ],
])(
  '%s implies its weights, puts out every step, and keeps the gates',
  (...[, row, inputs, parameters, flops, reserve]) => {
    expect(runRow(row, inputs, { attributes })).toMatchObject({
      parameters,
      outputs: ['5x2x3'],
      flops,
      saves: ['input 0', 'output 0', reserve],
    });
  },
);

test('continuation marks have no gradient, and cannot be left out', () => {
  const { gradients } = runRow(CaffeLstm, SEQUENCE, { attributes });
  expect(gradients).toEqual(['new', 'none', 'new', 'new', 'new']);
  expect(() => runRow(CaffeLstm, ['5x2x7', '-'], { attributes })).toThrow('Row needs input 1');
});

test('runs in the low precision', () => {
  expect([CaffeLstm.autocast, CaffeRnn.autocast]).toEqual(['lower', 'lower']);
});
