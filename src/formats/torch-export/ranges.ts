import type { SizeRange } from '../../graph/index.js';
import { fieldsOf } from './json.js';

/**
 * What each symbol may be (torch/_export/serde/schema.py, RangeConstraint): `{ s0: { min_val: 2, max_val: 64 } }`. No
 * bound is null, or sympy's largest integer, which is beyond what is exact.
 */
export function readRanges(value: unknown): ReadonlyMap<string, SizeRange> {
  const ranges = Object.entries(fieldsOf(value ?? {}, 'range_constraints'));
  return new Map(ranges.map(([name, range]) => [name, readRange(range, `range_constraints.${name}`)]));
}

function readRange(value: unknown, path: string): SizeRange {
  const { min_val: least, max_val: most } = fieldsOf(value, path);
  return {
    least: Number.isSafeInteger(least) ? Number(least) : 0,
    most: Number.isSafeInteger(most) ? Number(most) : Infinity,
  };
}
