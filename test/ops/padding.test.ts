import { describe, expect, test } from '@jest/globals';
import { PADDING } from '../../src/ops/padding.js';
import { runRow } from '../helpers/row.js';

const { Pad, Tile, CenterCropPad, Col2Im } = PADDING;

describe('Pad', () => {
  // ONNX operator specification: begins of every axis, then ends.
  test.each([
    ['an attribute, opset 2', ['2x3'], { attributes: { pads: [0, 2, 1, 0] } }, '3x5'],
    ['an input, opset 11', ['2x3', '4 int64'], { values: { 1: [0, 2, 1, 0] } }, '3x5'],
    ['an input for some axes, opset 18', ['2x3', '2 int64', '-', '1 int64'], { values: { 1: [1, 3], 3: [-1] } }, '2x7'],
    ['negative numbers, which crop', ['4x5', '4 int64'], { values: { 1: [-1, 0, -1, 2] } }, '2x7'],
    [
      'channels last',
      ['2x6x8x8 /384x1x48x6', '8 int64'],
      { values: { 1: [0, 0, 1, 1, 0, 0, 1, 1] } },
      '2x6x10x10 /600x1x60x6',
    ],
  ])('by %s', (_, inputs, options, output) => {
    expect(runRow(Pad, inputs, options).outputs).toEqual([output]);
  });

  // torch.nn.functional.pad: constant, reflect, replicate, circular, 2.15.
  test.each([
    ['constant', []],
    ['reflect', ['input 0']],
    ['edge', ['input 0']],
    ['wrap', []],
    [undefined, []],
  ])('in mode %s keeps %j', (mode, saves) => {
    const options = { attributes: mode === undefined ? {} : { mode }, values: { 1: [1, 1] } };
    expect(runRow(Pad, ['4', '2 int64', 'scalar'], options)).toMatchObject({
      saves,
      gradients: ['new', 'none', 'none'],
    });
  });

  test.each([
    ['by what only the data knows', ['4', '2 int64'], {}, 'pads of Row is not a constant'],
    ['by nothing', ['4'], {}, 'Row has no pads'],
    [
      'outside the rank',
      ['4', '2 int64', '-', '1 int64'],
      { values: { 1: [1, 1], 3: [1] } },
      'axis 1 is outside rank 1',
    ],
  ])('%s is refused', (_, inputs, options, message) => {
    expect(() => runRow(Pad, inputs, options)).toThrow(message);
  });
});

describe('Tile', () => {
  test('repeats each axis, in a copy that keeps nothing', () => {
    expect(runRow(Tile, ['2x3 /1x2', '2 int64'], { values: { 1: [2, 3] } })).toMatchObject({
      outputs: ['4x9'],
      saves: [],
      gradients: ['new', 'none'],
    });
  });

  test('folds what is known', () => {
    const values = { 0: [1, 2], 1: [2, 2] };
    expect(runRow(Tile, ['2x1 int64', '2 int64'], { values }).values).toEqual([[1, 1, 2, 2, 1, 1, 2, 2]]);
    expect(runRow(Tile, ['2x1 int64', '2 int64'], { values: { 1: [2, 2] } }).values).toEqual([undefined]);
  });

  test('as often as only the data knows is refused', () => {
    expect(() => runRow(Tile, ['2x3', '2 int64'])).toThrow('repeats of Row is not a constant');
  });
});

// The node tests of ONNX.
describe('CenterCropPad', () => {
  test.each([
    ['of all axes', ['20x10x3', '3 int64'], { values: { 1: [10, 7, 3] } }, '10x7x3'],
    ['of some axes', ['20x8x3', '2 int64'], { attributes: { axes: [0, 1] }, values: { 1: [10, 9] } }, '10x9x3'],
    [
      'of axes from the end',
      ['20x8x3', '2 int64'],
      { attributes: { axes: [-3, -2] }, values: { 1: [10, 9] } },
      '10x9x3',
    ],
  ])('%s', (_, inputs, options, output) => {
    expect(runRow(CenterCropPad, inputs, options)).toMatchObject({ outputs: [output], gradients: ['new', 'none'] });
  });
});

describe('Col2Im', () => {
  test.each([
    ['1x5x5', [5, 5], [1, 5], '1x1x5x5'],
    ['2x24x16', [8, 8], [2, 2], '2x6x8x8'],
    ['1x10x12', [3, 4, 5], [1, 1, 5], '1x2x3x4x5'],
  ])('lays the blocks of %s out on %j by %j: %s', (input, image, block, output) => {
    const inputs = [input, `${image.length} int64`, `${block.length} int64`];
    expect(runRow(Col2Im, inputs, { values: { 1: image, 2: block } })).toMatchObject({
      outputs: [output],
      saves: [],
      gradients: ['new', 'none', 'none'],
    });
  });
});
