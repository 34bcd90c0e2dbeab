import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_FOLDED_ELEMENTS } from '../../src/ops/fold.js';
import { GENERATOR } from '../../src/ops/generator.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = GENERATOR;

describe('Shape', () => {
  // The node tests of ONNX.
  test.each([
    [{}, [3, 4, 5]],
    [{ start: 1 }, [4, 5]],
    [{ end: 1 }, [3]],
    [{ start: -1 }, [5]],
    [{ end: -1 }, [3, 4]],
    [{ start: 1, end: 2 }, [4]],
    [{ start: -10 }, [3, 4, 5]],
    [{ end: 10 }, [3, 4, 5]],
  ])('with %j is %j', (attributes, shape) => {
    expect(runRow(GENERATOR.Shape, ['3x4x5'], { attributes })).toMatchObject({
      outputs: [`${shape.length} int64`],
      values: [shape],
      gradients: ['none'],
    });
  });
});

test('Size is the number of elements', () => {
  expect(runRow(GENERATOR.Size, ['3x4x5'])).toMatchObject({ outputs: ['scalar int64'], values: [[60]] });
});

describe('ConstantOfShape', () => {
  test.each([
    ['zeros', {}, [2, 3], '2x3', [0, 0, 0, 0, 0, 0]],
    ['a value of its own dtype', { value: [7], value_dtype: 'int64' }, [2], '2 int64', [7, 7]],
    ['a scalar', { value: [1] }, [], 'scalar', [1]],
    ['nothing', {}, [0], '0', []],
    ['memory that nobody has written to', { uninitialized: 1 }, [2], '2', undefined],
    ['more than shapes are made of', {}, [MAX_FOLDED_ELEMENTS + 1], `${MAX_FOLDED_ELEMENTS + 1}`, undefined],
  ])('is %s', (...[, attributes, shape, output, values]) => {
    const inputs = [`${shape.length} int64`];
    expect(runRow(GENERATOR.ConstantOfShape, inputs, { attributes, values: { 0: shape } })).toMatchObject({
      outputs: [output],
      values: [values],
      gradients: ['none'],
    });
  });

  test('of a shape that only the data knows is refused', () => {
    expect(() => runRow(GENERATOR.ConstantOfShape, ['2 int64'])).toThrow('input of ConstantOfShape is not a constant');
  });
});

describe('Range', () => {
  const bounds = ['scalar int64', 'scalar int64', 'scalar int64'];
  const values = (start: number, limit: number, delta: number): Record<number, number[]> => ({
    0: [start],
    1: [limit],
    2: [delta],
  });

  // The node tests of ONNX, and its formula: max(ceil((limit - start) / delta), 0).
  test.each([
    [1, 5, 2, [1, 3]],
    [10, 6, -3, [10, 7]],
    [0, 3, 1, [0, 1, 2]],
    [3, 0, 1, []],
  ])('from %d to %d by %d is %j', (...[start, limit, delta, expected]) => {
    expect(runRow(GENERATOR.Range, bounds, { values: values(start, limit, delta) })).toMatchObject({
      outputs: [`${expected.length} int64`],
      values: [expected],
      gradients: ['none', 'none', 'none'],
    });
  });

  test('is what counting gives', () => {
    const number = fc.integer({ min: -20, max: 20 });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 5 }), (start, limit, delta) => {
        const counted: number[] = [];
        for (let at = start; at < limit; at += delta) counted.push(at);
        expect(runRow(GENERATOR.Range, bounds, { values: values(start, limit, delta) }).values).toEqual([counted]);
      }),
    );
  });

  test('beyond what shapes are made of is not folded', () => {
    const result = runRow(GENERATOR.Range, bounds, { values: values(0, MAX_FOLDED_ELEMENTS + 1, 1) });
    expect([result.outputs, result.values]).toEqual([[`${MAX_FOLDED_ELEMENTS + 1} int64`], [undefined]]);
  });

  test.each([
    ['by steps of 0', values(0, 3, 0)],
    ['to where only the data knows', { 0: [0], 2: [1] }],
  ])('%s is refused', (_, known) => {
    expect(() => runRow(GENERATOR.Range, bounds, { values: known })).toThrow('bounds of Range are not constants');
  });
});

describe('tensors of a shape or like another', () => {
  test.each([
    ['RandomNormal', [], { shape: [2, 3] }, '2x3'],
    ['RandomUniform', [], { shape: [2, 3], dtype: 'float16' }, '2x3 float16'],
    ['RandomNormalLike', ['2x3 float16'], {}, '2x3 float16'],
    ['RandomUniformLike', ['2x3 float16'], { dtype: 'float32' }, '2x3'],
    ['EyeLike', ['3x4 int64'], {}, '3x4 int64'],
    ['Bernoulli', ['2x3'], { dtype: 'bool' }, '2x3 bool'],
  ])('%s of %j with %j: %s, which has no gradient', (name, inputs, attributes, output) => {
    const row = rows[name];
    expect(row && runRow(row, inputs, { attributes })).toMatchObject({
      outputs: [output],
      gradients: inputs.map(() => 'none'),
      saves: [],
    });
  });

  test('without a shape are refused', () => {
    expect(() => runRow(GENERATOR.RandomNormal, [])).toThrow('Row has no shape');
  });
});
