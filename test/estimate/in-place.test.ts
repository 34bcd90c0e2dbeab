import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { Plan } from '../../src/estimate/plan.js';
import { traceTraining } from '../../src/estimate/trace.js';
import { buildGraph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

const BATCH = 8;
const BYTES = BATCH * 64 * 4;

/** x W, then the operator, then W again: the second product keeps what the operator puts out. */
function planOf(type: string, overwrites: number | undefined, ratio = 0.5): Plan {
  const graph = net({
    inputs: { x: [batch, 64] },
    parameters: { w: [64, 64], v: [64, 64] },
    layers: [
      ['Gemm', 'x w', 'h'],
      [type, 'h', 'y', { ratio }],
      ['Gemm', 'y v', 'z'],
    ],
    outputs: ['z'],
  });
  const layers = graph.layers.map((layer) =>
    layer.id === 'y' && overwrites !== undefined ? { ...layer, overwrites } : layer,
  );
  return planStep(bindGraph(buildGraph({ ...graph, layers }), { bindings: new Map([['batch', BATCH]]) }), 'fp32');
}

/** Bytes that one layer's forward of the first iteration allocates. */
function allocatedBy(plan: Plan, layer: string): number {
  return eventsOf(traceTraining(plan, { ...TRACE, loss: 'none' }))
    .filter(({ kind, at }) => kind === 'allocate' && at.phase === 'forward' && at.layer === layer && at.iteration === 1)
    .reduce((sum, { block }) => sum + block.bytes, 0);
}

// torch 2.15: which tensors saved_tensors_hooks sees of `relu_`, `leaky_relu_`, `elu_`, `silu_`, `hardtanh_`, `dropout_`.
describe('an operator that works in place', () => {
  test.each([
    ['Relu', 'keeps its output, which is there anyway', 0],
    ['LeakyRelu', 'keeps its output', 0],
    ['Elu', 'keeps its output', 0],
    ['Swish', 'copies the input that it keeps', BYTES],
    ['Clip', 'copies the input that it keeps', BYTES],
    ['Dropout', 'keeps noise of the dtype of its input', BYTES],
  ])('%s %s: it allocates %d bytes more', (type, _, bytes) => {
    expect(allocatedBy(planOf(type, 0), 'y')).toBe(bytes);
  });

  test.each([
    ['Relu', BYTES],
    ['Swish', BYTES],
    ['Dropout', BYTES + BYTES / 4],
  ])('%s that does not allocates its output: %d bytes', (type, bytes) => {
    expect(allocatedBy(planOf(type, undefined), 'y')).toBe(bytes);
  });

  test('shares the storage of what it overwrites, and is no view of it', () => {
    const { tensors, layers } = planOf('Relu', 0);
    expect(tensors.get('y')?.storage).toBe(tensors.get('h')?.storage);
    expect(layers.find(({ id }) => id === 'y')?.view).toBe(false);
  });
});
