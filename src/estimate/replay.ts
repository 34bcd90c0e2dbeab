import { ALLOCATORS } from './allocators.js';
import type { AllocatorName } from './allocators.js';
import type { Allocator } from './blocks.js';
import type { Block } from './free-list.js';
import type { Moment, TraceEvent, TracedBlock } from './tape.js';

/** Memory at one moment of the loop: the highest within it. */
export interface Sample {
  readonly moment: Moment;
  readonly allocatedBytes: number;
  readonly reservedBytes: number;
}

export interface Replay {
  /** Most bytes the allocator ever held from the device. */
  readonly reservedPeakBytes: number;
  /** Most bytes in live blocks at once, rounded as the allocator rounds. */
  readonly allocatedPeakBytes: number;
  readonly peakAt: Moment;
  /** The blocks that are live at `peakAt`. */
  readonly liveAtPeak: readonly TracedBlock[];
  readonly timeline: readonly Sample[];
}

const START: Moment = { iteration: 0, phase: 'load', layer: '' };

/** Runs a trace through an allocator. */
export function replay(events: readonly TraceEvent[], kind: AllocatorName = 'native'): Replay {
  const { peakIndex, ...totals } = run(events, ALLOCATORS[kind].create());
  return { ...totals, liveAtPeak: liveAfter(events, peakIndex) };
}

function run(events: readonly TraceEvent[], allocator: Allocator): Omit<Replay, 'liveAtPeak'> & { peakIndex: number } {
  /** By index of the traced block. */
  const blocks: (Block | undefined)[] = [];
  const timeline: Sample[] = [];
  let moment = START;
  let momentPeakBytes = 0;
  let peakAt = START;
  let peakBytes = 0;
  let peakIndex = -1;
  const endMoment = (): void => {
    timeline.push({ moment, allocatedBytes: momentPeakBytes, reservedBytes: allocator.reservedBytes });
  };
  events.forEach((event, index) => {
    if (event.kind === 'moment') {
      endMoment();
      moment = event.moment;
      momentPeakBytes = allocator.allocatedBytes;
      return;
    }
    step(allocator, blocks, event);
    const { allocatedBytes } = allocator;
    if (allocatedBytes > momentPeakBytes) momentPeakBytes = allocatedBytes;
    if (allocatedBytes <= peakBytes) return;
    peakBytes = allocatedBytes;
    peakIndex = index;
    peakAt = moment;
  });
  endMoment();
  return {
    reservedPeakBytes: allocator.reservedBytes,
    allocatedPeakBytes: peakBytes,
    peakAt,
    peakIndex,
    timeline: timeline.slice(1),
  };
}

function step(
  allocator: Allocator,
  blocks: (Block | undefined)[],
  { kind, block }: Extract<TraceEvent, { block: TracedBlock }>,
): void {
  if (kind === 'allocate') {
    blocks[block.index] = allocator.malloc(block.bytes);
    return;
  }
  const held = blocks[block.index];
  if (!held) throw new Error(`block of ${block.owner} freed before it was allocated`);
  allocator.free(held);
  blocks[block.index] = undefined;
}

/** The blocks allocated and not yet freed once event `last` has happened. */
function liveAfter(events: readonly TraceEvent[], last: number): TracedBlock[] {
  const live: (TracedBlock | undefined)[] = [];
  for (const event of events.slice(0, last + 1)) {
    if (event.kind === 'allocate') live[event.block.index] = event.block;
    else if (event.kind === 'free') live[event.block.index] = undefined;
  }
  return live.filter((block) => block !== undefined);
}
