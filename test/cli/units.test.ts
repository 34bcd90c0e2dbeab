import { describe, expect, test } from '@jest/globals';
import { groupLayers } from '../../src/cli/groups.js';
import { formatTable } from '../../src/cli/table.js';
import { formatBytes, formatCount, formatFlops, formatSeconds, formatShare } from '../../src/cli/units.js';
import type { LayerEstimate } from '../../src/estimate/index.js';

describe('units', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [10.5 * 1024, '10.5 KiB'],
    [80 * 1024 ** 3, '80.0 GiB'],
    [3 * 1024 ** 5, '3072 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [8.18e9, '8.18 GFLOP'],
    [999, '999 FLOP'],
    [1.5e16, '15.0 PFLOP'],
  ])('%d FLOPs are %s', (flops, text) => {
    expect(formatFlops(flops)).toBe(text);
  });

  test.each([
    [1.5, '1.50 s'],
    [0.0851, '85.1 ms'],
    [0.0000038, '4 us'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test('counts and shares', () => {
    expect(formatCount(25_557_032)).toBe('25.6 M');
    expect(formatCount(12)).toBe('12');
    expect(formatShare(0.1234)).toBe('12.3 %');
  });
});

test('a table pads each column to its widest cell, on the side it leans on', () => {
  const columns = [
    { heading: 'name', align: 'left' },
    { heading: 'n', align: 'right' },
  ] as const;
  expect(
    formatTable(columns, [
      ['a', '100'],
      ['longer', '2'],
    ]),
  ).toEqual(['name      n', '──────  ───', 'a       100', 'longer    2']);
});

describe('groups', () => {
  const layer = (id: string, scope: string, memoryBytes = 1): LayerEstimate => ({
    id,
    type: 'Relu',
    scope,
    upstream: [],
    downstream: [],
    attributes: {},
    memoryBytes,
    forwardFlops: 2,
    stepShare: 0.25,
    dominant: id === 'a',
  });

  test('layers of one module are one row; those without a module stand under their type', () => {
    expect(groupLayers([layer('a', 'block.0.conv'), layer('b', ''), layer('c', 'block.0.conv')])).toEqual([
      { name: 'block.0.conv', layers: 2, memoryBytes: 2, forwardFlops: 4, stepShare: 0.5, dominant: 1 },
      { name: 'Relu', layers: 1, memoryBytes: 1, forwardFlops: 2, stepShare: 0.25, dominant: 0 },
    ]);
  });

  test('modules are as deep as the table stays short, and no byte is lost', () => {
    const deep = Array.from({ length: 400 }, (_, index) =>
      layer(`l${index}`, `net.${index % 10}.${index % 40}.${index}`, index),
    );
    const groups = groupLayers(deep);
    expect(groups.map(({ name }) => name).slice(0, 2)).toEqual(['net.0', 'net.1']);
    expect(groups.reduce((total, { memoryBytes }) => total + memoryBytes, 0)).toBe((399 * 400) / 2);
  });
});
