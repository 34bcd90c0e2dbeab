import { describe, expect, test } from '@jest/globals';
import { CONTEXT_MEMORY } from '../../src/estimate/context-memory.js';
import type { GpuFamily } from '../../src/estimate/gpu.js';

const MiB = 1024 * 1024;
const FAMILIES: readonly GpuFamily[] = ['volta', 'turing', 'ampere', 'ada-lovelace', 'hopper', 'blackwell'];

describe('context memory', () => {
  test('has a row for every family', () => {
    expect(Object.keys(CONTEXT_MEMORY).sort()).toEqual([...FAMILIES].sort());
  });

  describe.each(FAMILIES)('of %s', (family) => {
    const { lazy, eager } = CONTEXT_MEMORY[family];

    test('is less where modules load lazily', () => {
      expect(lazy.bytes).toBeLessThan(eager.bytes);
    });

    test.each([lazy, eager])('is whole bytes of a plausible size (%#)', ({ bytes }) => {
      expect(Number.isInteger(bytes)).toBe(true);
      expect(bytes).toBeGreaterThan(200 * MiB);
      expect(bytes).toBeLessThan(2048 * MiB);
    });

    test.each([lazy, eager])('names its source, and says so where it stands in (%#)', ({ source, measured }) => {
      expect(source).toMatch(/#\d+/);
      expect(source.startsWith('none published')).toBe(!measured);
    });
  });

  test.each(['lazy', 'eager'] as const)('%s stands in with the largest measured figure', (mode) => {
    const rows = FAMILIES.map((family) => CONTEXT_MEMORY[family][mode]);
    const largest = Math.max(...rows.filter(({ measured }) => measured).map(({ bytes }) => bytes));
    for (const row of rows.filter(({ measured }) => !measured)) expect(row.bytes).toBe(largest);
  });

  test('keeps the published figures exactly', () => {
    expect(CONTEXT_MEMORY['ada-lovelace'].lazy.bytes).toBe(426 * MiB);
    expect(CONTEXT_MEMORY.volta.eager.bytes).toBe(1005.25 * MiB);
    expect(CONTEXT_MEMORY.turing.eager.bytes).toBe(877 * MiB);
    expect(CONTEXT_MEMORY.ampere.eager.bytes).toBe(1486 * MiB);
  });
});
