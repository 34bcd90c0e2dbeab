import { CachingAllocator } from './allocator.js';
import { BfcAllocator } from './bfc-allocator.js';
import type { Allocator } from './blocks.js';

export interface AllocatorSpec {
  readonly description: string;
  readonly create: () => Allocator;
  /** What an estimate with it must say. */
  readonly assumptions: readonly string[];
}

/** How a framework takes memory from the device. */
export const ALLOCATORS = {
  native: {
    description: "PyTorch's: a segment for each request that no free block serves",
    create: () => new CachingAllocator(),
    assumptions: [],
  },
  'expandable-segments': {
    description:
      "PyTorch's with expandable_segments:True: one range of addresses for each pool, mapped as far as it is used",
    create: () => new CachingAllocator(true),
    assumptions: [],
  },
  bfc: {
    description: "TensorFlow's and JAX's: regions, each twice as large as the one before",
    create: () => new BfcAllocator(),
    assumptions: [
      'memory taken in regions of doubled size, of which more than half may be free; on a smaller GPU only what is left',
    ],
  },
} as const satisfies Record<string, AllocatorSpec>;

export type AllocatorName = keyof typeof ALLOCATORS;
