import { CachingAllocator } from './allocator.js';
import type { AllocatorName } from './allocator.js';
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

/** Runs a trace through the caching allocator. */
export function replay(events: readonly TraceEvent[], kind: AllocatorName = 'native'): Replay {
  const { peakIndex, ...totals } = run(events, new CachingAllocator(kind));
  return { ...totals, liveAtPeak: liveAfter(events, peakIndex) };
}

function run(
  events: readonly TraceEvent[],
  allocator: CachingAllocator,
): Omit<Replay, 'liveAtPeak'> & { peakIndex: number } {
  const blocks = new Map<TracedBlock, Block>();
  const timeline: Sample[] = [];
  let moment = START;
  let momentPeak = 0;
  const peak = { bytes: 0, index: -1, moment };
  const endMoment = (): void => {
    timeline.push({ moment, allocatedBytes: momentPeak, reservedBytes: allocator.reservedBytes });
  };
  events.forEach((event, index) => {
    if (event.kind === 'moment') {
      endMoment();
      moment = event.moment;
      momentPeak = allocator.allocatedBytes;
      return;
    }
    step(allocator, blocks, event);
    momentPeak = Math.max(momentPeak, allocator.allocatedBytes);
    if (allocator.allocatedBytes > peak.bytes) Object.assign(peak, { bytes: allocator.allocatedBytes, index, moment });
  });
  endMoment();
  return {
    reservedPeakBytes: allocator.reservedBytes,
    allocatedPeakBytes: peak.bytes,
    peakAt: peak.moment,
    peakIndex: peak.index,
    timeline: timeline.slice(1),
  };
}

function step(
  allocator: CachingAllocator,
  blocks: Map<TracedBlock, Block>,
  event: Extract<TraceEvent, { block: TracedBlock }>,
): void {
  if (event.kind === 'allocate') {
    blocks.set(event.block, allocator.malloc(event.block.bytes));
    return;
  }
  const block = blocks.get(event.block);
  if (!block) throw new Error(`block of ${event.block.owner} freed before it was allocated`);
  allocator.free(block);
  blocks.delete(event.block);
}

/** The blocks allocated and not yet freed once event `last` has happened. */
function liveAfter(events: readonly TraceEvent[], last: number): TracedBlock[] {
  const live = new Set<TracedBlock>();
  for (const event of events.slice(0, last + 1)) {
    if (event.kind === 'allocate') live.add(event.block);
    else if (event.kind === 'free') live.delete(event.block);
  }
  return [...live];
}
