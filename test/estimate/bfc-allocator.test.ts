import { describe, expect, test } from '@jest/globals';
import { BFC_ALLOCATOR, BfcAllocator } from '../../src/estimate/bfc-allocator.js';

const MiB = 1024 * 1024;

test('the constants are those of bfc_allocator.h and bfc_allocator.cc', () => {
  expect(BFC_ALLOCATOR).toEqual({ minBlockBytes: 256, firstRegionBytes: 2_097_152, maxSpareBytes: 134_217_728 });
});

/** Reserved MiB after each request of so many MiB, none of them freed. */
function reservedAfter(...requests: readonly number[]): number[] {
  const allocator = new BfcAllocator();
  return requests.map((size) => {
    allocator.malloc(size * MiB);
    return allocator.reservedBytes / MiB;
  });
}

describe('regions', () => {
  test('each is twice as large as the one before', () => {
    expect(reservedAfter(1, 1, 1, 3, 4)).toEqual([2, 2, 6, 6, 14]);
  });

  // 20 MiB need 32; the next region is of 32 again, and only then of 64.
  test('one that a request made larger leaves the next its size', () => {
    expect(reservedAfter(20, 20, 20)).toEqual([32, 64, 128]);
  });
});

describe('blocks', () => {
  const sizes = (first: number, second: number): number => {
    const allocator = new BfcAllocator();
    allocator.free(allocator.malloc(first));
    return allocator.malloc(second).bytes;
  };

  test.each([
    ['of the first region, cut to 256 B', 1, 1, 256],
    ['cut where it is twice as large', 2 * MiB, MiB, MiB],
    ['whole where it is less', 2 * MiB, MiB + 256, 2 * MiB],
    ['cut where 128 MiB are to spare', 512 * MiB, 384 * MiB, 384 * MiB],
    ['whole where less are', 512 * MiB, 384 * MiB + 256, 512 * MiB],
  ])('%s', (_, first, second, bytes) => {
    expect(sizes(first, second)).toBe(bytes);
  });

  test('freed neighbours are one block again', () => {
    const allocator = new BfcAllocator();
    for (const block of [1, 1].map((size) => allocator.malloc(size * MiB))) allocator.free(block);
    allocator.malloc(2 * MiB);
    expect(allocator.reservedBytes).toBe(2 * MiB);
  });
});
