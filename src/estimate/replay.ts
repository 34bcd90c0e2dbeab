import { ALLOCATORS } from './allocators.js';
import type { AllocatorName } from './allocators.js';
import type { Allocator } from './blocks.js';
import type { Block } from './free-list.js';
import type { Moment, Recording, TracedBlock } from './tape.js';

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
  /** Made when it is asked for: most callers want the peak. */
  readonly timeline: readonly Sample[];
}

const START: Moment = { iteration: 0, phase: 'load', layer: '' };

/** Runs a recording through an allocator. */
export function replay(recording: Recording, kind: AllocatorName = 'native'): Replay {
  const allocator = ALLOCATORS[kind].create();
  let [peakBytes, peakStep] = [0, 0];
  play(recording, allocator, (step) => {
    if (allocator.allocatedBytes <= peakBytes) return;
    peakBytes = allocator.allocatedBytes;
    peakStep = step;
  });
  return {
    reservedPeakBytes: allocator.reservedBytes,
    allocatedPeakBytes: peakBytes,
    peakAt: momentOf(recording.moments.findLast(({ firstStep }) => firstStep <= peakStep)),
    liveAtPeak: liveAfter(recording, peakStep),
    get timeline() {
      return timelineOf(recording, ALLOCATORS[kind].create());
    },
  };
}

function momentOf({ iteration, phase, layer }: Moment = START): Moment {
  return { iteration, phase, layer };
}

/** Calls back after each step. */
function play({ blocks, steps }: Recording, allocator: Allocator, after: (step: number) => void): void {
  const held: (Block | undefined)[] = [];
  steps.forEach((index, step) => {
    if (index >= 0) held[index] = allocator.malloc(blocks[index]?.bytes ?? 0);
    else {
      const block = held[~index];
      if (!block) throw new Error(`block of ${blocks[~index]?.owner ?? ''} freed before it was allocated`);
      allocator.free(block);
      held[~index] = undefined;
    }
    after(step);
  });
}

/** The blocks allocated and not yet freed once step `last` has happened. */
export function liveAfter({ blocks, steps }: Recording, last: number): TracedBlock[] {
  const live = new Array<TracedBlock | undefined>(blocks.length);
  for (let step = 0; step <= last; step++) {
    const index = steps[step] ?? 0;
    if (index < 0) live[~index] = undefined;
    else live[index] = blocks[index];
  }
  return live.filter((block) => block !== undefined);
}

function timelineOf(recording: Recording, allocator: Allocator): Sample[] {
  const { moments, steps } = recording;
  const after: Omit<Sample, 'moment'>[] = [];
  const before = (step: number): Omit<Sample, 'moment'> => after[step - 1] ?? { allocatedBytes: 0, reservedBytes: 0 };
  play(recording, allocator, () => {
    const { allocatedBytes, reservedBytes } = allocator;
    after.push({ allocatedBytes, reservedBytes });
  });
  return moments.map((moment, index) => {
    const end = moments[index + 1]?.firstStep ?? steps.length;
    let { allocatedBytes } = before(moment.firstStep);
    for (let step = moment.firstStep; step < end; step++)
      allocatedBytes = Math.max(allocatedBytes, before(step + 1).allocatedBytes);
    return { moment: momentOf(moment), allocatedBytes, reservedBytes: before(end).reservedBytes };
  });
}
