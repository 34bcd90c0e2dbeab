import { describe, expect, test } from '@jest/globals';
import {
  broadcastGradients,
  contiguousCopy,
  firstGradient,
  like,
  noGradients,
  saveFactors,
  soFar,
} from '../../src/ops/parts.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

/** A context whose output is of the first input's type. */
const contextOf = (inputs: readonly string[], options: RowOptions = {}): ReturnType<typeof runRow>['context'] =>
  runRow({ infer: (context) => [like(context)] }, inputs, options).context;

test('the type of the first input in memory of its own has no strides', () => {
  expect(like(contextOf(['3x4 float16 /1x3']))).toEqual({ dtype: 'float16', shape: [3, 4] });
});

describe('factors', () => {
  // derivatives.yaml, mul: grad * other and grad * self.
  test.each([
    [[], 2, ['input 0', 'input 1']],
    [[0], 2, ['input 0']],
    [[1], 2, ['input 1']],
    [[0, 1], 2, []],
    [[], 3, ['input 0', 'input 1', 'copy', 'input 2']],
    [[2], 3, ['input 0', 'input 1', 'input 2']],
    [[0, 1], 3, ['copy']],
    [[0, 1, 2], 3, []],
  ])('with %j constant, of %d, keep %j', (constants, factors, expected) => {
    const saved = saveFactors(contextOf(['4', '4', '4'], { constants }), factors);
    expect(saved.map((each) => (each.from === 'new' ? each.what : `${each.from} ${each.index}`))).toEqual(expected);
  });

  test('beyond the second multiply what the others came to', () => {
    const context = contextOf(['4 float16', '4 float16']);
    expect(soFar(context, 1)).toEqual({ from: 'input', index: 0 });
    expect(soFar(context, 2)).toEqual({ from: 'new', what: 'copy', type: { dtype: 'float16', shape: [4] } });
  });
});

test('gradients of no input, or of the first alone', () => {
  const context = contextOf(['4', '4', '4']);
  expect(noGradients(context)).toEqual(['none', 'none', 'none']);
  expect(firstGradient(context)).toEqual(['new', 'none', 'none']);
});

test.each([
  ['3x4', 0],
  ['3x4 /1x3', 48],
  ['3x4 float16 /1x3', 24],
  ['3x1 /1x9', 0],
])('a contiguous copy of %s takes %d bytes, each way', (input, bytes) => {
  expect(contiguousCopy(contextOf([input]))).toEqual({ forward: bytes, backward: bytes });
});

test.each([
  [['3x4', '3x4'], {}, 0, 0],
  [['3x4', '4', '3x1'], {}, 0, 2],
  [['3x4', '4', '3x1'], { constants: [1] }, 0, 1],
  [['3x4', '4 int64'], {}, 0, 0],
  [['3x4', '4', '3x1'], {}, 2, 1],
])('of %j with %j, from input %d on, %d gradients are summed', (inputs, options, from, count) => {
  expect(broadcastGradients(contextOf(inputs, options), from)).toBe(count);
});
