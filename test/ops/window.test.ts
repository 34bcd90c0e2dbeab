import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attributes } from '../../src/graph/index.js';
import { windowOf, windowedSize } from '../../src/ops/window.js';

function sizeOf(sizes: readonly number[], kernel: readonly number[], attributes: Attributes = {}): number[] {
  return windowedSize(sizes, windowOf({ id: 'x', type: 'MaxPool', inputs: [], outputs: [], attributes }, kernel));
}

describe('a window slides over an axis', () => {
  // torch.nn.functional.max_pool1d, 2.15: size, kernel, stride, pad, dilation.
  test.each([
    [8, 2, 2, 0, 1, 4],
    [7, 2, 2, 0, 1, 3],
    [7, 3, 1, 1, 1, 7],
    [8, 3, 2, 1, 1, 4],
    [9, 3, 1, 0, 2, 5],
    [9, 3, 3, 1, 3, 2],
    [1, 1, 1, 0, 1, 1],
  ])('of %d by %d, stride %d, pad %d, dilation %d', (...[size, kernel, stride, pad, dilation, result]) => {
    const attributes = { strides: [stride], pads: [pad, pad], dilations: [dilation] };
    expect(sizeOf([size], [kernel], attributes)).toEqual([result]);
  });

  test('with strides, pads and dilations of 1, 0 and 1 where none are stated', () => {
    expect(sizeOf([8, 9], [3, 2])).toEqual([6, 8]);
  });

  test('with other pads at the end than at the beginning', () => {
    expect(sizeOf([5, 5], [3, 3], { pads: [1, 0, 2, 0] })).toEqual([6, 3]);
  });

  test('any that a brute-force count of its positions finds', () => {
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 20 }),
      kernel: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 4 }),
      dilation: fc.integer({ min: 1, max: 3 }),
      begin: fc.nat(3),
      end: fc.nat(3),
    });
    fc.assert(
      fc.property(axis, ({ size, kernel, stride, dilation, begin, end }) => {
        const last = (kernel - 1) * dilation;
        let count = 0;
        for (let start = -begin; start + last < size + end; start += stride) count++;
        fc.pre(count > 0);
        const attributes = { strides: [stride], dilations: [dilation], pads: [begin, end] };
        expect(sizeOf([size], [kernel], attributes)).toEqual([count]);
      }),
    );
  });
});

describe('auto_pad', () => {
  // ONNX operator specification, MaxPool.
  test.each([
    ['SAME_UPPER', 5, 3, 2, 3],
    ['SAME_LOWER', 5, 3, 2, 3],
    ['SAME_UPPER', 32, 2, 1, 32],
    ['VALID', 5, 3, 2, 2],
    ['VALID', 7, 3, 3, 2],
    ['NOTSET', 5, 3, 2, 2],
  ])('%s over %d by %d, stride %d, gives %d', (...[mode, size, kernel, stride, result]) => {
    expect(sizeOf([size], [kernel], { auto_pad: mode, strides: [stride] })).toEqual([result]);
  });

  test('VALID ignores pads, and a ceil_mode too: its formula rounds down either way', () => {
    expect(sizeOf([7], [2], { auto_pad: 'VALID', strides: [2], pads: [3, 3], ceil_mode: 1 })).toEqual([3]);
  });
});

describe('ceil_mode', () => {
  // torch.nn.functional.max_pool2d(ceil_mode=True), 2.15: a last window that starts in the end padding is dropped.
  test.each([
    [7, 2, 2, 0, 4],
    [6, 3, 2, 0, 3],
    [5, 2, 3, 0, 2],
    [5, 2, 3, 1, 2],
    [4, 3, 3, 1, 2],
    [3, 2, 2, 1, 2],
  ])('rounds %d by %d, stride %d, pad %d, up to %d', (...[size, kernel, stride, pad, result]) => {
    expect(sizeOf([size], [kernel], { strides: [stride], pads: [pad, pad], ceil_mode: 1 })).toEqual([result]);
  });

  // pooling_layer.cpp: without padding Caffe keeps a last window that lies wholly beyond the input.
  test.each([
    [5, 1, 5, 0, 1, 2],
    [6, 2, 4, 1, 2, 2],
    [4, 3, 3, 1, 2, 2],
    [7, 2, 2, 0, 4, 4],
  ])('of %d by %d, stride %d, pad %d: torch %d, Caffe %d', (...[size, kernel, stride, pad, torch, caffe]) => {
    const attributes = { strides: [stride], pads: [pad, pad], ceil_mode: 1 };
    expect(sizeOf([size], [kernel], attributes)).toEqual([torch]);
    expect(sizeOf([size], [kernel], { ...attributes, caffe_rounding: true })).toEqual([caffe]);
  });
});

describe('a window is refused', () => {
  test.each([
    ['of another rank', [5], [3, 3], {}, 'a 2-d window cannot slide over 1 spatial axes'],
    ['without a stride', [5], [3], { strides: [0] }, 'a stride of 0 never ends'],
    ['larger than its axis', [2], [3], {}, 'a window of 3 does not fit into 2'],
    ['larger than its axis once dilated', [4], [3], { dilations: [2] }, 'a window of 5 does not fit into 4'],
  ])('%s', (...[, sizes, kernel, attributes, message]) => {
    expect(() => sizeOf(sizes, kernel, attributes)).toThrow(message);
  });
});
