import { memoized } from '../graph/index.js';
import { asMeasured, CONTEXT_MEMORY } from './context-memory.js';
import type { ContextRow, ContextSource, MeasuredContexts } from './context-memory.js';
import { convolutionBandBytes } from './convolution-band.js';
import type { GpuFamily } from './gpu.js';
import type { Plan } from './plan.js';
import { replay } from './replay.js';
import type { Replay, Sample } from './replay.js';
import type { TrainingSetup } from './setup.js';
import { ROWS } from './step-state.js';
import { withWorkspacesOf } from './tape.js';
import type { Moment, Tag } from './tape.js';
import { traceSetupOf, traceTraining } from './trace.js';
import type { TracedTraining } from './trace.js';

const MiB = 1024 * 1024;

/**
 * What a request adds to `expected` and the band, as a share of `expected`: the 0.96 quantile over models, each by its
 * worst row, of (measured - expected - band) / expected, rounded up to a thousandth. docs/accuracy.md has the derivation and
 * the rows beyond it.
 */
export const REQUEST_MARGIN = 0.047;

/**
 * cuBLAS workspace per handle and stream (pytorch aten/src/ATen/cuda/CublasHandlePool.cpp): `:4096:2:16:8` is
 * 4096 KiB x 2 + 16 KiB x 8, and 32 MiB on sm_90.
 */
export const BLAS_WORKSPACE_BYTES = {
  default: 4096 * 1024 * 2 + 16 * 1024 * 8,
  hopper: 32 * MiB,
} as const;

export interface MemoryBreakdown {
  /** Parameters, buffers and constants. */
  readonly parametersBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerStatesBytes: number;
  /** What autograd saved, the batch, and forward's live tensors. */
  readonly activationsBytes: number;
  /** Gradients on their way, scratch, optimizer temporaries. */
  readonly temporariesBytes: number;
  readonly workspaceBytes: number;
  /** What the allocator holds beyond the live tensors: rounding, and free blocks of its segments. */
  readonly fragmentationBytes: number;
  readonly contextBytes: number;
  /** DDP's buckets of gradients and NCCL's buffers: nothing at one rank, which is what is estimated. */
  readonly communicationBytes: number;
}

/** What a request adds to `expectedBytes`. */
export interface Headroom {
  /** What cuDNN's workspaces may add. */
  readonly bandBytes: number;
  /** What eager loading of modules takes beyond lazy loading. */
  readonly eagerContextBytes: number;
  readonly marginBytes: number;
}

export interface MemoryEstimate {
  /** Reserved peak + CUDA context: the sum of the breakdown, and of the layer rows, to the byte. */
  readonly expectedBytes: number;
  /** What a pod requests: `expectedBytes` and the headroom. */
  readonly upperBytes: number;
  readonly breakdown: MemoryBreakdown;
  readonly headroom: Headroom;
  /** Who measured the context, and on what. */
  readonly contextSource: ContextSource;
  readonly peakAt: Moment;
  readonly timeline: readonly Sample[];
  /** Live bytes at the peak by owning layer or bracketed row. */
  readonly byOwner: ReadonlyMap<string, number>;
}

export interface MemorySetup {
  readonly training: TracedTraining & Pick<TrainingSetup, 'allocator'>;
  readonly family: GpuFamily;
  readonly contexts?: MeasuredContexts;
}

/** The memory of one rank's training loop. */
export function estimateMemory({ family, ...setup }: MemorySetup, plan: Plan): MemoryEstimate {
  return memoryByFamily(setup, plan)(family);
}

/** The same on one family after another: of the loop itself, the size of cuBLAS' workspaces alone depends on the family. */
export function memoryByFamily(
  { training, contexts }: Omit<MemorySetup, 'family'>,
  plan: Plan,
): (family: GpuFamily) => MemoryEstimate {
  const blasWorkspaceBytes = BLAS_WORKSPACE_BYTES.default;
  const trace = traceTraining(plan, { ...traceSetupOf(training), blasWorkspaceBytes });
  const replayed = memoized((bytes: number) =>
    replay(bytes === blasWorkspaceBytes ? trace : withWorkspacesOf(bytes, trace), training.allocator.value),
  );
  const bandBytes = convolutionBandBytes(plan);
  return memoized((family) => {
    const bytes = family === 'hopper' ? BLAS_WORKSPACE_BYTES.hopper : BLAS_WORKSPACE_BYTES.default;
    return inContext(replayed(bytes), bandBytes, contextOf(family, contexts?.[family]));
  });
}

interface Context {
  readonly lazy: ContextRow;
  readonly eagerContextBytes: number;
}

function contextOf(family: GpuFamily, measuredBytes: number | undefined): Context {
  if (measuredBytes !== undefined) return { lazy: asMeasured(measuredBytes), eagerContextBytes: 0 };
  const { lazy, eager } = CONTEXT_MEMORY[family];
  return { lazy, eagerContextBytes: Math.max(0, eager.bytes - lazy.bytes) };
}

function inContext(replayed: Replay, bandBytes: number, { lazy, eagerContextBytes }: Context): MemoryEstimate {
  const { bytes: contextBytes, ...contextSource } = lazy;
  const byTag = sumBy(replayed, (block) => block.tag);
  const byOwner = sumBy(replayed, (block) => block.owner);
  const liveBytes = [...byTag.values()].reduce((sum, bytes) => sum + bytes, 0);
  const fragmentationBytes = replayed.reservedPeakBytes - liveBytes;
  byOwner.set(ROWS.allocator, fragmentationBytes);
  byOwner.set(ROWS.context, contextBytes);
  for (const row of [ROWS.loss, ROWS.optimizer, ROWS.workspace]) byOwner.set(row, byOwner.get(row) ?? 0);
  const expectedBytes = replayed.reservedPeakBytes + contextBytes;
  const marginBytes = Math.ceil(REQUEST_MARGIN * expectedBytes);
  return {
    expectedBytes,
    upperBytes: expectedBytes + bandBytes + eagerContextBytes + marginBytes,
    breakdown: { ...tagged(byTag), fragmentationBytes, contextBytes, communicationBytes: 0 },
    headroom: { bandBytes, eagerContextBytes, marginBytes },
    contextSource,
    peakAt: replayed.peakAt,
    get timeline() {
      return replayed.timeline;
    },
    byOwner,
  };
}

function sumBy<Key>({ liveAtPeak }: Replay, key: (block: Replay['liveAtPeak'][number]) => Key): Map<Key, number> {
  const sums = new Map<Key, number>();
  for (const block of liveAtPeak) sums.set(key(block), (sums.get(key(block)) ?? 0) + block.bytes);
  return sums;
}

function tagged(
  byTag: ReadonlyMap<Tag, number>,
): Omit<MemoryBreakdown, 'fragmentationBytes' | 'contextBytes' | 'communicationBytes'> {
  const of = (tag: Tag): number => byTag.get(tag) ?? 0;
  return {
    parametersBytes: of('parameters'),
    gradientsBytes: of('gradients'),
    optimizerStatesBytes: of('optimizerStates'),
    activationsBytes: of('activations'),
    temporariesBytes: of('temporaries'),
    workspaceBytes: of('workspace'),
  };
}
