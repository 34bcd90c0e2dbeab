import { describe, expect, test } from '@jest/globals';
import { targetBytes } from '../../src/estimate/loss.js';
import type { LossName } from '../../src/estimate/losses.js';
import { planStep } from '../../src/estimate/plan.js';
import type { PlannedTensor } from '../../src/estimate/plan.js';
import { replay } from '../../src/estimate/replay.js';
import { lossOutputs, traceTraining } from '../../src/estimate/trace.js';
import { bindGraph } from '../../src/ops/bind.js';
import { tensorBytes } from '../../src/ops/index.js';
import { batch, net } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

const output = (shape: readonly number[]): PlannedTensor => ({
  id: 'y',
  index: 0,
  type: { dtype: 'float32', shape },
  bytes: tensorBytes({ dtype: 'float32', shape }),
  storage: 'y',
  requiresGrad: true,
  isWeight: false,
  isLeaf: false,
});

// torch.nn.functional.cross_entropy: int64 class indices of the input's shape without its class axis, which is the second;
// language models flatten (batch, sequence, vocabulary) to (tokens, vocabulary) first.
test.each<[string, number[], LossName, number]>([
  ['a class index for each row of logits', [32, 1000], 'cross-entropy', 32 * 8],
  ['a class index for each token', [2, 128, 50257], 'cross-entropy', 2 * 128 * 8],
  ['a class index for each pixel', [2, 21, 64, 48], 'cross-entropy', 2 * 64 * 48 * 8],
  ['a class index for each token, shifted or not', [2, 128, 50257], 'next-token', 2 * 128 * 8],
  ['a target of the output shape', [32, 10], 'mse', 32 * 10 * 4],
  ['nothing', [32, 10], 'none', 0],
])('the target is %s: %j, %s', (_, shape, loss, bytes) => {
  expect(targetBytes(output(shape), loss)).toBe(bytes);
});

describe('the outputs a loss is taken of', () => {
  const plan = (outputs: readonly string[]): ReturnType<typeof planStep> =>
    planStep(
      bindGraph(
        net({
          inputs: { x: [batch, 16], y: [batch, 10] },
          parameters: { w: [16, 10], v: [16, 10], u: [16, 4] },
          layers: [
            ['Gemm', 'x w', 'head'],
            ['Gemm', 'x v', 'auxiliary'],
            ['Gemm', 'x u', 'features'],
            ['Relu', 'y', 'untrained'],
          ],
          outputs,
        }),
        { bindings: new Map([['batch', 8]]) },
      ),
      'fp32',
    );

  test.each([
    [['head'], ['head']],
    [
      ['head', 'auxiliary', 'features'],
      ['head', 'auxiliary'],
    ],
    [['untrained', 'features'], ['features']],
    [['untrained'], []],
  ])('of %j: %j', (outputs, expected) => {
    expect(lossOutputs(plan(outputs)).map(({ id }) => id)).toEqual(expected);
  });

  test('a loss layer in the graph is the loss, and none is added', () => {
    const graph = net({
      inputs: { x: [batch, 16], labels: [batch] },
      parameters: { w: [16, 10] },
      layers: [
        ['Gemm', 'x w', 'logits'],
        ['SoftmaxCrossEntropyLoss', 'logits labels', 'loss'],
      ],
      outputs: ['loss'],
    });
    const trace = traceTraining(planStep(bindGraph(graph, { bindings: new Map([['batch', 8]]) }), 'fp32'), TRACE);
    const losses = trace.blocks.filter(({ owner }) => owner === '(loss)');
    expect(losses.map(({ bytes }) => bytes)).not.toContain(8 * 10 * 4);
    expect(replay(trace).liveAtPeak.some(({ owner }) => owner === 'loss')).toBe(true);
  });
});

/** What the loss of a net allocates in its second iteration, with the moment and the tag. */
function allocatedByLoss(loss: LossName, precision: 'fp32' | 'amp-fp16' = 'fp32'): string[] {
  const graph = net({
    inputs: { x: [batch, 4, 16] },
    parameters: { w: [16, 10] },
    layers: [['MatMul', 'x w', 'logits']],
    outputs: ['logits'],
  });
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', 2]]) }), precision);
  return eventsOf(traceTraining(plan, { ...TRACE, loss })).flatMap(({ kind, block, at }) => {
    if (kind !== 'allocate' || at.iteration !== 2 || at.phase === 'forward') return [];
    const isTensor = block.owner === '(loss)' && block.bytes > 8;
    return isTensor ? [`${at.phase} ${block.bytes}`] : [];
  });
}

// 2 samples of 4 tokens and 10 words: 320 bytes of float32 logits, 240 of the first three tokens.
test('the loss of the next token copies the logits but for those of the last token', () => {
  expect(allocatedByLoss('cross-entropy')).toEqual(['loss 320', 'backward 320', 'backward 320']);
  expect(allocatedByLoss('next-token')).toEqual([
    'loss 240',
    'loss 240',
    'backward 240',
    'backward 240',
    'backward 320',
  ]);
});

test('under autocast the copy is as narrow as the logits are, and the loss computes in float32', () => {
  expect(allocatedByLoss('next-token', 'amp-fp16')).toEqual([
    'loss 120',
    'loss 240',
    'loss 240',
    'backward 240',
    'backward 240',
    'backward 120',
    'backward 160',
  ]);
});
