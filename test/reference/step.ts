/** The events of training steps on both sides, as they can be compared. */
import { traceTraining } from '../../src/estimate/trace.js';
import type { OptimizerName } from '../../src/estimate/optimizers.js';
import type { Plan } from '../../src/estimate/plan.js';
import { eventsOf } from '../helpers/trace.js';
import { TRACE } from '../helpers/training.js';

/** Taken or given back, bytes, and who took them: PyTorch's operator, our layer. */
export type Recorded = readonly [sign: '+' | '-', bytes: number, by: string];

export interface NetCase {
  readonly optimizer: OptimizerName;
  readonly program: unknown;
  /** Bytes of parameters and buffers. */
  readonly weights: number;
  readonly phases: readonly { readonly phase: string; readonly events: readonly Recorded[] }[];
}

export interface Event {
  readonly step: number;
  readonly phase: string;
  readonly sign: '+' | '-';
  readonly bytes: number;
  readonly by: string;
}

/** Phases of PyTorch's loop that are part of another of ours. */
const PART_OF: Readonly<Record<string, string>> = { batch: 'forward', zero: 'optimizer' };

export function eventsOfPyTorch({ phases }: NetCase): readonly Event[] {
  let step = 0;
  return phases.flatMap(({ phase, events }) => {
    if (phase === 'batch') step++;
    return events.map(([sign, bytes, by]) => ({ step, phase: PART_OF[phase] ?? phase, sign, bytes, by }));
  });
}

/** What our trace says, loading as step 0; libraries' workspaces are no tensors and left out. */
export function eventsOfOurs(plan: Plan, optimizer: OptimizerName): readonly Event[] {
  const recording = traceTraining(plan, { ...TRACE, optimizer, blasWorkspaceBytes: 0 });
  return eventsOf(recording).map(({ kind, block, at }) => ({
    step: at.iteration,
    phase: at.phase,
    sign: kind === 'allocate' ? '+' : '-',
    bytes: block.bytes,
    by: block.owner,
  }));
}

/** Without one block that is taken in a step, and the next end of a block of its size. */
export function without(events: readonly Event[], block: Pick<Event, 'step' | 'bytes' | 'by'>): readonly Event[] {
  const { step, bytes, by } = block;
  const from = events.findIndex(
    (each) => each.step === step && each.sign === '+' && each.bytes === bytes && each.by.startsWith(by),
  );
  const to = events.findIndex(({ sign, bytes: size }, index) => index > from && sign === '-' && size === bytes);
  if (from < 0 || to < 0) throw new Error(`step ${step} has no ${bytes} of ${by}`);
  return events.filter((_, index) => index !== from && index !== to);
}

/**
 * One line for each run of blocks that are taken, or given back, one after the other: within it the order is that of an
 * operator's outputs or of a list's destructor, and all the same. `1 backward + 40 1024 1280`.
 */
export function runsOf(events: readonly Event[]): readonly string[] {
  const runs: { head: string; sizes: number[] }[] = [];
  for (const { step, phase, sign, bytes } of events) {
    const head = `${step} ${phase} ${sign}`;
    const last = runs.at(-1);
    if (last?.head === head) last.sizes.push(bytes);
    else runs.push({ head, sizes: [bytes] });
  }
  return runs.map(({ head, sizes }) => `${head} ${sizes.sort((a, b) => a - b).join(' ')}`);
}

/** Most bytes live at once, above what there was before the first event, and where that is. */
export function peakOf(events: readonly Event[]): { bytes: number; at: string } {
  let live = 0;
  let peak = { bytes: 0, at: '' };
  for (const { step, phase, sign, bytes } of events) {
    live += sign === '+' ? bytes : -bytes;
    if (live > peak.bytes) peak = { bytes: live, at: `${step} ${phase}` };
  }
  return peak;
}
