/** A batch that transformers bakes into the masks of attention and around it (masking_utils.py, sdpa_attention.py). */
import { expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { rebaseBatch } from '../../src/recover/index.js';
import { net } from '../helpers/graphs.js';

const NONE = new Map<string, number>();

/** The shape of each layer's output for another batch. */
function shapesAt(graph: Graph, from: number, to: number): Record<string, string> {
  const rebased = rebaseBatch(graph, { from, to, bindings: NONE, shapes: new Map() });
  const bound = bindGraph(rebased.graph, { bindings: NONE, shapes: rebased.shapes });
  expect(bound.problems).toEqual([]);
  return Object.fromEntries(
    bound.layers.map(({ outputs: [id = ''] }) => [id, bound.tensors.get(id)?.type?.shape.join('x') ?? '?']),
  );
}

const integers = (value: readonly number[], shape: readonly number[] = [value.length]) =>
  ({ shape, value, dtype: 'int64' }) as const;

test('a mask that is read by the numbers of its samples has as many', () => {
  const graph = net({
    inputs: { x: [3, 4, 2], mask: [3, 4] },
    constants: { start: integers([0], []), end: integers([3]), step: integers([1], []) },
    layers: [
      ['Range', 'start end step', 'samples'],
      ['Index', 'mask samples', 'chosen'],
      ['Unsqueeze', 'chosen', 'wide', { axes: [2] }],
      ['Add', 'x wide', 'y'],
    ],
    outputs: ['y'],
  });
  expect(shapesAt(graph, 3, 8)).toMatchObject({ chosen: '8x4', y: '8x4x2' });
});

test('what is repeated for every sample is repeated as often', () => {
  const graph = net({
    inputs: { x: [3, 4, 2] },
    parameters: { token: [1, 1, 2] },
    constants: { repeats: integers([3, 1, 1]) },
    layers: [
      ['Tile', 'token repeats', 'tokens'],
      ['Concat', 'tokens x', 'y', { axis: 1 }],
    ],
    outputs: ['y'],
  });
  expect(shapesAt(graph, 3, 8)).toMatchObject({ tokens: '8x1x2', y: '8x5x2' });
});

test('a mask of a single sample has no gradient, and broadcasts', () => {
  const graph = net({
    inputs: { x: [1, 4, 2], mask: [1, 4] },
    constants: { first: integers([0]) },
    layers: [
      ['Cast', 'mask', 'kept', { to: 'bool' }],
      ['Index', 'kept first', 'chosen'],
      ['Unsqueeze', 'chosen', 'wide', { axes: [2] }],
      ['Where', 'wide x x', 'y'],
    ],
    outputs: ['y'],
  });
  expect(shapesAt(graph, 1, 8)).toMatchObject({ chosen: '1x4', y: '8x4x2' });
});

test('what attention puts out for a batch of one is reshaped to (1, -1, …), where the batch has its own axis', () => {
  const graph = net({
    inputs: { x: [1, 4, 32, 16] },
    parameters: { w: [64, 64] },
    constants: { target: integers([1, -1, 32, 16]), merged: integers([1, 32, -1]) },
    layers: [
      ['Reshape', 'x target', 'heads'],
      ['Transpose', 'heads', 't', { perm: [0, 2, 1, 3] }],
      ['Reshape', 't merged', 'm'],
      ['Gemm', 'm w', 'y'],
    ],
    outputs: ['y'],
  });
  expect(shapesAt(graph, 1, 8)).toMatchObject({ heads: '8x4x32x16', y: '8x32x64' });
});
