import { describe, expect, test } from '@jest/globals';
import { estimateTraining } from '../../src/estimate/estimate.js';
import type { Estimate } from '../../src/estimate/estimate.js';
import { resolveSetup } from '../../src/estimate/bindings.js';
import { planStep } from '../../src/estimate/plan.js';
import { repeatedBlocks } from '../../src/estimate/segments.js';
import type { Checkpointing, ScopedLayer } from '../../src/estimate/segments.js';
import { traceTraining } from '../../src/estimate/trace.js';
import type { Moment } from '../../src/estimate/tape.js';
import type { TraceSetup } from '../../src/estimate/trace.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { Graph } from '../../src/graph/index.js';
import { buildGraph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { findGpu } from '../../src/placement/find.js';
import { batch, net } from '../helpers/graphs.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

const ROWS = 512;
const BLOCKS = [0, 1, 2, 3];

/** A stem, four blocks `x + Linear(256, 64)(activation(Linear(64, 256)(x)))`, and a head of ten outputs. */
function residualNet(activation: 'Gelu' | 'Relu'): Graph {
  const parameters: Record<string, number[]> = { ws: [64, 64], bs: [64], wh: [10, 64], bh: [10] };
  for (const n of BLOCKS)
    Object.assign(parameters, { [`wa${n}`]: [256, 64], [`ba${n}`]: [256], [`wb${n}`]: [64, 256], [`bb${n}`]: [64] });
  const linear = { transB: 1 };
  const graph = net({
    inputs: { x: [batch, 64] },
    parameters,
    layers: [
      ['Gemm', 'x ws bs', 'h0', linear],
      ...BLOCKS.flatMap((n) => [
        ['Gemm', `h${n} wa${n} ba${n}`, `a${n}`, linear] as const,
        [activation, `a${n}`, `g${n}`] as const,
        ['Gemm', `g${n} wb${n} bb${n}`, `b${n}`, linear] as const,
        ['Add', `h${n} b${n}`, `h${n + 1}`] as const,
      ]),
      ['Gemm', 'h4 wh bh', 'y', linear],
    ],
    outputs: ['y'],
  });
  const scopeOf = (index: number): string =>
    index === 0 ? 'stem' : index <= 16 ? `layers.${Math.floor((index - 1) / 4)}` : 'head';
  return buildGraph({ ...graph, layers: graph.layers.map((layer, index) => ({ ...layer, scope: scopeOf(index) })) });
}

/** Live bytes beside weights and batch of the first iteration: once forward is done, the most, and after backward. */
function traced(
  graph: Graph,
  setup: Partial<TraceSetup>,
  precision: PrecisionName = 'fp32',
): { forward: number; peak: number; end: number } {
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', ROWS]]) }), precision);
  const recording = traceTraining(plan, { ...TRACE, loss: 'none', blasWorkspaceBytes: 0, ...setup });
  const at = (phase: Moment['phase'], iteration: number): number =>
    recording.moments.find((moment) => moment.phase === phase && moment.iteration === iteration)?.firstStep ?? 0;
  const batchBytes = 4 * ROWS * 64;
  const live = [0];
  for (const { kind, block } of eventsOf(recording).slice(at('forward', 1), at('optimizer', 1))) {
    live.push((live.at(-1) ?? 0) + (kind === 'allocate' ? block.bytes : -block.bytes));
  }
  return {
    forward: (live[at('loss', 1) - at('forward', 1)] ?? 0) - batchBytes,
    peak: Math.max(...live) - batchBytes,
    end: (live.at(-1) ?? 0) - batchBytes,
  };
}

describe('a checkpointed residual net takes what PyTorch 2.15 takes', () => {
  // torch.utils.checkpoint(block, x, use_reentrant=False), on the CPU under a TorchDispatchMode that follows each storage.
  // That script holds the gradient of y, 512 x 10 floats, to the end; a loss does not.
  const heldBytes = 4 * ROWS * 10;

  test.each([
    ['Gelu', 'none', 4_870_144, 5_483_304],
    ['Gelu', 'full', 675_840, 2_341_416],
    ['Relu', 'none', 2_772_992, 3_910_440],
    ['Relu', 'full', 675_840, 2_341_416],
  ] as const)('%s, checkpointing %s', (activation, checkpointing, forward, peak) => {
    expect(traced(residualNet(activation), { checkpointing })).toMatchObject({ forward, peak: peak - heldBytes });
  });
});

test('no reference is left over or released twice, in any precision and over micro-batches', () => {
  for (const precision of ['fp32', 'bf16', 'amp-fp16', 'amp-bf16'] as const) {
    const end = (checkpointing: Checkpointing): number =>
      traced(residualNet('Gelu'), { checkpointing, microBatches: 2 }, precision).end;
    expect(end('full')).toBe(end('none'));
  }
});

describe('the repeated blocks', () => {
  const layersOf = (...scopes: string[]): ScopedLayer[] =>
    scopes.map((scope) => ({ scope, type: scope.slice(scope.lastIndexOf('.') + 1) }));
  const block = (scope: string): string[] => [`${scope}.Gemm`, `${scope}.Relu`];

  test.each<[string, ScopedLayer[], [string, number, number][]]>([
    [
      'are numbered modules with the same operators',
      layersOf('stem.Conv', ...block('encoder.layer.0'), ...block('encoder.layer.1'), 'head.Gemm'),
      [
        ['encoder.layer.N', 1, 2],
        ['encoder.layer.N', 3, 4],
      ],
    ],
    [
      'are the outermost of nested ones',
      layersOf(...block('s.0.b.0'), ...block('s.0.b.1'), ...block('s.1.b.0'), ...block('s.1.b.1')),
      [
        ['s.N', 0, 3],
        ['s.N', 4, 7],
      ],
    ],
    [
      'are looked for inside stages that differ',
      layersOf(...block('s.0.b.0'), ...block('s.0.b.1'), 's.1.Conv', ...block('s.1.b.0')),
      [
        ['s.0.b.N', 0, 1],
        ['s.0.b.N', 2, 3],
      ],
    ],
    [
      'are none where each module is one operator',
      layersOf('features.0.Conv', 'features.1.Conv', 'features.2.Relu'),
      [],
    ],
    ['are none without scopes', [{ type: 'Gemm' }, { type: 'Gemm' }], []],
  ])('%s', (_, layers, expected) => {
    expect(repeatedBlocks(layers).map(({ container, first, last }) => [container, first, last])).toEqual(expected);
  });
});

describe('what is recomputed', () => {
  const gpu = findGpu('a100-80gb');
  const estimate = (gradientCheckpointing: Checkpointing): { estimate: Estimate; assumptions: readonly string[] } => {
    const graph = residualNet('Gelu');
    const { setup, bindings, assumptions } = resolveSetup(graph, {
      batchSize: { value: ROWS, from: 'option' },
      loss: { value: 'none', from: 'option' },
      gradientCheckpointing: { value: gradientCheckpointing, from: 'option' },
    });
    const [first] = gpu ? estimateTraining(bindGraph(graph, { bindings }), setup, [gpu]) : [];
    if (!first) throw new Error('the catalogue has an A100');
    return { estimate: first, assumptions };
  };

  test('counts as FLOPs: each block up to its last product, whose inputs alone are saved', () => {
    const [kept, again] = [estimate('none').estimate, estimate('full').estimate];
    const firstProduct = 2 * ROWS * 64 * 256;
    expect(again.compute.trainingFlops - kept.compute.trainingFlops).toBe(4 * firstProduct);
    expect(again.compute.stepSeconds).toBeGreaterThan(kept.compute.stepSeconds);
    expect(again.memory.expectedBytes).toBeLessThanOrEqual(kept.memory.expectedBytes);
  });

  test('is stated', () => {
    expect(estimate('full').assumptions).toEqual(['gradient checkpointing of 4 blocks: layers.N']);
    const { assumptions } = resolveSetup(net({ inputs: { x: [8, 4] }, layers: [['Relu', 'x', 'y']], outputs: ['y'] }), {
      loss: { value: 'none', from: 'option' },
      batchSize: { value: 8, from: 'option' },
      gradientCheckpointing: { value: 'full', from: 'option' },
    });
    expect(assumptions).toEqual(['no gradient checkpointing: the file names no repeated blocks to recompute']);
  });
});
