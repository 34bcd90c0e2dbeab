/** Files that were damaged on the way, and what must come of reading them. */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { FormatError, bytesSource, parseStructure } from '../../src/formats/index.js';
import { inTime } from './in-time.js';

/** Parses; nothing but a FormatError may come of it, and in time. */
export async function parses(bytes: Uint8Array, name: string): Promise<void> {
  try {
    await inTime(() => parseStructure(bytesSource(bytes, name)));
  } catch (error) {
    expect(error instanceof FormatError ? '' : String(error)).toBe('');
  }
}

export type Flip = readonly [at: number, bit: number];

export function flipped(original: Uint8Array, places: readonly Flip[]): Uint8Array {
  const bytes = Uint8Array.from(original);
  for (const [at, bit] of places) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return bytes;
}

export function flipsIn(bytes: Uint8Array, most: number): fc.Arbitrary<Flip[]> {
  const flip = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }));
  return fc.array(flip, { minLength: 1, maxLength: most });
}
