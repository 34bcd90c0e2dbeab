import { expect, test } from '@jest/globals';
import { convolutionBandBytes } from '../../src/estimate/convolution-band.js';
import { planStep } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { Layer } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

type LayerRow = readonly [string, string, string, Layer['attributes']?];

/** 8 images of 4 channels and 32 x 32 pixels. */
function bandOf(layers: readonly LayerRow[], precision: PrecisionName = 'fp32'): number {
  const graph = net({
    inputs: { x: [batch, 4, 32, 32] },
    parameters: { one: [16, 4, 1, 1], three: [16, 4, 3, 3], deep: [4, 1, 3, 3], up: [4, 16, 2, 2], full: [8, 8] },
    layers,
    outputs: [layers.at(-1)?.[2] ?? ''],
  });
  return convolutionBandBytes(planStep(bindGraph(graph, { bindings: new Map([['batch', 8]]) }), precision));
}

const SAME = { pads: [1, 1, 1, 1] };
const PIXELS = 8 * 32 * 32;

// Twice: once for forward and once for backward.
test.each<[string, LayerRow, number]>([
  ['one pixel: the operands in another layout', ['Conv', 'x one', 'y'], 4 * (4 * PIXELS + 16 * 4 + 16 * PIXELS)],
  ['a larger kernel: the columns of the explicit GEMM', ['Conv', 'x three', 'y', SAME], 4 * (4 * 9) * PIXELS],
  ['depth-wise: the operands', ['Conv', 'x deep', 'y', { ...SAME, group: 4 }], 4 * (4 * PIXELS + 4 * 9 + 4 * PIXELS)],
  [
    'strided: columns of fewer pixels, or the operands',
    ['Conv', 'x three', 'y', { ...SAME, strides: [2, 2] }],
    4 * (4 * 9) * (PIXELS / 4),
  ],
  [
    'transposed: the operands, or columns for the pixels of the input',
    ['ConvTranspose', 'x up', 'y', { strides: [2, 2] }],
    4 * (4 * PIXELS + 4 * 16 * 4 + 16 * 4 * PIXELS),
  ],
])('%s', (_, layer, bytes) => {
  expect(bandOf([layer])).toBe(2 * bytes);
});

test('of several convolutions the largest counts', () => {
  expect(
    bandOf([
      ['Conv', 'x three', 'y', SAME],
      ['Conv', 'x one', 'z'],
    ]),
  ).toBe(bandOf([['Conv', 'x three', 'y', SAME]]));
});

test('half the bytes in half precision', () => {
  expect(bandOf([['Conv', 'x three', 'y', SAME]], 'amp-fp16')).toBe(bandOf([['Conv', 'x three', 'y', SAME]]) / 2);
});

test('nothing without a convolution', () => {
  expect(bandOf([['Relu', 'x', 'y']])).toBe(0);
});
