import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALLOCATORS } from '../../src/estimate/allocators.js';
import type { Allocator } from '../../src/estimate/blocks.js';
import type { Block } from '../../src/estimate/free-list.js';

const MiB = 1024 * 1024;

test.each(Object.entries(ALLOCATORS))(
  'property: with %s live blocks never overlap, and everything freed leaves nothing allocated',
  (_, { create }) => {
    const operation = fc.record({ bytes: fc.integer({ min: 1, max: 64 * MiB }), keep: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const allocator: Allocator = create();
        const live: Block[] = [];
        for (const { bytes, keep, pick } of operations) {
          live.push(allocator.malloc(bytes));
          if (!keep) allocator.free(live.splice(pick % live.length, 1)[0] as Block);
        }
        const sorted = [...live].sort((a, b) => a.address - b.address);
        sorted.forEach((block, index) => {
          const next = sorted[index + 1];
          if (next) expect(block.address + block.bytes).toBeLessThanOrEqual(next.address);
        });
        expect(allocator.allocatedBytes).toBe(live.reduce((sum, block) => sum + block.bytes, 0));
        expect(allocator.allocatedBytes).toBeLessThanOrEqual(allocator.reservedBytes);
        for (const block of live) allocator.free(block);
        expect(allocator.allocatedBytes).toBe(0);
      }),
    );
  },
);
