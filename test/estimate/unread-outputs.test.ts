import { expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { Plan } from '../../src/estimate/plan.js';
import { buildGraph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

/** A convolution and a pool that names its positions, as decomposed exports do. */
function planOf(outputs: readonly string[]): Plan {
  const graph = net({
    inputs: { x: [batch, 4, 8, 8] },
    parameters: { w: [4, 4, 1, 1] },
    layers: [
      ['Conv', 'x w', 'h'],
      ['MaxPool', 'h', 'y', { kernel_shape: [2, 2], strides: [2, 2] }],
    ],
    outputs,
  });
  const layers = graph.layers.map((layer) => (layer.id === 'y' ? { ...layer, outputs: ['y', 'at'] } : layer));
  return planStep(bindGraph(buildGraph({ ...graph, layers }), { bindings: new Map([['batch', 2]]) }), 'fp32');
}

const keptByPool = (plan: Plan): unknown => plan.layers.find(({ id }) => id === 'y')?.saved.at(-1);

// saved_tensors_hooks, torch 2.15: max_pool2d_with_indices of which the values alone are used keeps int64 positions.
test('what backward needs of an output that nobody reads is kept all the same', () => {
  expect(keptByPool(planOf(['y']))).toEqual({
    from: 'new',
    what: 'indices',
    type: { dtype: 'int64', shape: [2, 4, 4, 4] },
  });
});

test('what somebody reads is kept once', () => {
  expect(keptByPool(planOf(['y', 'at']))).toEqual({ from: 'output', index: 1 });
});
