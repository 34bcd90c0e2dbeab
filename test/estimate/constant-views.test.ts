import { expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { PlannedTensor } from '../../src/estimate/plan.js';
import { bindGraph } from '../../src/ops/bind.js';
import { net } from '../helpers/graphs.js';

/** How a tensor is planned that is made of a constant of 4 numbers. */
function planned(type: string): PlannedTensor | undefined {
  const graph = net({
    inputs: {},
    parameters: { w: [1] },
    constants: {
      c: { shape: [1, 4], value: [1, 2, 3, 4] },
      shape: { shape: [2], value: [2048, 4], dtype: 'int64' },
    },
    layers: [
      [type, 'c shape', 'many'],
      ['Mul', 'many w', 'z'],
    ],
    outputs: ['z'],
  });
  const { layers } = planStep(bindGraph(graph, { bindings: new Map() }), 'fp32');
  return layers.find(({ id }) => id === 'many')?.outputs[0];
}

test.each([
  ['Expand', 4 * 4],
  ['Tile', 2048 * 4 * 4 * 4],
])('%s of a constant takes %d bytes: a view of it is as large as it is', (type, bytes) => {
  expect(planned(type)?.bytes).toBe(bytes);
});
