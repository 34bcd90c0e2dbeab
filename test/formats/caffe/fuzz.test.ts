import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outcome } from '../surviving.js';
import { FIXTURES, fixtureText } from './fixtures.js';

/** The whole path, from bytes to a number. */
async function survives(bytes: Uint8Array): Promise<void> {
  expect(await outcome(bytes, 'net.prototxt')).toMatch(/^(sized|[A-Z_]+)$/);
}

describe.each(FIXTURES)('%s', (name) => {
  const original = new TextEncoder().encode(fixtureText(name));
  const position = fc.nat({ max: original.length - 1 });

  test('cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(position, (length) => survives(original.subarray(0, length))),
      { numRuns: 150 },
    );
  });

  test('with bits flipped', async () => {
    const flips = fc.array(fc.tuple(position, fc.nat({ max: 7 })), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(flips, (places) => {
        const bytes = Uint8Array.from(original);
        for (const [at, bit] of places) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        return survives(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('with words exchanged for numbers that hurt', async () => {
    const values = fc.constantFrom('-1', '0', '2147483647', '99999999999', '1e308', 'nan', '"x"', '{ }');
    const words = fixtureText(name).split(/(?<=: )/);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: words.length - 1 }), values, (at, value) => {
        const changed = words.with(at, (words[at] ?? '').replace(/^\S+/, value)).join('');
        return survives(new TextEncoder().encode(changed));
      }),
      { numRuns: 300 },
    );
  });
});
