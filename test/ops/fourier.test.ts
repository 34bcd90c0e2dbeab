import { describe, expect, test } from '@jest/globals';
import { bindGraph } from '../../src/ops/bind.js';
import type { BoundGraph } from '../../src/ops/index.js';
import { net } from '../helpers/graphs.js';

function transformed(size: number): BoundGraph {
  const graph = net({
    inputs: { x: [2, 8] },
    layers: [['RFFT', 'x', 'y', { axes: [1], sizes: [size] }]],
    outputs: ['y'],
  });
  return bindGraph(graph, { bindings: new Map() });
}

describe('the size of a transform', () => {
  test.each([
    [-1, [2, 5]],
    [4, [2, 3]],
    [16, [2, 9]],
  ])('%d', (size, shape) => {
    expect(transformed(size).tensors.get('y')?.type?.shape).toEqual(shape);
  });

  test.each([
    ...[0, -2, 2.5, -0.5, 2 ** 53].map((size) => [size, `a transform of size ${size}`] as const),
    [2 ** 53 - 1, 'no transform is of the shape [2, 9007199254740991]'],
  ] as const)('is none: %d', (size, message) => {
    expect(transformed(size).problems).toEqual([{ layer: 'y', message }]);
  });
});
