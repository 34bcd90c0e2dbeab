/** Errors and what is said of them. */
import { quantile } from '../publish.js';
import type { Estimated } from './measure.js';

const MiB = 1024 * 1024;

/** The quantile over models that `REQUEST_MARGIN` is. */
export const MARGIN_QUANTILE = 0.96;

/**
 * The one constant of a testbed, its CUDA context by that driver and those libraries: the whole number of MiB with which
 * the median error is the least.
 */
export function fitContext(pairs: readonly (readonly [estimate: number, measured: number])[]): number {
  const most = Math.max(...pairs.map(([estimate, measured]) => measured - estimate));
  const candidates = Array.from({ length: Math.max(1, Math.ceil(most / MiB)) }, (_, mib) => mib * MiB);
  const errorWith = (context: number): number =>
    quantile(
      pairs.map(([estimate, measured]) => Math.abs(estimate + context - measured) / measured),
      0.5,
    );
  return candidates.reduce((best, context) => (errorWith(context) < errorWith(best) ? context : best), 0);
}

export interface Score {
  readonly rows: number;
  readonly median: number;
  readonly mean: number;
  readonly p90: number;
  readonly within10: number;
}

export function scoreOf(errors: readonly number[]): Score {
  const sizes = errors.map(Math.abs);
  return {
    rows: errors.length,
    median: quantile(sizes, 0.5),
    mean: meanOf(sizes),
    p90: quantile(sizes, 0.9),
    within10: sizes.filter((size) => size <= 0.1).length / sizes.length,
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface Shortfall {
  readonly model: string;
  /** (measured - expected - band) / expected, of the model's worst row. */
  readonly share: number;
}

/** What the margin has to cover, by model, the worst first. */
export function shortfalls(estimated: readonly Estimated[], contextOf: (one: Estimated) => number): Shortfall[] {
  const worst = new Map<string, number>();
  for (const one of estimated) {
    const expected = one.expectedBytes + contextOf(one);
    const share = (one.row.measuredBytes - expected - one.bandBytes) / expected;
    worst.set(one.row.model, Math.max(share, worst.get(one.row.model) ?? -Infinity));
  }
  return [...worst].map(([model, share]) => ({ model, share })).sort((a, b) => b.share - a.share);
}

/** What a row's error is, in words, by its size and by what the estimate holds of that kind. */
export function explain(one: Estimated, contextBytes: number): string {
  const missing = one.row.measuredBytes - one.expectedBytes - contextBytes;
  const mib = (bytes: number): string => `${Math.round(bytes / MiB)} MiB`;
  if (one.bandBytes > 0 && missing > one.bandBytes)
    return `workspace: ${mib(missing)} more than expected, and the band of convolutions is ${mib(one.bandBytes)}`;
  if (one.bandBytes > 0 && missing > 0)
    return `workspace: ${mib(missing)} more, within the band of convolutions of ${mib(one.bandBytes)}`;
  if (missing < 0 && -missing < contextBytes / 4)
    return `context: ${mib(-missing)} less than the testbed's constant of ${mib(contextBytes)}`;
  return `allocator: ${mib(Math.abs(missing))} ${missing > 0 ? 'more' : 'less'}; ${mib(one.fragmentationBytes)} expected between its blocks`;
}
