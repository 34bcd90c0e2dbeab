import { expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import { traceTraining } from '../../src/estimate/trace.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { net } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

/** A global filter (GFNet): a spectrum of 4 x 9 complex numbers, 288 bytes, is multiplied by a trained one of 9. */
function filter(): Graph {
  const graph = net({
    inputs: { x: [4, 16] },
    parameters: { w: [9] },
    layers: [
      ['RFFT', 'x', 'spectrum', { axes: [-1] }],
      ['Mul', 'spectrum w', 'filtered'],
      ['IRFFT', 'filtered', 'y', { axes: [-1] }],
      ['Abs', 'filtered', 'length'],
    ],
    outputs: ['y', 'length'],
  });
  const tensors = new Map(
    [...graph.tensors].map(([id, each]) => [id, id === 'w' ? { ...each, dtype: 'complex64' as const } : each]),
  );
  return { ...graph, tensors };
}

const planned = (precision: PrecisionName): ReturnType<typeof planStep> =>
  planStep(bindGraph(filter(), { bindings: new Map() }), precision);

test('a complex weight has a gradient and states of its size', () => {
  const events = eventsOf(traceTraining(planned('fp32'), { ...TRACE, optimizer: 'adam', loss: 'none' }));
  const taken = (tag: string): number[] =>
    events.flatMap((each) => (each.kind === 'allocate' && each.block.tag === tag ? [each.block.bytes] : []));
  expect(taken('parameters')).toEqual([72]);
  expect(taken('gradients').filter((bytes) => bytes !== 72)).toEqual([]);
  expect(taken('gradients').length).toBeGreaterThan(0);
  expect(taken('optimizerStates').filter((bytes) => bytes === 72)).toHaveLength(2);
});

test.each<PrecisionName>(['fp32', 'bf16', 'amp-bf16'])(
  'no precision touches complex numbers and what is made of them: %s',
  (precision) => {
    const { tensors } = planned(precision);
    const dtypes = ['spectrum', 'filtered', 'y', 'length'].map((id) => tensors.get(id)?.type.dtype);
    expect(dtypes).toEqual(['complex64', 'complex64', 'float32', 'float32']);
  },
);

// torch.fft of float32, 4 x 16: the gradient of a real transform stands beside all 4 x 16 complex numbers, twice.
test('a transform clones what cuFFT overwrites, and pads the gradient of a real one', () => {
  const layers = planned('fp32').layers.map(({ id, forwardScratchBytes, backwardScratchBytes }) => [
    id,
    forwardScratchBytes,
    backwardScratchBytes,
  ]);
  expect(layers).toContainEqual(['spectrum', 0, 768]);
  expect(layers).toContainEqual(['y', 288, 0]);
});
