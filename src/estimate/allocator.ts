import { freeBlock, splitBlock } from './blocks.js';
import type { Allocator } from './blocks.js';
import { FreeList } from './free-list.js';
import type { Block } from './free-list.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Constants of c10/core/AllocatorConfig.h and c10/cuda/CUDACachingAllocator.cpp (PyTorch 2.13). */
export const CACHING_ALLOCATOR = {
  /** Every size is rounded up to this. */
  minBlockBytes: 512,
  /** Requests up to this are served from the small pool. */
  smallBytes: MiB,
  /** Segment of the small pool, and page of its expandable range. */
  smallSegmentBytes: 2 * MiB,
  /** Segment for large requests below `minLargeAllocBytes`, and page of their expandable range. */
  largeSegmentBytes: 20 * MiB,
  minLargeAllocBytes: 10 * MiB,
  /** Larger requests get a segment of their own, rounded up to this. */
  roundLargeBytes: 2 * MiB,
} as const;

/** Where the range of the large pool begins: far behind that of the small one. */
const LARGE_RANGE = 2 ** 50;

/**
 * A port of PyTorch's CUDA caching allocator, on one stream and with its default settings but for the kind of segments:
 * two pools, best fit, blocks split on allocation and merged on free, nothing ever returned to the device.
 */
export class CachingAllocator implements Allocator {
  reservedBytes = 0;
  allocatedBytes = 0;
  private readonly small = new FreeList();
  private readonly large = new FreeList();

  /** `isExpandable`: one range of addresses for each pool instead of segments. */
  constructor(private readonly isExpandable = false) {}

  malloc(requestedBytes: number): Block {
    const bytes = roundSize(requestedBytes);
    const pool = bytes <= CACHING_ALLOCATOR.smallBytes ? this.small : this.large;
    const block = this.takeFree(bytes, pool) ?? this.grow(bytes, pool);
    if (this.shouldSplit(block, bytes)) splitBlock(block, bytes);
    block.free = false;
    this.allocatedBytes += block.bytes;
    return block;
  }

  free(block: Block): void {
    this.allocatedBytes -= block.bytes;
    freeBlock(block);
  }

  private takeFree(bytes: number, pool: FreeList): Block | undefined {
    return this.isExpandable ? takeInside(bytes, pool) : pool.takeBestFit(bytes);
  }

  private grow(bytes: number, pool: FreeList): Block {
    return this.isExpandable ? this.extend(bytes, pool) : this.newSegment(segmentSize(bytes), pool);
  }

  /**
   * `try_allocate_expandable_block`: maps pages behind the pool's last block, which they join where it is free. No page is
   * ever unmapped, so all that is not mapped lies behind it.
   */
  private extend(bytes: number, pool: FreeList): Block {
    const isSmall = pool === this.small;
    const page = isSmall ? CACHING_ALLOCATOR.smallSegmentBytes : CACHING_ALLOCATOR.largeSegmentBytes;
    const { last } = pool;
    const missing = last?.free ? bytes - last.bytes : bytes;
    const mapped = this.reserve(Math.ceil(missing / page) * page);
    if (last?.free) {
      pool.remove(last);
      last.bytes += mapped;
      return last;
    }
    const address = last ? last.address + last.bytes : isSmall ? 0 : LARGE_RANGE;
    const block: Block = { pool, bytes: mapped, address, previous: last, next: undefined, free: false };
    if (last) last.next = block;
    pool.last = block;
    return block;
  }

  private newSegment(segmentBytes: number, pool: FreeList): Block {
    const address = this.reservedBytes;
    const bytes = this.reserve(segmentBytes);
    return { pool, bytes, address, previous: undefined, next: undefined, free: false };
  }

  private reserve(bytes: number): number {
    this.reservedBytes += bytes;
    return bytes;
  }

  /** `should_split`: whenever 512 B remain in the small pool or a range, else when more than 1 MiB remains. */
  private shouldSplit(block: Block, bytes: number): boolean {
    const remaining = block.bytes - bytes;
    const isFine = block.pool === this.small || this.isExpandable;
    return isFine ? remaining >= CACHING_ALLOCATOR.minBlockBytes : remaining > CACHING_ALLOCATOR.smallBytes;
  }
}

/**
 * `get_free_block` in a range: the last block counts with all that it can grow by, so that any other that fits comes
 * before it.
 */
function takeInside(bytes: number, pool: FreeList): Block | undefined {
  const best = pool.takeBestFit(bytes);
  if (!best || best !== pool.last) return best;
  const other = pool.takeBestFit(bytes);
  if (other) pool.add(best);
  return other ?? best;
}

/** `round_size`: multiples of 512 B. */
export function roundSize(bytes: number): number {
  const unit = CACHING_ALLOCATOR.minBlockBytes;
  return Math.max(unit, Math.ceil(bytes / unit) * unit);
}

/** `get_allocation_size`: what is asked of the device for a request that no free block can serve. */
export function segmentSize(bytes: number): number {
  const { smallBytes, smallSegmentBytes, minLargeAllocBytes, largeSegmentBytes, roundLargeBytes } = CACHING_ALLOCATOR;
  if (bytes <= smallBytes) return smallSegmentBytes;
  if (bytes < minLargeAllocBytes) return largeSegmentBytes;
  return Math.ceil(bytes / roundLargeBytes) * roundLargeBytes;
}
