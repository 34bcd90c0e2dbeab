import { describe, expect, test } from '@jest/globals';
import { SELECTION } from '../../src/ops/selection.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';
import type { RowCase } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = SELECTION;
const IMAGE = '2x6x8x8';
const CHANNELS_LAST = '2x6x8x8 /384x1x48x6';

describe('Concat', () => {
  // torch.cat, 2.15.
  test.each([
    [[IMAGE, IMAGE], 1, '2x12x8x8'],
    [[IMAGE, '2x3x8x8', '2x1x8x8'], 1, '2x10x8x8'],
    [['4', '3'], 0, '7'],
    [['4x2', '4x3'], -1, '4x5'],
    [[CHANNELS_LAST, CHANNELS_LAST], 1, '2x12x8x8 /768x1x96x12'],
    [[CHANNELS_LAST, IMAGE], 1, '2x12x8x8'],
    [['2x6x8 /48x1x6', '2x6x8 /48x1x6'], 1, '2x12x8'],
    [['3 int64', '0 int64'], 0, '3 int64'],
  ])('joins %j along axis %d: %s', (inputs, axis, output) => {
    expect(runRow(SELECTION.Concat, inputs, { attributes: { axis } })).toMatchObject({
      outputs: [output],
      saves: [],
      gradients: inputs.map(() => 'pass'),
    });
  });

  test.each([
    [['4x2', '3x3'], 1, '[4, 2] and [3, 3] do not join along axis 1'],
    [['4x2', '4'], 0, '[4, 2] and [4] do not join along axis 0'],
    [['4', '-'], 0, 'Row needs input 1'],
    [['4'], 1, 'axis 1 is outside rank 1'],
  ])('%j along axis %d is refused', (inputs, axis, message) => {
    expect(() => runRow(SELECTION.Concat, inputs, { attributes: { axis } })).toThrow(message);
  });

  test('folds what is known', () => {
    const options = { attributes: { axis: 1 }, values: { 0: [1, 2], 1: [3, 4, 5, 6] } };
    expect(runRow(SELECTION.Concat, ['2x1', '2x2'], options).values).toEqual([[1, 3, 4, 2, 5, 6]]);
    expect(runRow(SELECTION.Concat, ['1', '1'], { attributes: { axis: 0 }, values: { 0: [1] } }).values).toEqual([
      undefined,
    ]);
  });

  test('is promoted by autocast, and may join weights', () => {
    expect([SELECTION.Concat.autocast, SELECTION.Concat.roles]).toEqual(['widest', ['parameter']]);
  });
});

describe('Gather', () => {
  // torch.nn.functional.embedding and index_select, 2.15.
  test.each([
    [['100x16', '4x9 int64'], 0, '4x9x16'],
    [['100x16', '5 int64'], 1, '100x5'],
    [['2x3x4', '1 int64'], -1, '2x3x1'],
    [['100x16', 'scalar int64'], 0, '16'],
  ])('of %j along axis %d puts out %s, and keeps the indices', (inputs, axis, output) => {
    expect(runRow(SELECTION.Gather, inputs, { attributes: { axis } })).toMatchObject({
      outputs: [output],
      saves: ['input 1'],
      gradients: ['new', 'none'],
      view: false,
    });
  });

  // torch: x[:, 0] and x[..., 3].
  test.each([
    ['2x6x8x8', 1, 0, '2x8x8 /384x8x1'],
    ['2x6x8x8', 0, 1, '6x8x8'],
    [CHANNELS_LAST, 3, 3, '2x6x8 /384x1x48'],
    ['3x5x7', -1, -2, '3x5 /35x7'],
  ])('of one constant index is a view: %s along axis %d at %d gives %s', (data, axis, index, output) => {
    const options = { attributes: { axis }, values: { 1: [index] } };
    expect(runRow(SELECTION.Gather, [data, 'scalar int64'], options)).toMatchObject({
      outputs: [output],
      view: true,
      saves: [],
      gradients: ['new', 'none'],
    });
  });

  test('of a list of one constant index is none', () => {
    const options = { attributes: { axis: 1 }, values: { 1: [0] } };
    expect(runRow(SELECTION.Gather, [IMAGE, '1 int64'], options)).toMatchObject({ view: false, saves: ['input 1'] });
  });

  test('folds what is known', () => {
    const values = { 0: [5, 6, 7], 1: [2, -3] };
    expect(runRow(SELECTION.Gather, ['3', '2 int64'], { values }).values).toEqual([[7, 5]]);
  });

  test('of a table is of a weight', () => {
    expect(SELECTION.Gather.roles).toEqual(['parameter', 'constant']);
  });
});

// The node tests of ONNX for shapes; saved_tensors_hooks on torch.gather, index_put, scatter and scatter_reduce, 2.15.
describe('indices by element', () => {
  const cases: readonly RowCase[] = [
    ['GatherElements', ['4x6', '4x2 int64'], { attributes: { axis: 1 } }, '4x2', ['input 0', 'input 1']],
    ['GatherND', ['2x2', '2x2 int64'], {}, '2', ['input 1']],
    ['GatherND', ['2x2x2', '2x1x2 int64'], {}, '2x1x2', ['input 1']],
    ['GatherND', ['2x2x2', '2x1 int64'], { attributes: { batch_dims: 1 } }, '2x2', ['input 1']],
    ['ScatterND', ['4x4x4', '2x1 int64', '2x4x4'], {}, '4x4x4', ['input 1']],
    ['ScatterElements', ['4x6', '4x2 int64', '4x2'], {}, '4x6', ['input 1']],
    ['ScatterElements', ['4x6', '4x2 int64', '4x2'], { attributes: { reduction: 'add' } }, '4x6', ['input 1']],
    [
      'ScatterElements',
      ['4x6', '4x2 int64', '4x2'],
      { attributes: { reduction: 'max' } },
      '4x6',
      ['input 0', 'input 1', 'input 2', 'output 0'],
    ],
    [
      'ScatterElements',
      ['4x6', '4x2 int64', '4x2'],
      { attributes: { reduction: 'sum' } },
      '4x6',
      ['input 0', 'input 1', 'input 2', 'output 0'],
    ],
    ['Scatter', ['4x6', '4x2 int64', '4x2'], {}, '4x6', ['input 1']],
  ];
  test.each(cases)('%s of %j with %j', (...[name, inputs, options, output, saves]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options)).toMatchObject({ outputs: [output], saves });
  });

  test.each([
    ['written: both gradients are new', {}, ['new', 'none', 'new']],
    ['added: the data’s is the output’s', { reduction: 'add' }, ['pass', 'none', 'new']],
    ['multiplied: both are new', { reduction: 'mul' }, ['new', 'none', 'new']],
  ])('updates that are %s', (_, attributes, gradients) => {
    for (const row of [SELECTION.ScatterND, SELECTION.ScatterElements]) {
      expect(runRow(row, ['4x6', '4x2 int64', '4x2'], { attributes }).gradients).toEqual(gradients);
    }
  });

  test.each([
    ['GatherND', ['2x2', '2x3 int64'], '3 indices into rank 2'],
    ['GatherND', ['2x2', 'scalar int64'], 'shape [] has no axis -1'],
    ['ScatterND', ['4x4', '2x1 int64'], 'Row needs input 2'],
    ['GatherElements', ['4x6'], 'Row needs input 1'],
  ])('%s of %j is refused', (name, inputs, message) => {
    const row = rows[name];
    expect(() => row && runRow(row, inputs)).toThrow(message);
  });
});

describe('TopK', () => {
  test.each([
    ['an attribute, opset 1', ['3x4'], { attributes: { k: 2 } }, '3x2'],
    ['an input, opset 10', ['3x4', '1 int64'], { values: { 1: [3] } }, '3x3'],
    ['another axis', ['3x4', '1 int64'], { attributes: { axis: 0 }, values: { 1: [2] } }, '2x4'],
  ])('takes its number from %s', (_, inputs, options, output) => {
    expect(runRow(SELECTION.TopK, inputs, { ...options, outputCount: 2 })).toMatchObject({
      outputs: [output, `${output} int64`],
      saves: ['output 1'],
      gradients: inputs.map((__, index) => (index === 0 ? 'new' : 'none')),
    });
  });

  test.each([
    [['3x4'], 'Row has no k'],
    [['3x4', '1 int64'], 'k of Row is not a constant'],
  ])('of %j is refused: %s', (inputs, message) => {
    expect(() => runRow(SELECTION.TopK, inputs)).toThrow(message);
  });
});

describe('OneHot', () => {
  // The node tests of ONNX.
  test.each([
    [{}, '2x2', '2x2x10'],
    [{ axis: 1 }, '2x2', '2x10x2'],
    [{ axis: -2 }, '2x2', '2x10x2'],
    [{ axis: 0 }, '3', '10x3'],
  ])('with %j makes %s into %s', (attributes, indices, output) => {
    const inputs = [`${indices} int64`, 'scalar int64', '2 float16'];
    expect(runRow(SELECTION.OneHot, inputs, { attributes, values: { 1: [10] } })).toMatchObject({
      outputs: [`${output} float16`],
      gradients: ['none', 'none', 'none'],
    });
  });

  test('of a depth that only the data knows is refused', () => {
    expect(() => runRow(SELECTION.OneHot, ['3 int64', 'scalar int64', '2'])).toThrow(
      'depth of OneHot is not a constant',
    );
  });
});

describe('how much is chosen only the data may know', () => {
  test.each([
    ['all of NonZero, at most', 'NonZero', ['3x4'], {}, '2x12 int64'],
    ['what NonZero finds', 'NonZero', ['2x2 bool'], { values: { 0: [1, 0, 1, 1] } }, '2x3 int64'],
    ['all of an axis, at most', 'Compress', ['3x4', '3 bool'], { attributes: { axis: 0 } }, '3x4'],
    ['no more than the condition is long', 'Compress', ['3x4', '2 bool'], { attributes: { axis: -1 } }, '3x2'],
    [
      'what the condition says',
      'Compress',
      ['3x4', '2 bool'],
      { attributes: { axis: 1 }, values: { 1: [0, 1] } },
      '3x1',
    ],
    ['without an axis all in a row', 'Compress', ['3x4', '5 bool'], { values: { 1: [0, 1, 0, 0, 1] } }, '2'],
    [
      'not beyond the axis',
      'Compress',
      ['3x4', '5 bool'],
      { attributes: { axis: 0 }, values: { 1: [1, 1, 1, 1, 1] } },
      '3x4',
    ],
  ])('%s', (...[, name, inputs, options, output]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options).outputs).toEqual([output]);
  });

  // The node test of ONNX.
  test('NonZero folds to the indices axis by axis', () => {
    expect(runRow(SELECTION.NonZero, ['2x2 bool'], { values: { 0: [1, 0, 1, 1] } }).values).toEqual([
      [0, 1, 1, 0, 0, 1],
    ]);
    expect(runRow(SELECTION.NonZero, ['2x2 bool'])).toMatchObject({ values: [undefined], gradients: ['none'] });
  });

  test('Compress keeps its condition', () => {
    expect(runRow(SELECTION.Compress, ['3x4', '3 bool'], { attributes: { axis: 0 } })).toMatchObject({
      saves: ['input 1'],
      gradients: ['new', 'none'],
    });
  });
});

// torch.triu and flip, 2.15: copies, contiguous, of which nothing is kept.
test.each([
  ['Trilu', ['6x4 /1x6', 'scalar int64']],
  ['ReverseSequence', ['6x4 /1x6', '4 int64']],
])('%s of %j is a copy', (name, inputs) => {
  const row = rows[name];
  expect(row && runRow(row, inputs)).toMatchObject({
    outputs: ['6x4'],
    saves: [],
    view: false,
    gradients: ['new', 'none'],
  });
});
