import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { SCALE } from '../../src/ops/scale.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = SCALE;

type Case = readonly [
  name: string,
  inputs: readonly string[],
  attributes: Attributes,
  expected: Partial<ReturnType<typeof runRow>>,
];

const IMAGE = '2x6x8x8';

describe('what Caffe’s own layers imply, put out and keep', () => {
  const cases: readonly Case[] = [
    ['Scale', [IMAGE], { bias: true }, { parameters: ['weight 6', 'bias 6'], saves: ['input 0', 'input 1'] }],
    ['Scale', [IMAGE], { axis: 0, num_axes: -1 }, { parameters: ['weight 2x6x8x8'] }],
    ['Scale', [IMAGE], { num_axes: 0 }, { parameters: ['weight scalar'] }],
    ['Scale', [IMAGE, '2x6'], { axis: 0 }, { parameters: [], outputs: [IMAGE] }],
    ['Bias', [IMAGE], {}, { parameters: ['bias 6'], saves: [] }],
    ['Axpy', ['2x6', IMAGE, IMAGE], {}, { outputs: [IMAGE], saves: ['input 0', 'input 1'] }],
    ['Power', [IMAGE], { power: 1, scale: 2 }, { saves: [] }],
    ['Power', [IMAGE], { power: 2 }, { saves: ['input 0'] }],
    ['Power', [IMAGE], { power: 2, shift: 1 }, { saves: ['copy 2x6x8x8'] }],
    ['Threshold', [IMAGE], {}, { outputs: [IMAGE], saves: [] }],
    [
      'Normalize',
      [IMAGE],
      { across_spatial: false, channel_shared: false },
      { parameters: ['weight 6'], saves: ['input 0', 'input 1', 'statistics 2x2x8x8', 'copy 2x6x8x8'] },
    ],
    [
      'Normalize',
      [IMAGE],
      {},
      { parameters: ['weight 1'], saves: ['input 0', 'input 1', 'statistics 2x2', 'copy 2x6x8x8'] },
    ],
    [
      'InnerProduct',
      ['5x2x7'],
      { axis: 2, out_features: 3 },
      { parameters: ['weight 3x7', 'bias 3'], outputs: ['5x2x3'], flops: 2 * 5 * 2 * 7 * 3 },
    ],
    [
      'Embed',
      ['4x9 int64'],
      { input_dim: 100, out_features: 16 },
      { parameters: ['weight 100x16', 'bias 16'], outputs: ['4x9x16'], saves: ['input 0'] },
    ],
  ];
  test.each(cases)('%s of %j with %j', (name, inputs, attributes, expected) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes, outputCount: expected.outputs?.length ?? 1 })).toMatchObject(
      expected,
    );
  });
});

/** Bytes of an image in float32. */
const FULL = 2 * 6 * 8 * 8 * 4;

// x * w.view(1, 6, 1, 1) + b.view(1, 6, 1, 1), s * x + y, (2 x + 1) ** 3 and the like, torch 2.15.
describe('gradients and scratch', () => {
  test.each([
    ['Scale', [IMAGE, '6'], { bias: true }, undefined, { forward: FULL, backward: FULL }],
    ['Scale', [IMAGE, '6'], {}, undefined, { forward: 0, backward: FULL }],
    ['Scale', [IMAGE, IMAGE], {}, undefined, { forward: 0, backward: 0 }],
    ['Bias', [IMAGE, '6'], {}, ['pass', 'new'], { forward: 0, backward: 0 }],
    ['Axpy', ['2x6', IMAGE, IMAGE], {}, ['new', 'new', 'pass'], { forward: FULL, backward: FULL }],
    ['Power', [IMAGE], { shift: 1 }, ['pass'], { forward: 0, backward: 0 }],
    ['Power', [IMAGE], { scale: 2 }, ['new'], { forward: 0, backward: 0 }],
    ['Power', [IMAGE], { scale: 2, shift: 1 }, ['new'], { forward: FULL, backward: 0 }],
    ['Power', [IMAGE], { power: 3, scale: 2, shift: 1 }, ['new'], { forward: 0, backward: 2 * FULL }],
    ['Threshold', [IMAGE], {}, ['none'], { forward: 0, backward: 0 }],
    ['Normalize', [IMAGE, '6'], {}, ['new', 'new'], { forward: 0, backward: 4 * FULL }],
    ['Embed', ['4x9 int64', '100x16', '16'], {}, ['none', 'new', 'new'], { forward: 4 * 9 * 16 * 4, backward: 0 }],
    ['Embed', ['4x9 int64', '100x16'], {}, ['none', 'new', 'new'], { forward: 0, backward: 0 }],
  ])('of %s of %j with %j: %j, %j', (...[name, inputs, attributes, gradients, bytes]) => {
    const row = rows[name];
    const result = row && runRow(row, inputs, { attributes });
    expect([result?.gradients, result?.bytes]).toEqual([gradients, bytes]);
  });

  test('a Scale whose factor is frozen sums nothing', () => {
    expect(runRow(SCALE.Scale, [IMAGE, '6'], { constants: [1] }).bytes).toEqual({ forward: 0, backward: 0 });
  });
});

// Arithmetic promotes by itself; products of matrices are lowered (ATen/autocast_mode.h, torch 2.15).
test('autocast', () => {
  const named = (autocast: unknown): string[] => Object.keys(rows).filter((name) => rows[name]?.autocast === autocast);
  expect([named('lower'), named('widest'), named('fp32')]).toEqual([
    ['CaffeLstm', 'CaffeRnn', 'InnerProduct'],
    ['Scale', 'Bias', 'Axpy'],
    ['Interp'],
  ]);
  expect(SCALE.InnerProduct.library).toBe('cublas');
});

test.each([
  ['a Scale from an axis outside the rank', 'Scale', ['2x6'], { axis: 2 }, 'axis 2 is outside rank 2'],
  ['an Axpy of two', 'Axpy', ['2x6', IMAGE], {}, 'Row needs input 2'],
])('%s is refused', (...[, name, inputs, attributes, message]) => {
  const row = rows[name];
  expect(() => row && runRow(row, inputs, { attributes })).toThrow(message);
});
