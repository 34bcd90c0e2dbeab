import { describe, expect, test } from '@jest/globals';
import { constructOptimizer, stepOptimizer } from '../../src/estimate/optimizer-step.js';
import type { OptimizerChoice } from '../../src/estimate/optimizer-step.js';
import { planStep } from '../../src/estimate/plan.js';
import { StepState } from '../../src/estimate/step-state.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import type { Implementation } from '../../src/estimate/optimizer-parts.js';
import type { OptimizerName } from '../../src/estimate/optimizers.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** 512, 64 and 1024 bytes of float32: 1600 in all. */
const SMALL: Shapes = { w: [16, 8], b: [16], v: [32, 8] };
const DOUBLE: Shapes = { kernel: [16, 8, 3, 3], bias: [16] };

interface Steps {
  /** Bytes that live on once the optimizer is constructed. */
  constructed: number;
  /** Bytes that live on after the first step. */
  kept: number;
  /** The most bytes that a later step adds for as long as it runs. */
  peak: number;
}

/** Two steps over parameters that have their gradients already. */
function twoSteps(choice: OptimizerChoice, shapes: Shapes, precision: 'fp32' | 'bf16' = 'fp32'): Steps {
  const ids = Object.keys(shapes);
  const graph = net({
    inputs: { x: [batch, 8] },
    parameters: shapes,
    layers: ids.map((id) => ['Add', `x ${id}`, `${id}_read`] as const),
    outputs: ids.map((id) => `${id}_read`),
  });
  const state = new StepState(planStep(bindGraph(graph, { bindings: new Map([['batch', 1]]) }), precision), 0);
  for (const id of ids) state.gradients.ofParameters.set(id, state.tape.allocate(0, id, 'gradients'));
  constructOptimizer(state, choice);
  const constructed = run(state).live;
  stepOptimizer(state, choice);
  const kept = run(state).live;
  const from = state.tape.steps.length;
  stepOptimizer(state, choice);
  return { constructed, kept, peak: run(state, from).peak };
}

function run(state: StepState, from = 0): { live: number; peak: number } {
  let [live, peak] = [0, 0];
  for (const { kind, block } of eventsOf(state.tape).slice(from)) {
    live += kind === 'allocate' ? block.bytes : -block.bytes;
    peak = Math.max(peak, live);
  }
  return { live, peak };
}

// PyTorch 2.15, lion-pytorch 0.2.5 and timm 1.0.31 on the CPU, under a TorchDispatchMode that follows every storage: bytes
// kept by the first step, and the peak of the second with weight_decay=0 and with weight_decay=0.1. RAdam's is its tenth.
type Measured = readonly [name: OptimizerName, by: Implementation, bytes: readonly [number, number, number]];

const MEASURED: readonly Measured[] = [
  ['sgd', 'foreach', [0, 0, 1600]],
  ['sgd', 'for-loop', [0, 0, 1024]],
  ['sgd', 'fused', [0, 0, 0]],
  ['sgd-momentum', 'foreach', [1600, 0, 1600]],
  ['sgd-momentum', 'for-loop', [1600, 0, 1024]],
  ['sgd-momentum', 'fused', [1600, 0, 0]],
  ['sgd-nesterov', 'foreach', [1600, 0, 1600]],
  ['sgd-nesterov', 'for-loop', [1600, 1024, 2048]],
  ['adam', 'foreach', [3200, 1600, 1600]],
  ['adam', 'for-loop', [3200, 2112, 3136]],
  ['adam', 'fused', [3200 + 12, 0, 0]],
  ['adamw', 'foreach', [3200, 1600, 1600]],
  ['adamw', 'for-loop', [3200, 2112, 2112]],
  ['adamw', 'fused', [3200 + 12, 0, 0]],
  ['rmsprop', 'foreach', [1600, 1600, 3200]],
  ['rmsprop', 'for-loop', [1600, 1088, 2112]],
  ['rmsprop-momentum', 'foreach', [3200, 1600, 3200]],
  ['rmsprop-momentum', 'for-loop', [3200, 1088, 2112]],
  ['rmsprop-centered', 'foreach', [3200, 1600, 3200]],
  ['rmsprop-centered', 'for-loop', [3200, 1088, 2112]],
  ['adagrad', 'foreach', [1600, 3200, 3200]],
  ['adagrad', 'for-loop', [1600, 1088, 2112]],
  ['adagrad', 'fused', [1600 + 12, 0, 0]],
  ['adadelta', 'foreach', [3200, 3200, 4800]],
  ['adadelta', 'for-loop', [3200, 2112, 3136]],
  ['adamax', 'foreach', [3200, 1600, 1600]],
  ['adamax', 'for-loop', [3200, 1024, 2048]],
  ['nadam', 'foreach', [3200, 1600, 3200]],
  ['nadam', 'for-loop', [3200, 2112, 3136]],
  ['radam', 'foreach', [3200, 1600, 1600]],
  ['radam', 'for-loop', [3200, 5120, 6144]],
  ['lion', 'foreach', [1600, 1600, 1600]],
  ['lion', 'for-loop', [1600, 2048, 2048]],
  ['lamb', 'foreach', [3200, 4800, 4800]],
  ['lamb', 'for-loop', [3200, 3200, 3200]],
];

describe('an optimizer keeps, and a step makes, what the library does', () => {
  test.each(MEASURED)('%s by %s', (optimizer, implementation, [kept, plain, decayed]) => {
    expect(twoSteps({ optimizer, implementation, decayed: false }, SMALL)).toMatchObject({ kept, peak: plain });
    expect(twoSteps({ optimizer, implementation, decayed: true }, SMALL)).toMatchObject({ kept, peak: decayed });
  });

  // The same on (16, 8, 3, 3) and (16): 16 x 8 x 3 floats of rows, as many of columns, a variance of 16.
  test.each([
    ['foreach', 3136, 5120],
    ['for-loop', 3136, 8192],
  ] as const)('adafactor by %s', (implementation, kept, peak) => {
    expect(twoSteps({ optimizer: 'adafactor', implementation, decayed: false }, DOUBLE)).toMatchObject({ kept, peak });
  });

  test('muon on matrices of 512 and 1024 bytes: a momentum each, and Newton-Schulz in bfloat16', () => {
    const { kept, peak } = twoSteps(
      { optimizer: 'muon', implementation: 'for-loop', decayed: true },
      { w: [16, 8], v: [32, 8] },
    );
    expect({ kept, peak }).toEqual({ kept: 1536, peak: 2304 });
  });

  test('muon leaves what is no matrix to AdamW', () => {
    const choice = { optimizer: 'muon', implementation: 'for-loop', decayed: true } as const;
    expect(twoSteps(choice, DOUBLE)).toEqual(
      twoSteps({ optimizer: 'adamw', implementation: 'foreach', decayed: true }, DOUBLE),
    );
  });
});

describe('bitsandbytes keeps', () => {
  // bitsandbytes 0.50.2, init_state: blocks of 256 elements with a float32 each, twice; from 4096 elements on.
  test.each([
    ['a byte for each of two states and a scale for each block', [64, 64], 2 * 4096 + 2 * 16 * 4],
    ['a whole scale for part of a block', [65, 64], 2 * 4160 + 2 * 17 * 4],
    ['float32 below 4096 elements', [4095], 2 * 4 * 4095],
  ] as const)('%s, whatever the parameter is in', (_, shape, kept) => {
    const choice = { optimizer: 'adamw8bit', implementation: 'fused', decayed: false } as const;
    expect(twoSteps(choice, { p: shape }, 'bf16')).toEqual({ constructed: 0, kept, peak: 0 });
  });
});

test('states of PyTorch follow the dtype of the parameter', () => {
  const choice = { optimizer: 'adamw', implementation: 'foreach', decayed: false } as const;
  expect(twoSteps(choice, SMALL, 'bf16')).toEqual({ constructed: 0, kept: 1600, peak: 800 });
});

test('Adagrad makes its states when it is constructed, every other in its first step', () => {
  const constructed = (optimizer: OptimizerName): number =>
    twoSteps({ optimizer, implementation: 'foreach', decayed: false }, SMALL).constructed;
  expect(constructed('adagrad')).toBe(1600);
  expect(constructed('adadelta')).toBe(0);
});
