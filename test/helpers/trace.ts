import type { Moment, Recording, TracedBlock } from '../../src/estimate/tape.js';

/** One step of a recording, with the moment it happens in. */
export interface TracedEvent {
  readonly kind: 'allocate' | 'free';
  readonly block: TracedBlock;
  readonly at: Moment;
}

/** A recording read step by step. */
export function eventsOf({ blocks, moments, steps }: Recording): TracedEvent[] {
  let moment = -1;
  return steps.map((index, step) => {
    while ((moments[moment + 1]?.firstStep ?? Infinity) <= step) moment++;
    const block = blocks[index < 0 ? ~index : index];
    if (!block) throw new Error(`step ${step} is of no block`);
    return {
      kind: index < 0 ? 'free' : 'allocate',
      block,
      at: moments[moment] ?? { iteration: 0, phase: 'load', layer: '' },
    };
  });
}
