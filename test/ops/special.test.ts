import { describe, expect, test } from '@jest/globals';
import { SPECIAL } from '../../src/ops/special.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';
import type { RowCase } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = SPECIAL;
const FULL = 4 * 6 * 4;
const TURNED = '4x6 /1x4';

// Saved tensors, torch 2.15.
const CASES: readonly RowCase[] = [
  ...['Erfc', 'Erfinv', 'Renorm', 'Lgamma', 'Digamma', 'Sinc', 'Logit'].map((name): RowCase => [
    name,
    [TURNED],
    {},
    TURNED,
    ['input 0'],
  ]),
  ['Polygamma', [TURNED], {}, TURNED, ['input 0']],
  ['Sgn', ['4x6'], {}, '4x6', ['input 0', 'output 0']],
  ['Frac', ['4x6'], {}, '4x6', []],
  ['RandomizedLeakyRelu', ['4x6'], {}, '4x6', ['input 0', 'mask 4x6']],
  ['Atan2', ['4x6', '6'], { constants: [1] }, '4x6', ['input 0', 'input 1']],
  ['Hypot', ['4x6', '6'], {}, '4x6', ['input 0', 'input 1', 'output 0']],
  ['Hypot', ['4x6', '6'], { constants: [1] }, '4x6', ['input 0', 'output 0']],
  ['LogAddExp', ['4x6', '4x1'], {}, '4x6', ['input 0', 'input 1']],
  ['XLogY', ['4x6', '6'], { constants: [0] }, '4x6', ['input 0', 'input 1']],
  ['Lerp', ['4x6', '4x6', '6'], {}, '4x6', ['input 0', 'input 1', 'input 2']],
  ['Lerp', ['4x6', '4x6', '6'], { constants: [2] }, '4x6', ['input 2']],
  ['Lerp', ['4x6', '4x6', '6'], { constants: [0, 1] }, '4x6', ['input 0', 'input 1']],
  ['Addcdiv', ['6', '4x6', '4x6'], {}, '4x6', ['input 1', 'input 2']],
  ['Addcdiv', ['4x6', '4x6', '6'], { constants: [2] }, '4x6', ['input 2']],
  ['Addcdiv', ['4x6', '4x6', '6'], { constants: [1, 2] }, '4x6', []],
  ['Cross', ['4x3 /1x4', '1x3'], {}, '4x3', ['input 0', 'input 1']],
  ['Cross', ['4x3', '4x3'], { constants: [1] }, '4x3', ['input 1']],
];

describe('a function that ONNX has no name for', () => {
  test.each(CASES)('%s of %j with %j puts out %s and keeps %j', (...[name, inputs, options, output, saves]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options)).toMatchObject({ outputs: [output], saves });
  });

  test('is tested for every row', () => {
    expect([...new Set(CASES.map(([name]) => name))].sort()).toEqual(Object.keys(rows).sort());
  });

  // The profiler of memory during backward, torch 2.15: beside the gradients, in tensors of the output's size.
  test.each([
    ['Erfc', 1, [], 4],
    ['Lgamma', 1, [], 1],
    ['Sinc', 1, [], 7],
    ['Logit', 1, [], 0],
    ['Atan2', 2, [], 5],
    ['Atan2', 2, [1], 3],
    ['Atan2', 2, [0], 4],
    ['Hypot', 2, [], 1],
    ['LogAddExp', 2, [], 3],
    ['XLogY', 2, [], 1.75],
    ['XLogY', 2, [0], 1],
    ['Lerp', 3, [0, 2], 0],
    ['Lerp', 3, [0, 1], 1],
    ['Addcdiv', 3, [], 4],
    ['Addcdiv', 3, [2], 1],
    ['Addcdiv', 3, [1, 2], 0],
    ['Cross', 2, [], 0],
  ])('%s of %d tensors, %j of them constant, takes %d in backward', (name, operands, constants, scratch) => {
    const row = rows[name];
    const inputs = new Array<string>(operands).fill('4x6');
    expect(row && runRow(row, inputs, { constants }).bytes.backward).toBe(scratch * FULL);
  });

  test('sums what was broadcast from a gradient of the full size', () => {
    expect(runRow(SPECIAL.Hypot, ['4x6', '6']).bytes.backward).toBe(2 * FULL);
    expect(runRow(SPECIAL.Addcdiv, ['6', '4x6', '4x6'], { constants: [2] }).bytes.backward).toBe(FULL);
    expect(runRow(SPECIAL.Addcdiv, ['4x6', '6', '4x6'], { constants: [2] }).bytes.backward).toBe(2 * FULL);
  });

  test('passes the gradient on where the output is a sum with the input', () => {
    expect(runRow(SPECIAL.Frac, ['4x6']).gradients).toEqual(['pass']);
    expect(runRow(SPECIAL.Addcdiv, ['4x6', '4x6', '6']).gradients).toEqual(['pass', 'new', 'new']);
    expect(runRow(SPECIAL.Addcdiv, ['6', '4x6', '4x6']).gradients).toEqual(['new', 'new', 'new']);
  });
});
