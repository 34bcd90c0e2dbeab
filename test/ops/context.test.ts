import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attributes, Layer } from '../../src/graph/index.js';
import {
  axisOf,
  booleanAttribute,
  broadcast,
  dimAt,
  divided,
  elements,
  input,
  integers,
  isCountable,
  isDifferentiable,
  normalizeAxis,
  numberAttribute,
  numbersAttribute,
  output,
  requiredIntegers,
  requireOperands,
  stringAttribute,
  tensor,
  tensorBytes,
} from '../../src/ops/context.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

const layer = (attributes: Attributes): Layer => ({ id: 'x', type: 'Row', inputs: [], outputs: [], attributes });
const contextOf = (inputs: readonly string[], options: RowOptions = {}): ReturnType<typeof runRow>['context'] =>
  runRow({ operands: 0, infer: () => [] }, inputs, options).context;

describe('broadcasting', () => {
  // numpy.broadcast_shapes.
  test.each([
    [[[2, 3]], [2, 3]],
    [
      [[2, 3], [3]],
      [2, 3],
    ],
    [
      [
        [2, 1],
        [1, 3],
      ],
      [2, 3],
    ],
    [
      [[], [2, 3]],
      [2, 3],
    ],
    [[[1], [0]], [0]],
    [
      [[5, 1, 4], [3, 1], [1]],
      [5, 3, 4],
    ],
  ])('%j give %j', (shapes, result) => {
    expect(broadcast(...shapes)).toEqual(result);
  });

  test.each([
    [[[2], [3]], 'shapes [2] and [3] do not broadcast'],
    [[[0], [2]], 'shapes [0] and [2] do not broadcast'],
    [
      [
        [2, 3],
        [2, 1],
        [4, 3],
      ],
      'shapes [2, 3] and [2, 1] and [4, 3] do not broadcast',
    ],
  ])('%j do not', (shapes, message) => {
    expect(() => broadcast(...shapes)).toThrow(message);
  });

  const dims = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 });
  const fitting = fc.tuple(dims, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 })).map(([shape, isOne]) => ({
    shape,
    left: shape.map((dim, axis) => (isOne[axis] ? 1 : dim)),
    right: shape.map((dim, axis) => (isOne[axis] ? dim : isOne[axis + 5] ? 1 : dim)),
  }));

  test('shapes of which each axis is whole on one side give the whole', () => {
    fc.assert(fc.property(fitting, ({ shape, left, right }) => expect(broadcast(left, right)).toEqual(shape)));
  });

  test('does not depend on the order, nor on axes of 1 in front', () => {
    fc.assert(
      fc.property(fitting, ({ left, right }) => {
        expect(broadcast(right, left)).toEqual(broadcast(left, right));
        expect(broadcast([1, ...left], right)).toEqual([1, ...broadcast(left, right)]);
      }),
    );
  });
});

describe('an axis', () => {
  test.each([
    [0, 3, 0],
    [2, 3, 2],
    [-1, 3, 2],
    [-3, 3, 0],
  ])('%d of rank %d is %d', (axis, rank, normal) => {
    expect(normalizeAxis(axis, rank)).toBe(normal);
  });

  test.each([
    [3, 3],
    [-4, 3],
    [0, 0],
    [0.5, 3],
    [NaN, 3],
  ])('%d of rank %d is outside', (axis, rank) => {
    expect(() => normalizeAxis(axis, rank)).toThrow(`axis ${axis} is outside rank ${rank}`);
  });

  test('is stated about the first input, or is the default', () => {
    expect(axisOf(contextOf(['2x3'], { attributes: { axis: -1 } }), 0)).toBe(1);
    expect(axisOf(contextOf(['2x3']), -2)).toBe(0);
  });
});

describe('integers', () => {
  test.each([
    ['an input', ['3', '2 int64'], { values: { 1: [4, 5] }, attributes: { axes: [9] } }, [4, 5]],
    ['the attribute before there was an input', ['3'], { attributes: { axes: [9] } }, [9]],
    ['an attribute of one', ['3'], { attributes: { axes: 9 } }, [9]],
    ['nothing', ['3', '-'], {}, undefined],
  ])('come from %s', (_, inputs, options, expected) => {
    expect(integers(contextOf(inputs, options), 1, 'axes')).toEqual(expected);
  });

  test('that only the data knows are refused, whatever the attribute says', () => {
    const context = contextOf(['3', '2 int64'], { attributes: { axes: [0] } });
    expect(() => integers(context, 1, 'axes')).toThrow('axes of Row is not a constant');
  });

  test('that an operator needs are refused where there are none', () => {
    expect(() => requiredIntegers(contextOf(['3']), 1, 'axes')).toThrow('Row has no axes');
    expect(requiredIntegers(contextOf(['3'], { attributes: { axes: [] } }), 1, 'axes')).toEqual([]);
  });
});

describe('an attribute', () => {
  test.each([
    [1, 1],
    [true, 1],
    [false, 0],
    ['1', 7],
    [[1], 7],
    [undefined, 7],
  ])('of %j is the number %d, or the default', (value, expected) => {
    expect(numberAttribute(layer(value === undefined ? {} : { a: value }), 'a', 7)).toBe(expected);
  });

  test.each([
    [1, true],
    [0, false],
    [true, true],
    ['yes', true],
  ])('of %j is %s as a flag that is on by default', (value, expected) => {
    expect(booleanAttribute(layer({ a: value }), 'a', true)).toBe(expected);
  });

  test.each([
    ['x', 'x'],
    [1, 'none'],
    [['x'], 'none'],
  ])('of %j is the text %s', (value, expected) => {
    expect(stringAttribute(layer({ a: value }), 'a', 'none')).toBe(expected);
  });

  test.each([
    [
      [1, 2],
      [1, 2],
    ],
    [3, [3]],
    [['x'], undefined],
    ['x', undefined],
    [[], []],
  ])('of %j is the list %j', (value, expected) => {
    expect(numbersAttribute(layer({ a: value }), 'a')).toEqual(expected);
  });
});

describe('a shape', () => {
  test.each([
    [[], true],
    [[0, 2 ** 53], false],
    [[2 ** 53 - 1], true],
    [[2 ** 27, 2 ** 27], false],
    [[0, 2 ** 27, 2 ** 27], false],
    [[2, -1], false],
    [[1.5], false],
    [[NaN], false],
    [[Infinity], false],
    [new Array<number>(64).fill(1), true],
    [new Array<number>(65).fill(1), false],
  ])('of %j can be a tensor’s: %s', (shape, expected) => {
    expect(isCountable(shape)).toBe(expected);
  });

  test('has as many elements as its dims multiply to', () => {
    expect([elements([]), elements([2, 3, 4]), elements([2, 0])]).toEqual([1, 24, 0]);
  });

  test('has the dim that is asked for, or is refused', () => {
    expect(dimAt([2, 3], 1)).toBe(3);
    expect(() => dimAt([2, 3], 2)).toThrow('shape [2, 3] has no axis 2');
    expect(() => dimAt([2, 3], -1)).toThrow('shape [2, 3] has no axis -1');
  });

  test('divides into groups of one size, or is refused', () => {
    expect([divided(6, 3), divided(6, 6), divided(0, 1)]).toEqual([3, 6, 1]);
    for (const groups of [4, 0, -2, 1.5, NaN]) {
      expect(() => divided(6, groups)).toThrow(`6 channels do not divide into ${groups} groups`);
    }
    expect(() => divided(0, 2 ** 53, 'heads')).toThrow(`0 heads do not divide into ${2 ** 53} groups`);
  });
});

test.each([
  ['float32', [2, 3], 24],
  ['float16', [2, 3], 12],
  ['int64', [], 8],
  ['bool', [5], 5],
  ['int4', [3], 2],
] as const)('a tensor of %s and shape %j takes %d bytes', (dtype, shape, bytes) => {
  expect(tensorBytes(tensor(dtype, shape))).toBe(bytes);
});

test('floating-point tensors are differentiable; others, and what is absent, are not', () => {
  expect(
    (['float32', 'bfloat16', 'int64', 'bool'] as const).map((dtype) => isDifferentiable(tensor(dtype, []))),
  ).toEqual([true, true, false, false]);
  expect(isDifferentiable(undefined)).toBe(false);
});

describe('what a row asks for', () => {
  test('is there, or the layer is refused', () => {
    const context = contextOf(['2', '-']);
    expect(input(context, 0)).toEqual(tensor('float32', [2]));
    expect(() => input(context, 1)).toThrow('Row needs input 1');
    expect(() => output(context, 0)).toThrow('Row has no output 0');
  });

  test.each([
    [undefined, ['-'], 'Row needs input 0'],
    [2, ['2'], 'Row needs input 1'],
    [3, ['2', '-', '2'], 'Row needs input 1'],
  ])('%j operands of %j are too few', (operands, inputs, message) => {
    const spec = { infer: () => [], ...(operands !== undefined && { operands }) };
    expect(() => requireOperands(contextOf(inputs), spec)).toThrow(message);
  });

  test('no more operands than an operator cannot do without', () => {
    expect(() => requireOperands(contextOf([]), { infer: () => [], operands: 0 })).not.toThrow();
    expect(() => requireOperands(contextOf(['2', '-']), { infer: () => [] })).not.toThrow();
  });
});
