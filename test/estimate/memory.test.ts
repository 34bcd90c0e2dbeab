import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CONTEXT_MEMORY } from '../../src/estimate/context-memory.js';
import { BLAS_WORKSPACE_BYTES, REQUEST_MARGIN, estimateMemory } from '../../src/estimate/memory.js';
import type { MemoryEstimate, MemorySetup } from '../../src/estimate/memory.js';
import { defaultImplementation, OPTIMIZERS } from '../../src/estimate/optimizers.js';
import type { OptimizerName, OptimizerSpec } from '../../src/estimate/optimizers.js';
import { IMPLEMENTATIONS } from '../../src/estimate/optimizer-parts.js';
import type { Implementation } from '../../src/estimate/optimizer-parts.js';
import { ALLOCATORS } from '../../src/estimate/allocators.js';
import type { AllocatorName } from '../../src/estimate/allocators.js';
import { CHECKPOINTING } from '../../src/estimate/segments.js';
import type { Checkpointing } from '../../src/estimate/segments.js';
import { LOSSES } from '../../src/estimate/losses.js';
import { planStep } from '../../src/estimate/plan.js';
import { PRECISIONS } from '../../src/estimate/precisions.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { LossName } from '../../src/estimate/losses.js';
import type { TrainingSetup } from '../../src/estimate/setup.js';
import { buildGraph } from '../../src/graph/index.js';
import type { Graph } from '../../src/graph/index.js';
import { liveAfter } from '../../src/estimate/replay.js';
import type { TracedBlock } from '../../src/estimate/tape.js';
import { traceSetupOf, traceTraining } from '../../src/estimate/trace.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net, perceptron } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRAINING } from '../helpers/training.js';

const MiB = 1024 * 1024;

interface Choice {
  readonly optimizer?: OptimizerName;
  readonly implementation?: Implementation;
  readonly weightDecay?: number;
  readonly precision?: PrecisionName;
  readonly loss?: LossName;
  readonly allocator?: AllocatorName;
  readonly gradientAccumulation?: number;
  readonly gradientCheckpointing?: Checkpointing;
}

function trainingOf(choice: Choice): TrainingSetup {
  const { optimizer = 'adamw', precision: _, implementation, ...others } = choice;
  const { steps }: OptimizerSpec = OPTIMIZERS[optimizer];
  const isPossible = implementation !== undefined && steps[implementation] !== undefined;
  const stated = Object.entries({
    ...others,
    optimizer,
    optimizerImplementation: isPossible ? implementation : defaultImplementation(optimizer),
  }).map(([key, value]) => [key, { value, from: 'option' }]);
  return { ...TRAINING, ...(Object.fromEntries(stated) as Partial<TrainingSetup>) };
}

/** The estimate of a graph on an Ampere GPU at a batch of 8, or as said. */
function memoryOf(
  graph: Graph,
  choice: Choice = {},
  more: Partial<MemorySetup> & { size?: number } = {},
): MemoryEstimate {
  const { precision = 'fp32' } = choice;
  const { size = 8, ...setup } = more;
  const bound = bindGraph(graph, { bindings: new Map([['batch', size]]) });
  return estimateMemory({ training: trainingOf(choice), family: 'ampere', ...setup }, planStep(bound, precision));
}

interface RandomNet {
  readonly layers: readonly { readonly what: string; readonly from: number }[];
  readonly width: number;
  readonly blocks: number;
}

/** Blocks of the same layers, each of which reads the last tensor, an Add any earlier one besides; Gemms share a weight. */
function randomNet({ layers, width, blocks }: RandomNet): Graph {
  const made = ['x'];
  const described = Array.from({ length: blocks }, () => layers)
    .flat()
    .map(({ what, from }, index): [string, string, string] => {
      const second = { Gemm: from % 2 ? 'w' : 'v', Add: made[from % made.length] }[what];
      const inputs = [made.at(-1), second].filter((id) => id !== undefined);
      made.push(`t${index}`);
      return [what, inputs.join(' '), `t${index}`];
    });
  const graph = net({
    inputs: { x: [batch, width] },
    parameters: { w: [width, width], v: [width, width], u: [width, width] },
    layers: [['Gemm', 'x u', 'stem'], ...described.map(fromStem), ['Gemm', `${made.at(-1) ?? 'x'} w`, 'y']],
    outputs: ['y'],
  });
  const scoped = graph.layers.map((layer, index) => {
    const block = Math.floor((index - 1) / layers.length);
    return index > 0 && block < blocks ? { ...layer, scope: `blocks.${block}` } : layer;
  });
  return buildGraph({ ...graph, layers: scoped });
}

/** Reads the stem where it would read the input, so that a gradient flows whatever the first layer is. */
function fromStem([what, inputs, output]: [string, string, string]): [string, string, string] {
  return [what, inputs.replaceAll(/\bx\b/g, 'stem'), output];
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

const convolution = net({
  inputs: { x: [batch, 3, 32, 32] },
  parameters: { w: [64, 3, 3, 3] },
  layers: [['Conv', 'x w', 'y', { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }]],
  outputs: ['y'],
});

const names = <Key extends string>(table: Readonly<Record<Key, unknown>>): fc.Arbitrary<Key> =>
  fc.constantFrom(...(Object.keys(table) as Key[]));

const choices = fc.record({
  optimizer: names(OPTIMIZERS),
  implementation: names(IMPLEMENTATIONS),
  weightDecay: fc.constantFrom(0, 1e-4),
  precision: names(PRECISIONS),
  loss: names(LOSSES),
  allocator: names(ALLOCATORS),
  gradientAccumulation: fc.integer({ min: 1, max: 3 }),
  gradientCheckpointing: names(CHECKPOINTING),
});

const layer = fc.record({ what: fc.constantFrom('Gemm', 'Relu', 'Gelu', 'Softmax', 'Add'), from: fc.nat() });
const nets = fc.record({
  layers: fc.array(layer, { minLength: 1, maxLength: 12 }),
  width: fc.integer({ min: 1, max: 2000 }),
  blocks: fc.integer({ min: 1, max: 3 }),
});

test('an iteration leaves what it found, and the third is the second again, for any net and setup', () => {
  fc.assert(
    fc.property(nets, choices, (shape, choice) => {
      const { precision = 'fp32' } = choice;
      const plan = planStep(bindGraph(randomNet(shape), { bindings: new Map([['batch', 8]]) }), precision);
      const setup = { ...traceSetupOf(trainingOf(choice)), blasWorkspaceBytes: 1000 };
      const recording = traceTraining(plan, setup);
      const events = eventsOf(recording);
      const live = new Set<unknown>();
      for (const { kind, block } of events) {
        if (live.has(block) !== (kind === 'free')) throw new Error(`${kind} of a block of ${block.owner}`);
        if (kind === 'free') live.delete(block);
        else live.add(block);
      }
      const textOf = ({ bytes, owner, tag }: TracedBlock): string => `${bytes} ${owner} ${tag}`;
      const left = (iteration: number): string[] =>
        liveAfter(
          recording,
          events.findLastIndex(({ at }) => at.iteration === iteration),
        ).map(textOf);
      expect(left(2).sort()).toEqual(left(1).sort());
      expect(left(3).sort()).toEqual(left(2).sort());
      const story = (iteration: number): string[] =>
        events
          .filter(({ at }) => at.iteration === iteration)
          .map(({ kind, block, at }) => `${at.phase} ${at.layer} ${kind} ${textOf(block)}`);
      expect(story(3)).toEqual(story(2));
    }),
  );
});

describe('the breakdown', () => {
  test('and the rows by owner each sum to the expected bytes, for any net and setup', () => {
    fc.assert(
      fc.property(nets, fc.integer({ min: 1, max: 2048 }), choices, (shape, size, choice) => {
        const memory = memoryOf(randomNet(shape), choice, { size });
        expect(sum(Object.values(memory.breakdown))).toBe(memory.expectedBytes);
        expect(sum(memory.byOwner.values())).toBe(memory.expectedBytes);
        expect(Math.min(...Object.values(memory.breakdown))).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  test('states of AdamW are twice the parameters, gradients once', () => {
    // At the optimizer step everything of parameter size is alive: one Gemm of 4096 x 4096.
    const bytes = 4 * 4096 * 4096;
    const { breakdown, peakAt } = memoryOf(
      net({
        inputs: { x: [batch, 4096] },
        parameters: { w: [4096, 4096] },
        layers: [['Gemm', 'x w', 'y']],
        outputs: ['y'],
      }),
    );
    expect(peakAt).toEqual({ iteration: 1, phase: 'optimizer', layer: '(optimizer)' });
    expect(breakdown).toMatchObject({
      parametersBytes: bytes,
      gradientsBytes: bytes,
      optimizerStatesBytes: 2 * bytes,
      temporariesBytes: bytes,
    });
  });

  test('two cuBLAS workspaces: forward has a handle on its thread, backward on another', () => {
    const { breakdown } = memoryOf(perceptron([64, 64]));
    expect(breakdown.workspaceBytes).toBe(2 * BLAS_WORKSPACE_BYTES.default);
    const hopper = memoryOf(perceptron([64, 64]), {}, { family: 'hopper' });
    expect(hopper.breakdown.workspaceBytes).toBe(2 * 32 * MiB);
    expect(memoryOf(convolution).breakdown.workspaceBytes).toBe(0);
  });

  test('whatever format names the product: a Caffe InnerProduct is a call of cuBLAS as a Gemm is', () => {
    const graph = net({
      inputs: { x: [batch, 64] },
      parameters: { w: [64, 64] },
      layers: [['InnerProduct', 'x w', 'y', { out_features: 64 }]],
      outputs: ['y'],
    });
    expect(memoryOf(graph).breakdown.workspaceBytes).toBe(2 * BLAS_WORKSPACE_BYTES.default);
  });

  test('the constants of the workspace are those of CublasHandlePool.cpp', () => {
    expect(BLAS_WORKSPACE_BYTES).toEqual({ default: 8_519_680, hopper: 33_554_432 });
  });
});

describe('the upper bound', () => {
  const eagerBytes = CONTEXT_MEMORY.ampere.eager.bytes - CONTEXT_MEMORY.ampere.lazy.bytes;

  const margin = (bytes: number): number => Math.ceil(REQUEST_MARGIN * bytes);

  test('without convolutions is the expected bytes with the margin and eager module loading', () => {
    const { expectedBytes, upperBytes, headroom } = memoryOf(perceptron([64, 64]));
    const marginBytes = margin(expectedBytes);
    expect(upperBytes - expectedBytes).toBe(marginBytes + eagerBytes);
    expect(headroom).toEqual({ bandBytes: 0, eagerContextBytes: eagerBytes, marginBytes });
  });

  test('the context of a family that nobody measured says which one stands in', () => {
    expect(memoryOf(perceptron([64, 64])).contextSource).toEqual({
      source: expect.stringMatching(/^none published for this family; the largest published: .*RTX 6000 Ada/),
      measured: false,
    });
  });

  test('with convolutions has the band of their workspaces besides', () => {
    const { expectedBytes, upperBytes, headroom } = memoryOf(convolution, { precision: 'amp-bf16' });
    const { bandBytes } = headroom;
    expect(bandBytes).toBeGreaterThan(0);
    expect(upperBytes - expectedBytes).toBe(bandBytes + margin(expectedBytes) + eagerBytes);
  });

  test('a context that was measured is taken as it is', () => {
    const { expectedBytes, upperBytes, breakdown, contextSource } = memoryOf(
      perceptron([64, 64]),
      {},
      { contexts: { ampere: 300 * MiB } },
    );
    expect(contextSource.measured).toBe(true);
    expect(breakdown.contextBytes).toBe(300 * MiB);
    expect(upperBytes).toBe(expectedBytes + margin(expectedBytes));
  });
});

test('more of anything never takes fewer live bytes: batch, width, states', () => {
  const live = (widths: readonly number[], size: number, optimizer: OptimizerName): number => {
    const { expectedBytes, breakdown } = memoryOf(perceptron(widths), { optimizer }, { size });
    return expectedBytes - breakdown.fragmentationBytes;
  };
  expect(live([256, 256, 10], 64, 'adam')).toBeGreaterThan(live([256, 256, 10], 32, 'adam'));
  expect(live([256, 512, 10], 32, 'adam')).toBeGreaterThan(live([256, 256, 10], 32, 'adam'));
  expect(live([256, 256, 10], 32, 'adam')).toBeGreaterThan(live([256, 256, 10], 32, 'sgd-momentum'));
  expect(live([256, 256, 10], 32, 'sgd-momentum')).toBeGreaterThan(live([256, 256, 10], 32, 'sgd'));
});

test('what no layer reads is loaded once for each storage, and neither trained nor given a state', () => {
  const graph = perceptron([64, 64]);
  const unread = (id: string, storage: string) =>
    [id, { id, dtype: 'float32', shape: [1024], storage, role: 'parameter', trainable: true }] as const;
  const more: Graph = {
    ...graph,
    tensors: new Map([...graph.tensors, unread('a', 'a'), unread('b', 'a'), unread('w0_again', 'w0')]),
  };
  const [without, with_] = [graph, more].map((each) => memoryOf(each, { optimizer: 'adam' }));
  expect(with_?.byOwner.get('(unread)')).toBe(4096);
  expect(without?.byOwner.has('(unread)')).toBe(false);
  expect((with_?.breakdown.parametersBytes ?? 0) - (without?.breakdown.parametersBytes ?? 0)).toBe(4096);
  expect(with_?.breakdown.optimizerStatesBytes).toBe(without?.breakdown.optimizerStatesBytes);
});

test('the timeline covers every phase of three iterations, and never exceeds the peak', () => {
  const { timeline, expectedBytes, breakdown } = memoryOf(perceptron([64, 64]));
  expect(new Set(timeline.map(({ moment }) => moment.iteration))).toEqual(new Set([0, 1, 2, 3]));
  expect(new Set(timeline.map(({ moment }) => moment.phase))).toEqual(
    new Set(['load', 'forward', 'loss', 'backward', 'optimizer']),
  );
  const reserved = expectedBytes - breakdown.contextBytes;
  expect(Math.max(...timeline.map(({ reservedBytes }) => reservedBytes))).toBe(reserved);
});
