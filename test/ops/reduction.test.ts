import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '../../src/graph/index.js';
import { REDUCTION } from '../../src/ops/reduction.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = REDUCTION;
const IMAGE = '2x6x8x8';
const FULL = 2 * 6 * 8 * 8 * 4;

type Case = readonly [
  inputs: readonly string[],
  attributes: Attributes,
  axes: readonly number[] | undefined,
  output: string,
];

describe('the axes that are reduced', () => {
  // The node tests of ONNX: an attribute before opset 18 (13 for ReduceSum), an input since.
  const cases: readonly Case[] = [
    [['3x2x2'], { axes: [1], keepdims: 0 }, undefined, '3x2'],
    [['3x2x2'], { axes: [1], keepdims: 1 }, undefined, '3x1x2'],
    [['3x2x2'], { axes: [-2] }, undefined, '3x1x2'],
    [['3x2x2'], { axes: [0, 2], keepdims: 0 }, undefined, '2'],
    [['3x2x2', '1 int64'], { keepdims: 0 }, [-1], '3x2'],
    [['3x2x2'], {}, undefined, '1x1x1'],
    [['3x2x2'], { keepdims: 0 }, undefined, 'scalar'],
    [['3x2x2', '0 int64'], { noop_with_empty_axes: 1 }, [], '3x2x2'],
    [['3x2x2'], { noop_with_empty_axes: 1 }, undefined, '3x2x2'],
    [['3x2x2', '0 int64'], { noop_with_empty_axes: 0 }, [], '1x1x1'],
    [['3x2x2 float16'], { axes: [0], keepdims: 0 }, undefined, '2x2 float16'],
  ];
  test.each(cases)('of %j with %j and %j leave %s', (inputs, attributes, axes, output) => {
    const values = axes ? { 1: axes } : {};
    for (const name of Object.keys(rows).filter((each) => each.startsWith('Reduce'))) {
      const row = rows[name];
      expect([name, row && runRow(row, inputs, { attributes, values }).outputs]).toEqual([name, [output]]);
    }
  });

  test.each([
    ['outside the rank', ['3x2'], { axes: [2] }, 'axis 2 is outside rank 2'],
    ['that only the data knows', ['3x2', '1 int64'], {}, 'axes of Row is not a constant'],
  ])('%s are refused', (_, inputs, attributes, message) => {
    expect(() => runRow(REDUCTION.ReduceSum, inputs, { attributes })).toThrow(message);
  });
});

interface Behaviour {
  readonly saves: readonly string[];
  readonly gradient: string;
  readonly autocast: string | undefined;
  readonly bytes: { readonly forward: number; readonly backward: number };
}

// torch.mean, sum, amax, amin, prod, linalg.vector_norm, var, std, log(sum), logsumexp, sum of squares over an image, torch 2.15;
// ATen/autocast_mode.h. An extreme's backward holds a mask of a byte an element.
describe('what a reduction keeps, hands on and holds', () => {
  const cases: readonly (readonly [name: string, Behaviour])[] = [
    ['ReduceMean', { saves: [], gradient: 'new', autocast: undefined, bytes: { forward: 0, backward: 0 } }],
    ['ReduceSum', { saves: [], gradient: 'pass', autocast: 'fp32-output', bytes: { forward: 0, backward: 0 } }],
    [
      'ReduceMax',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: undefined,
        bytes: { forward: 0, backward: FULL / 4 },
      },
    ],
    [
      'ReduceMin',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: undefined,
        bytes: { forward: 0, backward: FULL / 4 },
      },
    ],
    [
      'ReduceProd',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: 'fp32-output',
        bytes: { forward: 0, backward: FULL },
      },
    ],
    [
      'ReduceL1',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: 'fp32-output',
        bytes: { forward: 0, backward: FULL },
      },
    ],
    [
      'ReduceL2',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: 'fp32-output',
        bytes: { forward: 0, backward: FULL },
      },
    ],
    [
      'ReduceVariance',
      { saves: ['input 0'], gradient: 'new', autocast: undefined, bytes: { forward: 0, backward: FULL } },
    ],
    [
      'ReduceDeviation',
      { saves: ['input 0', 'output 0'], gradient: 'new', autocast: undefined, bytes: { forward: 0, backward: FULL } },
    ],
    [
      'ReduceLogSum',
      { saves: ['copy 2x6'], gradient: 'pass', autocast: 'fp32-output', bytes: { forward: 0, backward: 0 } },
    ],
    [
      'ReduceLogSumExp',
      { saves: ['input 0', 'output 0'], gradient: 'new', autocast: 'fp32', bytes: { forward: 0, backward: 2 * FULL } },
    ],
    [
      'ReduceSumSquare',
      { saves: ['input 0'], gradient: 'new', autocast: 'fp32', bytes: { forward: FULL, backward: 2 * FULL } },
    ],
    [
      'ReduceMedian',
      {
        saves: ['input 0', 'output 0'],
        gradient: 'new',
        autocast: undefined,
        bytes: { forward: 0, backward: FULL / 4 },
      },
    ],
    [
      'ReduceNanSum',
      { saves: ['input 0'], gradient: 'new', autocast: undefined, bytes: { forward: 0, backward: FULL / 2 } },
    ],
  ];
  test.each(cases)('%s', (name, { saves, gradient, autocast, bytes }) => {
    const row = rows[name];
    const attributes = { axes: [2, 3], keepdims: 0 };
    expect(row?.autocast).toBe(autocast);
    expect(row && runRow(row, [IMAGE], { attributes })).toMatchObject({
      outputs: ['2x6'],
      saves,
      gradients: [gradient, 'none'],
      bytes,
    });
  });

  test('is tested for every reduction', () => {
    expect(cases.map(([name]) => name)).toEqual(Object.keys(rows).filter((name) => name.startsWith('Reduce')));
  });
});

describe('known elements', () => {
  test.each([
    ['ReduceMean', 2.5],
    ['ReduceSum', 10],
    ['ReduceMax', 4],
    ['ReduceMin', 1],
    ['ReduceProd', 24],
    ['ReduceL1', 10],
    ['ReduceL2', Math.sqrt(30)],
    ['ReduceVariance', 5 / 3],
    ['ReduceDeviation', Math.sqrt(5 / 3)],
    ['ReduceLogSum', Math.log(10)],
    ['ReduceLogSumExp', Math.log(Math.E + Math.E ** 2 + Math.E ** 3 + Math.E ** 4)],
    ['ReduceSumSquare', 30],
  ])('1, 2, 3 and 4 are reduced by %s to %d', (name, expected) => {
    const row = rows[name];
    const { values } = (row && runRow(row, ['4'], { values: { 0: [1, 2, 3, 4] } })) ?? { values: [] };
    expect(values).toEqual([[expect.closeTo(expected)]]);
  });

  test('are not known where more than one remains, or none is known', () => {
    const options = { attributes: { axes: [0] }, values: { 0: [1, 2, 3, 4] } };
    expect(runRow(REDUCTION.ReduceSum, ['2x2'], options).values).toEqual([undefined]);
    expect(runRow(REDUCTION.ReduceSum, ['4']).values).toEqual([undefined]);
  });
});

describe('ArgMax and ArgMin', () => {
  test.each([
    [{}, '1x3x4 int64'],
    [{ axis: 1 }, '2x1x4 int64'],
    [{ axis: -1, keepdims: 0 }, '2x3 int64'],
  ])('with %j put out positions of %s, which have no gradient', (attributes, output) => {
    for (const row of [REDUCTION.ArgMax, REDUCTION.ArgMin]) {
      expect(runRow(row, ['2x3x4'], { attributes })).toMatchObject({
        outputs: [output],
        gradients: ['none'],
        saves: [],
      });
    }
  });
});

describe('CumSum', () => {
  // The node tests of ONNX.
  test.each([
    [{}, [1, 3, 6, 10, 15]],
    [{ exclusive: 1 }, [0, 1, 3, 6, 10]],
    [{ reverse: 1 }, [15, 14, 12, 9, 5]],
    [{ exclusive: 1, reverse: 1 }, [14, 12, 9, 5, 0]],
  ])('with %j folds 1 to 5 to %j', (attributes, totals) => {
    const values = { 0: [1, 2, 3, 4, 5], 1: [0] };
    expect(runRow(REDUCTION.CumSum, ['5', 'scalar int64'], { attributes, values }).values).toEqual([totals]);
  });

  test('of more than a vector is not folded', () => {
    expect(runRow(REDUCTION.CumSum, ['1x2', 'scalar int64'], { values: { 0: [1, 2] } }).values).toEqual([undefined]);
  });

  // torch.cumsum: its backward flips, sums and flips back.
  test('keeps nothing, and has a gradient for its input', () => {
    expect(runRow(REDUCTION.CumSum, ['4x6', 'scalar int64'])).toMatchObject({
      outputs: ['4x6'],
      saves: [],
      gradients: ['new', 'none'],
      bytes: { forward: 0, backward: 2 * 4 * 6 * 4 },
    });
  });
});

// derivatives.yaml: cumprod_backward(grad, self, dim, result).
// saved_tensors_hooks and the profiler of memory, torch 2.15.
test('what runs along an axis keeps where its extremes were, or the logarithms of its sums', () => {
  expect(runRow(REDUCTION.CumExtreme, ['4x6'], { outputCount: 2 })).toMatchObject({
    ...{ outputs: ['4x6', '4x6 int64'], saves: ['input 0', 'output 1'], bytes: { backward: 0 } },
  });
  expect(runRow(REDUCTION.LogCumSumExp, ['4x6'])).toMatchObject({
    ...{ outputs: ['4x6'], saves: ['input 0', 'output 0'], bytes: { backward: 7 * 4 * 6 * 4 } },
  });
});

test('a median is the lower of two, and a sum may leave out what is no number', () => {
  const attributes = { keepdims: 0 };
  expect(runRow(REDUCTION.ReduceMedian, ['4'], { attributes, values: { 0: [9, 1, 7, 3] } }).values).toEqual([[3]]);
  expect(runRow(REDUCTION.ReduceNanSum, ['3'], { attributes, values: { 0: [1, NaN, 2] } }).values).toEqual([[3]]);
});

test('CumProd keeps its input and its output', () => {
  expect(runRow(REDUCTION.CumProd, ['4x6', 'scalar int64'])).toMatchObject({
    outputs: ['4x6'],
    saves: ['input 0', 'output 0'],
    gradients: ['new', 'none'],
  });
});
