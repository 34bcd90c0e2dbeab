import { describe, expect, test } from '@jest/globals';
import { CachingAllocator, roundSize, segmentSize } from '../../src/estimate/allocator.js';
import type { Block } from '../../src/estimate/free-list.js';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('sizes follow CUDACachingAllocator', () => {
  test.each([
    [1, 512],
    [512, 512],
    [513, 1024],
    [MiB, MiB],
    [MiB + 1, MiB + 512],
  ])('a request of %d B takes a block of %d B', (requested, block) => {
    expect(roundSize(requested)).toBe(block);
  });

  test.each([
    [512, 2 * MiB],
    [MiB, 2 * MiB],
    [MiB + 512, 20 * MiB],
    [10 * MiB - 512, 20 * MiB],
    [10 * MiB, 10 * MiB],
    [11 * MiB, 12 * MiB],
    [12 * MiB, 12 * MiB],
    [12 * MiB + 512, 14 * MiB],
  ])('a block of %d B that nothing serves takes a segment of %d B', (block, segment) => {
    expect(segmentSize(block)).toBe(segment);
  });
});

describe('blocks', () => {
  test('small requests share a 2 MiB segment, large ones a 20 MiB segment', () => {
    const allocator = new CachingAllocator();
    allocator.malloc(100);
    allocator.malloc(MiB);
    expect(allocator.reservedBytes).toBe(2 * MiB);
    allocator.malloc(2 * MiB);
    allocator.malloc(9 * MiB);
    expect(allocator.reservedBytes).toBe(22 * MiB);
    expect(allocator.allocatedBytes).toBe(512 + MiB + 11 * MiB);
  });

  test('a large block is not split when 1 MiB or less would remain', () => {
    const allocator = new CachingAllocator();
    const block = allocator.malloc(20 * MiB);
    allocator.free(block);
    expect(allocator.malloc(19 * MiB).bytes).toBe(20 * MiB);
    expect(allocator.allocatedBytes).toBe(20 * MiB);
  });

  test('a large block is split when more than 1 MiB remains', () => {
    const allocator = new CachingAllocator();
    allocator.free(allocator.malloc(20 * MiB));
    expect(allocator.malloc(19 * MiB - 512).bytes).toBe(19 * MiB - 512);
  });

  test('the smallest free block that fits is taken, the lowest address among equals', () => {
    const allocator = new CachingAllocator();
    const [first, , second, , third] = [30, 12, 14, 12, 14].map((size) => allocator.malloc(size * MiB));
    for (const block of [third, second, first]) allocator.free(block as Block);
    expect(allocator.malloc(13 * MiB).address).toBe(second?.address);
    expect(allocator.malloc(13 * MiB).address).toBe(third?.address);
    expect(allocator.malloc(13 * MiB).address).toBe(first?.address);
  });

  test('freed neighbours merge, so that a request over both is served without a new segment', () => {
    const allocator = new CachingAllocator();
    const blocks = [0, 1, 2, 3].map(() => allocator.malloc(5 * MiB));
    expect(allocator.reservedBytes).toBe(20 * MiB);
    allocator.free(blocks[1] as Block);
    allocator.free(blocks[2] as Block);
    allocator.malloc(10 * MiB - 512);
    expect(allocator.reservedBytes).toBe(20 * MiB);
  });

  test('blocks of different segments never merge', () => {
    const allocator = new CachingAllocator();
    allocator.free(allocator.malloc(10 * MiB));
    allocator.free(allocator.malloc(12 * MiB));
    allocator.malloc(22 * MiB);
    expect(allocator.reservedBytes).toBe(10 * MiB + 12 * MiB + 22 * MiB);
  });

  test('freeing twice is an error', () => {
    const allocator = new CachingAllocator();
    const block = allocator.malloc(1);
    allocator.free(block);
    expect(() => {
      allocator.free(block);
    }).toThrow('block freed twice');
  });
});

describe('expandable segments', () => {
  test('map pages of 2 MiB for small requests and of 20 MiB for large ones, as far as they are used', () => {
    const allocator = new CachingAllocator(true);
    allocator.malloc(100);
    expect(allocator.reservedBytes).toBe(2 * MiB);
    allocator.malloc(2 * MiB);
    expect(allocator.reservedBytes).toBe(22 * MiB);
    allocator.malloc(30 * MiB);
    // 18 MiB of the first page are free behind the 2 MiB; the 12 MiB that are missing take one more page.
    expect(allocator.reservedBytes).toBe(42 * MiB);
  });

  test('freed blocks merge across what native would have in segments of their own', () => {
    const requests = [20, 20, 20].map((size) => size * MiB);
    const reserved = [false, true].map((isExpandable) => {
      const allocator = new CachingAllocator(isExpandable);
      for (const block of requests.map((bytes) => allocator.malloc(bytes))) allocator.free(block);
      allocator.malloc(60 * MiB);
      return allocator.reservedBytes;
    });
    expect(reserved).toEqual([120 * MiB, 60 * MiB]);
  });

  test('large blocks are split to 512 B', () => {
    const allocator = new CachingAllocator(true);
    allocator.free(allocator.malloc(20 * MiB));
    expect(allocator.malloc(20 * MiB - 512).bytes).toBe(20 * MiB - 512);
  });

  test('the last block is taken only where no other fits, for it can grow', () => {
    const allocator = new CachingAllocator(true);
    const [first, , last] = [30, 5, 5].map((size) => allocator.malloc(size * MiB));
    allocator.free(first as Block);
    allocator.free(last as Block);
    expect(allocator.malloc(4 * MiB).address).toBe(first?.address);
  });
});
