import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import { liveAfter, replay } from '../../src/estimate/replay.js';
import type { Recording } from '../../src/estimate/tape.js';
import { traceTraining } from '../../src/estimate/trace.js';
import type { TraceSetup } from '../../src/estimate/trace.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net, perceptron } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

function trace(graph: Graph, setup: Partial<TraceSetup> = {}, precision: PrecisionName = 'fp32'): Recording {
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', 8]]) }), precision);
  return traceTraining(plan, { ...TRACE, ...setup });
}

/** `phase layer: +bytes owner tag`, or `-bytes owner` for a free, of one iteration. */
function story(recording: Recording, iteration: number): string[] {
  return eventsOf(recording)
    .filter(({ at }) => at.iteration === iteration)
    .map(({ kind, block: { bytes, owner, tag }, at }) => {
      const sign = kind === 'allocate' ? `+${bytes} ${owner} ${tag}` : `-${bytes} ${owner}`;
      return `${at.phase}${at.layer && ` ${at.layer}`}: ${sign}`;
    });
}

/** One parameter under two layers. */
const tied = net({
  inputs: { x: [batch, 16] },
  parameters: { w: [16, 16] },
  layers: [
    ['Gemm', 'x w', 'a'],
    ['Tanh', 'a', 't'],
    ['Gemm', 't w', 'b'],
  ],
  outputs: ['b'],
});

describe('the second step of Linear(4, 6), ReLU, Linear(6, 10) on a batch of 8 with AdamW', () => {
  // By hand from derivatives.yaml, and the order of torch 2.15's profiler: x 128 B, labels 64 B, hidden 192 B, logits 320 B, weights 96 + 24 + 240 + 40 B.
  const lines = story(trace(perceptron([4, 6, 10]), { optimizer: 'adamw' }), 2);

  test('forward keeps the batch, the ReLU output and the log-softmax, and nothing else', () => {
    expect(lines.filter((line) => /^(forward|loss)/.test(line))).toEqual([
      'forward: +128 fc0 activations',
      'forward: +64 (loss) activations',
      'forward: -128 fc0',
      'forward: -64 (loss)',
      'forward fc0: +192 fc0 activations',
      'forward relu0: +192 relu0 activations',
      'forward relu0: -192 fc0',
      'forward fc1: +320 fc1 activations',
      'loss (loss): -320 fc1',
      'loss (loss): +320 (loss) activations',
      'loss (loss): +4 (loss) activations',
      'loss (loss): +4 (loss) activations',
    ]);
  });

  test('backward makes each gradient before it lets go of what was saved', () => {
    expect(lines.filter((line) => line.startsWith('backward'))).toEqual([
      'backward (loss): +4 (loss) temporaries',
      'backward (loss): +320 (loss) temporaries',
      'backward (loss): -4 (loss)',
      'backward (loss): +320 (loss) temporaries',
      'backward (loss): -320 (loss)',
      'backward (loss): -320 (loss)',
      'backward (loss): -4 (loss)',
      'backward (loss): -4 (loss)',
      'backward fc1: +192 fc1 temporaries',
      'backward fc1: +240 fc1 gradients',
      'backward fc1: +40 fc1 gradients',
      'backward fc1: -320 (loss)',
      'backward relu0: +192 relu0 temporaries',
      'backward relu0: -192 fc1',
      'backward relu0: -192 relu0',
      'backward fc0: +96 fc0 gradients',
      'backward fc0: +24 fc0 gradients',
      'backward fc0: -192 relu0',
    ]);
  });

  test('the step takes one foreach list of parameter size, then the gradients go', () => {
    const step = lines.filter((line) => line.startsWith('optimizer'));
    expect(step.filter((line) => line.includes('+'))).toHaveLength(4);
    expect(step.filter((line) => line.includes('-'))).toHaveLength(8);
    expect(step.every((line) => !line.includes('optimizerStates'))).toBe(true);
  });

  test('states are made in the order of the model, in which the optimizer was given its parameters', () => {
    const first = story(trace(perceptron([4, 6, 10]), { optimizer: 'sgd-momentum' }), 1);
    expect(first.filter((line) => line.includes('optimizerStates'))).toEqual(
      [96, 24, 240, 40].map((bytes) => `optimizer (optimizer): +${bytes} (optimizer) optimizerStates`),
    );
  });

  test('optimizer states appear in the first step and stay', () => {
    const first = story(trace(perceptron([4, 6, 10]), { optimizer: 'adamw' }), 1);
    expect(first.filter((line) => line.includes('optimizerStates'))).toHaveLength(8);
    expect(first.filter((line) => line.startsWith('forward fc0'))).toEqual([
      'forward fc0: +1000 (workspace) workspace',
      'forward fc0: +192 fc0 activations',
    ]);
    expect(first.filter((line) => line.startsWith('backward fc1'))[0]).toBe(
      'backward fc1: +1000 (workspace) workspace',
    );
  });
});

test.each([
  ['sgd', 0],
  ['sgd-momentum', 1],
  ['adam', 2],
  ['adamw', 2],
] as const)('%s keeps %d states of parameter size', (optimizer, states) => {
  const { liveAtPeak } = replay(trace(perceptron([64, 32]), { optimizer }));
  const bytes = liveAtPeak.filter(({ tag }) => tag === 'optimizerStates').reduce((sum, block) => sum + block.bytes, 0);
  expect(bytes).toBe(states * 4 * (64 * 32 + 32));
});

test('every block of an iteration but weights, states, workspace, batch and outputs is freed by its end', () => {
  for (const precision of ['fp32', 'bf16', 'amp-fp16', 'amp-bf16'] as const) {
    const recording = trace(perceptron([16, 16, 16, 4]), { optimizer: 'adam' }, precision);
    const begins = recording.moments.filter(({ phase, layer }) => phase === 'forward' && layer === '');
    const ends = [...begins.map(({ firstStep }) => firstStep), recording.steps.length].map(
      (step) => liveAfter(recording, step - 1).length,
    );
    expect(ends[2]).toBe(ends[1]);
    expect(ends[3]).toBe(ends[2]);
  }
});

describe('autocast', () => {
  test('weights and inputs of products are cast to two bytes; the weight casts live until the loss', () => {
    const lines = story(trace(perceptron([4, 6, 10]), {}, 'amp-bf16'), 2);
    expect(lines.filter((line) => line.startsWith('forward fc0'))).toEqual([
      'forward fc0: +64 fc0 activations',
      'forward fc0: +48 fc0 activations',
      'forward fc0: +12 fc0 activations',
      'forward fc0: +96 fc0 activations',
    ]);
    expect(lines).toContain('loss (loss): +320 (loss) activations');
    expect(lines.filter((line) => line.startsWith('backward fc0') && line.includes('gradients'))).toEqual([
      'backward fc0: +96 fc0 gradients',
      'backward fc0: +24 fc0 gradients',
    ]);
  });

  test('pure bfloat16 halves weights, gradients and states', () => {
    const sizes = (precision: PrecisionName): number =>
      replay(trace(perceptron([256, 256]), { optimizer: 'adam' }, precision))
        .liveAtPeak.filter(({ tag }) => tag === 'parameters' || tag === 'optimizerStates')
        .reduce((sum, block) => sum + block.bytes, 0);
    expect(sizes('bf16') * 2).toBe(sizes('fp32'));
  });
});

describe('gradient accumulation', () => {
  test('the second micro-batch keeps the gradients of the first and adds its own to them in place', () => {
    const lines = story(trace(perceptron([4, 6, 10]), { microBatches: 4 }), 2);
    // Gemm's 240 and 40 bytes become .grad, then come again as temporaries that go as soon as they are added.
    expect(lines.filter((line) => line.startsWith('backward fc1') && /240|\+40|-40/.test(line))).toEqual([
      'backward fc1: +240 fc1 gradients',
      'backward fc1: +40 fc1 gradients',
      'backward fc1: +240 fc1 temporaries',
      'backward fc1: +40 fc1 temporaries',
      'backward fc1: -240 fc1',
      'backward fc1: -40 fc1',
    ]);
    expect(lines.filter((line) => line.startsWith('optimizer') && line.includes('-'))).toHaveLength(4);
  });

  test('a parameter used twice holds its first contribution beside .grad until the second is there', () => {
    const lines = story(trace(tied, { microBatches: 2 }), 2).filter((line) => line.includes('1024'));
    expect(lines.slice(-5)).toEqual([
      'backward b: +1024 b temporaries',
      'backward a: +1024 a temporaries',
      'backward a: -1024 a',
      'backward a: -1024 b',
      'optimizer (optimizer): -1024 a',
    ]);
  });
});

describe('structure', () => {
  const residual = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], v: [16, 16] },
    layers: [
      ['Gemm', 'x w', 'a'],
      ['Relu', 'a', 'r'],
      ['Gemm', 'r v', 'b'],
      ['Add', 'b r', 'sum'],
    ],
    outputs: ['sum'],
  });

  test('a tensor that two layers keep is one block', () => {
    const kept = story(trace(residual), 2).filter(
      (line) => line.startsWith('forward r:') || line.startsWith('forward b:'),
    );
    expect(kept).toEqual(['forward r: +512 r activations', 'forward r: -512 a', 'forward b: +512 b activations']);
  });

  // As torch 2.15's profiler shows this net: Add passes one gradient to both branches, b lets go of its own, and what b
  // sends back is added in place.
  test('the gradient of a residual branch is summed in place once nobody else holds the first', () => {
    const lines = story(trace(residual), 2).filter(
      (line) => line.startsWith('backward b') || line.startsWith('backward sum'),
    );
    expect(lines).toEqual(['backward b: +512 b temporaries', 'backward b: +1024 b gradients', 'backward b: -512 b']);
  });

  test('frozen parameters get no gradient, and nothing in front of them is kept', () => {
    const frozen = perceptron([4, 6, 10]);
    const tensors = new Map(frozen.tensors);
    for (const id of ['w0', 'b0']) {
      const tensor = tensors.get(id);
      if (tensor) tensors.set(id, { ...tensor, trainable: false });
    }
    const lines = story(trace({ ...frozen, tensors }), 2);
    expect(lines.filter((line) => line.startsWith('backward fc0') || line.startsWith('backward relu0'))).toEqual([]);
    expect(lines.some((line) => line.includes('fc0 gradients'))).toBe(false);
  });

  test('one parameter under two names has one block, one gradient and one state', () => {
    const { liveAtPeak } = replay(trace(tied, { optimizer: 'sgd-momentum' }));
    const count = (tag: string): number =>
      liveAtPeak.filter((block) => block.tag === tag && block.bytes === 1024).length;
    expect(count('parameters')).toBe(1);
    expect(count('optimizerStates')).toBe(1);
  });

  test('mse keeps the output and its target; no loss keeps nothing', () => {
    expect(story(trace(perceptron([4, 10]), { loss: 'mse' }), 2)).toContain('forward: +320 (loss) activations');
    const none = story(trace(perceptron([4, 10]), { loss: 'none' }), 2);
    expect(none.filter((line) => line.startsWith('loss') && line.includes('+'))).toEqual([]);
  });
});

test('scratch stands beside the gradient that is computed from it', () => {
  // derivatives.yaml: abs is grad * self.sgn(), whose sign lives until the product is done.
  const graph = net({
    inputs: { x: [batch, 4] },
    parameters: { w: [4, 4] },
    layers: [
      ['Gemm', 'x w', 'h'],
      ['Abs', 'h', 'y'],
    ],
    outputs: ['y'],
  });
  const lines = story(trace(graph, { loss: 'none' }), 2).filter((line) => line.startsWith('backward y'));
  expect(lines.slice(0, 3)).toEqual([
    'backward y: +128 y temporaries',
    'backward y: +128 y temporaries',
    'backward y: -128 y',
  ]);
});

test('a number beside a tensor does not widen what autocast has lowered', () => {
  // torch 2.15: under bfloat16 autocast, linear(x) * 0.5 is bfloat16: 8 x 4 x 2 bytes.
  const graph = net({
    inputs: { x: [batch, 4] },
    parameters: { w: [4, 4] },
    constants: { half: { shape: [], value: [0.5] } },
    layers: [
      ['Gemm', 'x w', 'h'],
      ['Mul', 'h half', 'y'],
    ],
    outputs: ['y'],
  });
  const lines = story(trace(graph, { loss: 'none' }, 'amp-bf16'), 2);
  expect(lines.filter((line) => line.startsWith('forward y: +'))).toEqual(['forward y: +64 y activations']);
});
