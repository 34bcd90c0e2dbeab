import { describe, expect, test } from '@jest/globals';
import { tensor } from '../../src/ops/context.js';
import { like } from '../../src/ops/parts.js';
import {
  backwardScratch,
  evaluateTyped,
  evaluateWith,
  foldedInputs,
  operandsOf,
  passOrSum,
  resultDType,
} from '../../src/ops/pointwise.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

/** A context whose output is of the first input's type. */
const contextOf = (inputs: readonly string[], options: RowOptions = {}): ReturnType<typeof runRow>['context'] =>
  runRow({ infer: (context) => [like(context)] }, inputs, options).context;

test('operands are all inputs, and none may be absent', () => {
  expect(operandsOf(contextOf(['2', '3']))).toEqual([tensor('float32', [2]), tensor('float32', [3])]);
  expect(() => operandsOf(contextOf(['2', '-', '3']))).toThrow('Row needs input 1');
});

test.each([
  [['2', '2 int64'], 'float32'],
  [['2 int64', '2 float16'], 'float16'],
  [['2 int64', '2 int32'], 'int64'],
  // torch.result_type.
  [['2', '2 float64'], 'float64'],
  [['2 float16', '2'], 'float32'],
  [['2', '2 float16'], 'float32'],
  [['2 float16', '2 bfloat16'], 'float32'],
  [['2 float16', 'scalar float64'], 'float16'],
  [['scalar', 'scalar float64'], 'float64'],
])('%j promote to %s', (inputs, dtype) => {
  expect(resultDType(operandsOf(contextOf(inputs)))).toBe(dtype);
});

describe('folding', () => {
  test('takes known elements with their shapes, where all are known', () => {
    expect(foldedInputs(contextOf(['2', 'scalar'], { values: { 0: [1, 2], 1: [3] } }))).toEqual([
      { shape: [2], values: [1, 2] },
      { shape: [], values: [3] },
    ]);
    expect(foldedInputs(contextOf(['2', 'scalar'], { values: { 0: [1, 2] } }))).toBeUndefined();
  });

  test('asks the layer for its function, and truncates what integers give', () => {
    const half =
      ({ layer }: { layer: { attributes: unknown } }) =>
      (value = 0) =>
        'by' in (layer.attributes as object) ? value / 4 : value / 2;
    const known = { values: { 0: [3, -3] } };
    expect(evaluateWith(half)(contextOf(['2 int64'], known))).toEqual([[1.5, -1.5]]);
    expect(evaluateTyped(half)(contextOf(['2 int64'], known))).toEqual([[1, -1]]);
    expect(evaluateTyped(half)(contextOf(['2'], { ...known, attributes: { by: 4 } }))).toEqual([[0.75, -0.75]]);
  });
});

test('the gradient is handed on to operands of the output’s size, and summed for others', () => {
  expect(passOrSum(contextOf(['2x3', '3', '1x2x3', '-']))).toEqual(['pass', 'new', 'pass', 'new']);
});

test('scratch is counted in tensors of the output’s size', () => {
  expect(backwardScratch(() => 2.5)(contextOf(['2x3 float16']))).toEqual({ backward: 2.5 * 2 * 3 * 2 });
});
