import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeArchive, writeProgram } from '../../../examples/pt2-writer.js';
import { bytesSource } from '../../../src/formats/index.js';
import { torchExport } from '../../../src/formats/torch-export/index.js';
import { flipped, flipsIn, parses } from '../damage.js';
import { outcome } from '../surviving.js';
import { DENSE } from './programs.js';

const ALL: readonly (readonly [string, string, Uint8Array])[] = [
  ['a program', 'model.json', writeProgram(DENSE)],
  ['a stored archive', 'net.pt2', writeArchive(DENSE, { payloadBytes: 64, tied: { 'b.weight': 'a.weight' } })],
  ['a deflated archive', 'net.pt2', writeArchive(DENSE, { payloadBytes: 64, level: 6 })],
];

describe.each(ALL)('%s', (_, name, original) => {
  test('is sized as it is', async () => {
    expect(await outcome(original, name)).toBe('sized');
  });

  test('cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: original.length - 1 }), (length) => parses(original.subarray(0, length), name)),
      { numRuns: 120 },
    );
  });

  test('with bits flipped', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 8), (places) => parses(flipped(original, places), name)),
      { numRuns: 120 },
    );
  });

  test('with a bit flipped, and sized where it still parses', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 1), async (places) => {
        expect(await outcome(flipped(original, places), name)).toMatch(/^(sized|[A-Z_]+)$/);
      }),
      { numRuns: 120 },
    );
  });

  test('packed twice is what it is packed once', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 1), async (places) => {
        const once = await torchExport.pack(bytesSource(flipped(original, places), name)).catch(() => undefined);
        const twice = once && (await torchExport.pack(bytesSource(once.bytes, once.key)));
        expect(twice?.bytes).toEqual(once?.bytes);
      }),
      { numRuns: 30 },
    );
  });
});

/** Any JSON in the place of any value of a program. */
test('with anything in the place of anything', async () => {
  const text = new TextDecoder().decode(writeProgram(DENSE));
  const values = [...text.matchAll(/(?<=:)(?:-?\d+|"[^"]*"|true|false|\[\]|\{\})/g)];
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: values.length - 1 }), fc.jsonValue({ maxDepth: 2 }), async (at, value) => {
      const found = values[at];
      const start = found?.index ?? 0;
      const changed = `${text.slice(0, start)}${JSON.stringify(value)}${text.slice(start + (found?.[0].length ?? 0))}`;
      expect(await outcome(new TextEncoder().encode(changed), 'model.json')).toMatch(/^(sized|[A-Z_]+)$/);
    }),
    { numRuns: 250 },
  );
});
