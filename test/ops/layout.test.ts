import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { broadcast } from '../../src/ops/context.js';
import { isDense } from '../../src/ops/index.js';
import type { TensorType } from '../../src/ops/index.js';
import { broadcastStrides, inLayoutOf, isChannelsLast, iteratedType } from '../../src/ops/layout.js';
import { type } from '../helpers/row.js';

const types = (...texts: readonly string[]): TensorType[] => texts.flatMap((text) => type(text) ?? []);

// Strides of torch.neg, add and where, 2.15.
describe('the output of an element-wise kernel', () => {
  test.each([
    [['2x3x4'], '2x3x4'],
    [['3x4 /1x3'], '3x4 /1x3'],
    [['6x4 /1x8'], '6x4 /1x6'],
    [['4x3 /6x1'], '4x3'],
    [['3x4 /1x0'], '3x4'],
    [['4x3 /0x1'], '4x3'],
    [['2x3x4 /1x8x2'], '2x3x4 /1x8x2'],
    [['2x6x8x8 /384x1x48x6', '2x6x8x8'], '2x6x8x8 /384x1x48x6'],
    [['2x6x8x8', '2x6x8x8 /384x1x48x6'], '2x6x8x8'],
    [['6x1x1', '2x6x8x8 /384x1x48x6'], '2x6x8x8 /384x1x48x6'],
    [['2x6x1x1', '2x6x8x8 /384x1x48x6'], '2x6x8x8 /384x1x48x6'],
    [['1x4 /1x1', '3x4 /1x3'], '3x4 /1x3'],
    [['scalar', '3x4 /1x3'], '3x4 /1x3'],
    [['scalar'], 'scalar'],
    [['2x0x3 /3x1x1'], '2x0x3'],
  ])('of %j lies as %s', (operands, expected) => {
    expect(iteratedType(types(...operands), 'float32')).toEqual(type(expected));
  });

  test('has the dtype it is told', () => {
    expect(iteratedType(types('3x4 /1x3'), 'bool')).toEqual(type('3x4 bool /1x3'));
  });

  test('is dense, of the shape of the broadcast', () => {
    const operand = fc
      .record({ dims: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }), seed: fc.nat(23), gap: fc.nat(2) })
      .map(({ dims, seed, gap }): TensorType => {
        const order = [...dims.keys()].sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5));
        let stride = 1 + gap;
        const strides = new Array<number>(dims.length);
        for (const axis of order) {
          strides[axis] = stride;
          stride *= dims[axis] ?? 1;
        }
        return { dtype: 'float32', shape: dims, strides };
      });
    const pair = fc.tuple(operand, fc.nat(3)).map(([of, ones]): [TensorType, TensorType] => {
      const shape = of.shape.map((dim, axis) => (axis < ones ? 1 : dim));
      return [of, { dtype: 'float32', shape }];
    });
    fc.assert(
      fc.property(pair, ([left, right]) => {
        const result = iteratedType([left, right], 'float32');
        expect([result.shape, isDense(result)]).toEqual([broadcast(left.shape, right.shape), true]);
      }),
    );
  });
});

describe('the strides of an operand in the shape it is broadcast to', () => {
  test.each([
    ['3x4', [2, 3, 4], [0, 4, 1]],
    ['3x1', [3, 4], [1, 0]],
    ['3x1 /7x1', [3, 1], [7, 1]],
    ['scalar', [2, 3], [0, 0]],
    ['4x3 /1x4', [4, 3], [1, 4]],
  ])('%s in %j: %j', (text, shape, strides) => {
    expect(types(text).map((each) => broadcastStrides(each, shape))).toEqual([strides]);
  });
});

// torch: t.is_contiguous(memory_format=torch.channels_last) says less; this is suggest_memory_format, 2.15.
describe('channels last', () => {
  test.each([
    ['2x6x8x8 /384x1x48x6', true],
    ['2x6x8x8', false],
    ['2x6x8x8 /384x64x1x8', false],
    ['2x6x8x8 /768x1x96x12', true],
    ['2x6x4x5x7 /840x1x210x42x6', true],
    ['2x6x8 /48x1x6', false],
    ['2x6 /1x2', false],
    ['2x6x8x8 /384x0x48x6', false],
    ['2x0x8x8 /1x1x8x1', false],
  ])('%s: %s', (text, expected) => {
    expect(types(text).map(isChannelsLast)).toEqual([expected]);
  });

  test.each([
    ['2x6x8x8 /384x1x48x6', [2, 4, 6, 6], '2x4x6x6 /144x1x24x4'],
    ['2x6x8x8 /384x64x1x8', [2, 4, 6, 6], '2x4x6x6'],
    ['2x6x8x8', [2, 4, 6, 6], '2x4x6x6'],
    ['2x6x4x5x7 /840x1x210x42x6', [2, 3, 4, 4, 4], '2x3x4x4x4 /192x1x48x12x3'],
    ['2x6x8x8 /384x1x48x6', [2, 6, 64], '2x6x64'],
    ['2x6x8x8 /384x1x48x6', [2, 6, 1, 1], '2x6x1x1'],
  ])('%s gives %j the layout of %s', (text, shape, expected) => {
    expect(types(text).map((each) => inLayoutOf(each, shape))).toEqual([type(expected)]);
  });
});
