import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SLICE } from '../../src/ops/slice.js';
import { runRow } from '../helpers/row.js';

const { Slice, Split } = SLICE;
const FAR = 2 ** 31;

interface Bounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes?: readonly number[];
  readonly steps?: readonly number[];
}

/** Bounds as inputs, which opset 10 made of the attributes. */
function sliced(
  data: string,
  { starts, ends, axes, steps }: Bounds,
  elements?: readonly number[],
): ReturnType<typeof runRow> {
  const bounds = [starts, ends, axes, steps];
  const values = Object.fromEntries(bounds.flatMap((value, index) => (value ? [[index + 1, value]] : [])));
  const inputs = bounds.map((value) => (value ? `${value.length} int64` : '-'));
  return runRow(Slice, [data, ...inputs], { values: { ...values, ...(elements && { 0: elements }) } });
}

describe('Slice', () => {
  // The node tests of ONNX; strides as torch's x[0:3, 0:10] and x[..., ::2] have them.
  test.each([
    ['of the first axes', '20x10x5', { starts: [0, 0], ends: [3, 10], axes: [0, 1] }, '3x10x5'],
    ['of all axes', '20x10x5', { starts: [0, 0, 3], ends: [20, 10, 4] }, '20x10x1 /50x5x1'],
    ['beyond the end', '20x10x5', { starts: [1], ends: [1000], axes: [1] }, '20x9x5 /50x5x1'],
    ['from beyond the end', '20x10x5', { starts: [1000], ends: [1000], axes: [1] }, '20x0x5 /50x5x1'],
    ['to before the end', '20x10x5', { starts: [0], ends: [-1], axes: [1] }, '20x9x5 /50x5x1'],
    ['from before the end', '20x10x5', { starts: [-3], ends: [FAR], axes: [-1] }, '20x10x3 /50x5x1'],
    ['from before the beginning', '4x6', { starts: [-FAR], ends: [3], axes: [0] }, '3x6'],
    ['every other one', '4x6', { starts: [0], ends: [6], axes: [1], steps: [2] }, '4x3 /6x2'],
    ['every third, not the last', '4x7', { starts: [0], ends: [6], axes: [1], steps: [3] }, '4x2 /7x3'],
    ['backwards', '20x10x5', { starts: [20, 10, 4], ends: [0, 0, 1], axes: [0, 1, 2], steps: [-1, -3, -2] }, '19x3x2'],
    ['backwards to the first', '4', { starts: [-1], ends: [-FAR], steps: [-1] }, '4'],
    ['backwards from beyond', '4', { starts: [99], ends: [-99], steps: [-2] }, '2'],
    ['of nothing', '4', { starts: [3], ends: [1] }, '0'],
  ])('%s', (_, data, bounds, output) => {
    const isForward = (('steps' in bounds ? bounds.steps : undefined) ?? []).every((step) => step > 0);
    expect(sliced(data, bounds)).toMatchObject({ outputs: [output], view: isForward, saves: [] });
  });

  test('has its bounds as attributes before opset 10', () => {
    const attributes = { starts: [0, -2], ends: [2, FAR], axes: [0, 1] };
    expect(runRow(Slice, ['3x5'], { attributes }).outputs).toEqual(['2x2 /5x1']);
  });

  test('has a gradient of the input’s size', () => {
    expect(sliced('4x6', { starts: [0], ends: [2] }).gradients).toEqual(['new', 'none', 'none', 'none', 'none']);
  });

  // torch.flip keeps the order of the axes, 2.15.
  test('that runs backwards copies in the order of the axes', () => {
    const bounds = { starts: [-1], ends: [-FAR], axes: [0], steps: [-1] };
    expect(sliced('6x4 /1x6', bounds)).toMatchObject({ outputs: ['6x4 /1x6'], view: false });
  });

  test.each([
    [
      'by steps of 0',
      ['4', '1 int64', '1 int64', '-', '1 int64'],
      { 1: [0], 2: [2], 4: [0] },
      'Slice with a step of 0',
    ],
    ['from where only the data knows', ['4', '1 int64', '1 int64'], { 2: [2] }, 'starts of Row is not a constant'],
    [
      'of axes only the data knows',
      ['4', '1 int64', '1 int64', '1 int64'],
      { 1: [0], 2: [2] },
      'axes of Row is not a constant',
    ],
    ['without bounds', ['4'], {}, 'Row has no starts'],
    [
      'of an axis outside the rank',
      ['4', '1 int64', '1 int64', '1 int64'],
      { 1: [0], 2: [2], 3: [1] },
      'axis 1 is outside rank 1',
    ],
  ])('%s is refused', (_, inputs, values, message) => {
    expect(() => runRow(Slice, inputs, { values })).toThrow(message);
  });

  test('folds what JavaScript’s own slice does', () => {
    const bound = fc.integer({ min: -9, max: 9 });
    const cases = fc.record({
      values: fc.array(fc.integer(), { minLength: 1, maxLength: 7 }),
      start: bound,
      end: bound,
    });
    fc.assert(
      fc.property(cases, ({ values, start, end }) => {
        const folded = sliced(`${values.length} int64`, { starts: [start], ends: [end] }, values).values[0];
        expect(folded).toEqual(values.slice(start, end));
      }),
    );
  });

  test('folds every n-th element forwards, and backwards in reverse', () => {
    const cases = fc.record({
      values: fc.array(fc.integer(), { minLength: 1, maxLength: 7 }),
      step: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(cases, ({ values, step }) => {
        const data = `${values.length} int64`;
        const every = (all: readonly number[]): number[] => all.filter((_, index) => index % step === 0);
        const forwards = sliced(data, { starts: [0], ends: [FAR], axes: [0], steps: [step] }, values);
        const backwards = sliced(data, { starts: [-1], ends: [-FAR], axes: [0], steps: [-step] }, values);
        expect(forwards.values[0]).toEqual(every(values));
        expect(backwards.values[0]).toEqual(every(values.toReversed()));
      }),
    );
  });

  test('of two axes folds rows of what they leave', () => {
    const values = [0, 1, 2, 10, 11, 12, 20, 21, 22];
    const bounds = { starts: [1, 0], ends: [3, 2], axes: [0, 1] };
    expect(sliced('3x3 int64', bounds, values).values).toEqual([[10, 11, 20, 21]]);
  });
});

describe('Split', () => {
  // The node tests of ONNX; strides as those of torch.split.
  test.each([
    ['as an attribute says, opset 2', ['6x4'], { attributes: { split: [2, 4] }, outputCount: 2 }, ['2x4', '4x4']],
    [
      'as an input says, opset 13',
      ['2x6', '2 int64'],
      { attributes: { axis: 1 }, values: { 1: [2, 4] }, outputCount: 2 },
      ['2x2 /6x1', '2x4 /6x1'],
    ],
    ['into equal parts', ['2x6'], { attributes: { axis: -1 }, outputCount: 3 }, ['2x2 /6x1', '2x2 /6x1', '2x2 /6x1']],
    [
      'into num_outputs parts, opset 18',
      ['7'],
      { attributes: { num_outputs: 4 }, outputCount: 4 },
      ['2', '2', '2', '1'],
    ],
    ['into parts of nothing', ['0', '3 int64'], { values: { 1: [0, 0, 0] }, outputCount: 3 }, ['0', '0', '0']],
  ])('%s', (_, inputs, options, outputs) => {
    expect(runRow(Split, inputs, options)).toMatchObject({ outputs, view: true, saves: [] });
  });

  test.each([
    [
      'that do not make the whole',
      ['6', '2 int64'],
      { values: { 1: [2, 3] }, outputCount: 2 },
      'parts of [2, 3] do not make 6',
    ],
    [
      'more than its outputs',
      ['6'],
      { attributes: { num_outputs: 3 }, outputCount: 2 },
      'Split into 3 parts, but 2 outputs',
    ],
    ['that only the data knows', ['6', '2 int64'], { outputCount: 2 }, 'split of Row is not a constant'],
  ])('into parts %s is refused', (_, inputs, options, message) => {
    expect(() => runRow(Split, inputs, options)).toThrow(message);
  });

  test('joins the gradients of its parts in a new one', () => {
    expect(runRow(Split, ['6', '2 int64'], { values: { 1: [2, 4] }, outputCount: 2 }).gradients).toEqual([
      'new',
      'none',
    ]);
  });

  test('folds to parts that make the whole again', () => {
    const parts = fc.array(fc.array(fc.integer(), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, (each) => {
        const values = each.flat();
        const options = { values: { 0: values, 1: each.map(({ length }) => length) }, outputCount: each.length };
        expect(runRow(Split, [`${values.length} int64`, `${each.length} int64`], options).values).toEqual(each);
      }),
    );
  });
});

test('a part of a weight is a weight', () => {
  expect([Slice.roles, Split.roles]).toEqual([
    ['parameter', 'constant'],
    ['parameter', 'constant'],
  ]);
});
