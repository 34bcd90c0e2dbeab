import type { PlacementResult } from '../placement/place.js';
import type { Intent } from './annotations.js';
import type { GpuCount } from './ownership.js';
import type { Wanted } from './write-pod.js';

/** What becomes of a pod, and what is said about it. */
export interface Outcome {
  /** What is to stand in the pod; absent where nothing is to be changed. A count of null is left as it is. */
  readonly write?: Wanted & { readonly count: number | null };
  readonly gpu: { readonly product: string } | undefined;
  readonly sentence: string;
  readonly warnings: readonly string[];
  /** True where the user is to hear the amount though no annotation may reach them. */
  readonly saysAmount: boolean;
}

export function outcomeOf(result: PlacementResult, { mode, overwrite }: Intent, count: GpuCount): Outcome {
  if (result.kind === 'advise') {
    const { reason } = result;
    return {
      gpu: undefined,
      sentence: `not placed, ${reason}`,
      warnings: [`not placed: ${reason}`],
      saysAmount: true,
    };
  }
  const { placement } = result;
  const { gpu } = placement;
  const written = countToWrite(placement.count, overwrite, count);
  const total = written ?? count.standing ?? placement.count;
  const sentence = `${total} GPU${total === 1 ? '' : 's'}${gpu ? ` like ${gpu.product}` : ''}`;
  if (mode === 'advise') {
    const warnings = [`advice: ${sentence}`, ...placement.warnings];
    return { gpu, sentence: `advice only, ${sentence}`, warnings, saysAmount: true };
  }
  return {
    write: { ...placement, count: written },
    gpu,
    sentence,
    warnings: placement.warnings,
    // A quota sees the changed count after us, and a pod that it rejects takes the annotation along.
    saysAmount: written !== null && written !== count.standing,
  };
}

/**
 * What the user set is raised where it is too small, replaced or kept; what nobody set is ours. Null leaves what stands;
 * what we wrote before is not lowered either, since the annotation that says so may be copied from another pod.
 */
export function countToWrite(needed: number, overwrite: Intent['overwrite'], count: GpuCount): number | null {
  if (overwrite === 'always' || (count.by === 'nobody' && !count.isOurs)) return needed;
  if (count.by === 'user' && overwrite === 'never') return null;
  return (count.standing ?? 0) >= needed ? null : needed;
}
