import { expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';

const copied = (format: string | undefined, isVerbatim = false): Graph =>
  net({
    inputs: { x: [batch, 4, 8] },
    layers: [
      ['Transpose', 'x', 't', { perm: [0, 2, 1] }],
      ['Clone', 't', 'y', format === undefined ? {} : { memory_format: format }],
    ],
    outputs: ['y'],
    hints: { isVerbatim },
  });

const typesOf = (graph: Graph): string[] => graph.layers.map(({ type }) => type);

test('a copy to contiguous memory is made where it is needed', () => {
  const { graph, assumptions } = recoverTraining(copied('contiguous'));
  expect(graph.layers[1]).toMatchObject({ id: 'y', type: 'Contiguous', inputs: ['t'], outputs: ['y'], attributes: {} });
  expect(assumptions).toEqual(['copies to contiguous memory taken for those of contiguous() and reshape() (1x)']);
});

test('clone() of the model is made anyway', () => {
  expect(typesOf(recoverTraining(copied(undefined)).graph)).toEqual(['Transpose', 'Clone']);
  expect(typesOf(recoverTraining(copied('contiguous', true)).graph)).toEqual(['Transpose', 'Clone']);
});
