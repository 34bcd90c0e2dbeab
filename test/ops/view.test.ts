import { describe, expect, test } from '@jest/globals';
import { VIEW } from '../../src/ops/view.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = VIEW;

type Case = readonly [name: string, inputs: readonly string[], options: RowOptions, output: string];

describe('the same elements under another shape', () => {
  // The node tests of ONNX, and its operator specification for older opsets.
  const cases: readonly Case[] = [
    ['Reshape', ['2x3x4', '3 int64'], { values: { 1: [4, 2, 3] } }, '4x2x3'],
    ['Reshape', ['2x3x4', '2 int64'], { values: { 1: [2, 12] } }, '2x12'],
    ['Reshape', ['2x3x4', '3 int64'], { values: { 1: [2, -1, 2] } }, '2x6x2'],
    ['Reshape', ['2x3x4', '4 int64'], { values: { 1: [2, 0, 1, -1] } }, '2x3x1x4'],
    ['Reshape', ['1', '0 int64'], { values: { 1: [] } }, 'scalar'],
    ['Reshape', ['2x3x4'], { attributes: { shape: [6, 4] } }, '6x4'],
    ['Flatten', ['2x3x4x5'], {}, '2x60'],
    ['Flatten', ['2x3x4x5'], { attributes: { axis: 0 } }, '1x120'],
    ['Flatten', ['2x3x4x5'], { attributes: { axis: 4 } }, '120x1'],
    ['Flatten', ['2x3x4x5'], { attributes: { axis: -1 } }, '24x5'],
    ['Flatten', ['7'], {}, '7x1'],
    ['Squeeze', ['1x3x1x5', '1 int64'], { values: { 1: [0] } }, '3x1x5'],
    ['Squeeze', ['1x3x1x5', '1 int64'], { values: { 1: [-2] } }, '1x3x5'],
    ['Squeeze', ['1x3x1x5'], { attributes: { axes: [0, 2] } }, '3x5'],
    ['Squeeze', ['1x3x1x5'], {}, '3x5'],
    ['Unsqueeze', ['3x4', '2 int64'], { values: { 1: [0, 3] } }, '1x3x4x1'],
    ['Unsqueeze', ['3x4', '1 int64'], { values: { 1: [-1] } }, '3x4x1'],
    ['Unsqueeze', ['3x4'], { attributes: { axes: [1] } }, '3x1x4'],
    ['Unsqueeze', ['scalar', '1 int64'], { values: { 1: [0] } }, '1'],
  ];
  test.each(cases)('%s of %j with %j', (name, inputs, options, output) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options)).toMatchObject({
      outputs: [output],
      view: true,
      gradients: ['pass', 'none'],
      saves: [],
      flops: 0,
    });
  });

  test('has dims of 0 where Reshape allows them', () => {
    const options = { attributes: { allowzero: 1 }, values: { 1: [3, 4, 0] } };
    expect(runRow(VIEW.Reshape, ['0x3x4', '3 int64'], options).outputs).toEqual(['3x4x0']);
  });

  // torch.Tensor.reshape, 2.15: a view where the strides allow it, else a contiguous copy.
  test.each([
    ['Reshape', ['6x4 /1x6', '1 int64'], { values: { 1: [24] } }, '24', false],
    ['Reshape', ['6x4 /1x6', '3 int64'], { values: { 1: [2, 3, 4] } }, '2x3x4 /3x1x6', true],
    ['Reshape', ['2x6x4x3 /72x3x18x1', '2 int64'], { values: { 1: [2, -1] } }, '2x72', false],
    ['Flatten', ['2x6x8x8 /384x1x48x6'], {}, '2x384', false],
    ['Flatten', ['2x6x1x1'], {}, '2x6', true],
    ['Unsqueeze', ['6x4 /1x8', '1 int64'], { values: { 1: [1] } }, '6x1x4 /1x32x8', true],
    ['Squeeze', ['6x1x4 /1x6x8', '1 int64'], { values: { 1: [1] } }, '6x4 /1x8', true],
  ])('%s of %j with %j gives %s, a view: %s', (...[name, inputs, options, output, view]) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, options)).toMatchObject({ outputs: [output], view });
  });

  test.each([
    ['Reshape', ['2x3', '1 int64'], { values: { 1: [5] } }, '[2, 3] does not reshape to [5]'],
    ['Reshape', ['2x3', '2 int64'], { values: { 1: [4, -1] } }, '6 elements do not divide by 4'],
    ['Reshape', ['2x3', '3 int64'], { values: { 1: [2, 3, 0] } }, 'shape [2, 3] has no axis 2'],
    ['Reshape', ['2x3', '2 int64'], {}, 'shape of Row is not a constant'],
    ['Reshape', ['2x3'], {}, 'Row has no shape'],
    ['Flatten', ['2x3'], { attributes: { axis: 3 } }, 'axis 3 is outside rank 2'],
    ['Squeeze', ['2x3', '1 int64'], { values: { 1: [1] } }, '[2, 3] does not reshape to [2]'],
    ['Squeeze', ['2x1', '1 int64'], {}, 'axes of Row is not a constant'],
    ['Unsqueeze', ['2x3', '1 int64'], { values: { 1: [3] } }, 'axis 3 is outside rank 3'],
    ['Unsqueeze', ['2x3', '2 int64'], { values: { 1: [0, -4] } }, 'Unsqueeze of one axis twice: [0, -4]'],
    ['Unsqueeze', ['2x3'], {}, 'Row has no axes'],
  ])('%s of %j with %j is refused', (name, inputs, options, message) => {
    const row = rows[name];
    expect(() => row && runRow(row, inputs, options)).toThrow(message);
  });

  test('folds to the elements as they are', () => {
    for (const name of ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']) {
      const row = rows[name];
      const values = { 0: [1, 2], 1: name === 'Reshape' ? [2, 1] : [1] };
      const inputs = ['2x1', name === 'Reshape' ? '2 int64' : '1 int64'];
      expect([name, row && runRow(row, inputs, { values }).values]).toEqual([name, [[1, 2]]]);
    }
  });
});

describe('Identity', () => {
  test('is its input, strides and all', () => {
    expect(runRow(VIEW.Identity, ['6x4 /1x8'])).toMatchObject({
      outputs: ['6x4 /1x8'],
      view: true,
      gradients: ['pass'],
    });
  });
});

describe('Transpose', () => {
  // torch.permute, 2.15.
  test.each([
    ['2x3x4', { perm: [1, 0, 2] }, '3x2x4 /4x12x1'],
    ['2x3x4', { perm: [0, 1, 2] }, '2x3x4'],
    ['2x3x4', {}, '4x3x2 /1x4x12'],
    ['3x4 /1x3', { perm: [1, 0] }, '4x3'],
    ['2x6x8x8', { perm: [0, 2, 3, 1] }, '2x8x8x6 /384x8x1x64'],
    ['7', {}, '7'],
  ])('%s with %j is a view: %s', (input, attributes, output) => {
    expect(runRow(VIEW.Transpose, [input], { attributes })).toMatchObject({
      outputs: [output],
      view: true,
      gradients: ['pass'],
      saves: [],
    });
  });

  test.each([
    [[0], 'Transpose of rank 2 by [0]'],
    [[0, 0], 'Transpose of rank 2 by [0, 0]'],
    [[0, 2], 'Transpose of rank 2 by [0, 2]'],
  ])('by %j is refused', (perm, message) => {
    expect(() => runRow(VIEW.Transpose, ['2x3'], { attributes: { perm } })).toThrow(message);
  });

  test('folds what is known', () => {
    const options = { attributes: { perm: [1, 0] }, values: { 0: [1, 2, 3, 4, 5, 6] } };
    expect(runRow(VIEW.Transpose, ['2x3'], options).values).toEqual([[1, 4, 2, 5, 3, 6]]);
  });
});

describe('Expand', () => {
  // The node tests of ONNX; strides of torch.Tensor.expand.
  test.each([
    ['3x1', [2, 1, 6], '2x3x6 /0x1x0', ['new', 'none']],
    ['3x1', [3, 4], '3x4 /1x0', ['new', 'none']],
    ['3x4', [1, 1], '3x4', ['pass', 'none']],
    ['3x4', [1, 3, 4], '1x3x4', ['pass', 'none']],
    ['scalar', [2], '2 /0', ['new', 'none']],
    ['1x3 /7x2', [4, 3], '4x3 /0x2', ['new', 'none']],
  ])('%s to %j is a view: %s, with gradients %j', (input, target, output, gradients) => {
    expect(runRow(VIEW.Expand, [input, `${target.length} int64`], { values: { 1: target } })).toMatchObject({
      outputs: [output],
      view: true,
      gradients,
      saves: [],
    });
  });

  test.each([
    ['that does not fit', { 1: [5] }, 'shapes [3, 4] and [5] do not broadcast'],
    ['that only the data knows', {}, 'shape of Row is not a constant'],
  ])('to a shape %s is refused', (_, values, message) => {
    expect(() => runRow(VIEW.Expand, ['3x4', '1 int64'], { values })).toThrow(message);
  });

  test('folds what is known', () => {
    expect(runRow(VIEW.Expand, ['2x1', '2 int64'], { values: { 0: [1, 2], 1: [2, 3] } }).values).toEqual([
      [1, 1, 1, 2, 2, 2],
    ]);
  });
});

test('the view of a weight is that weight', () => {
  const roles = Object.entries(rows).map(([name, row]) => [name, row.roles?.[0], row.roles?.[1] ?? 'constant']);
  expect(roles).toEqual(Object.keys(rows).map((name) => [name, 'parameter', 'constant']));
});
