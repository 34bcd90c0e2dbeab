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

/** How the allocator takes memory from the device (`PYTORCH_CUDA_ALLOC_CONF`). */
export const ALLOCATORS = {
  native: 'a segment for each request that no free block serves',
  'expandable-segments': 'expandable_segments:True: one range of addresses for each pool, mapped as far as it is used',
} as const satisfies Record<string, string>;

export type AllocatorName = keyof typeof ALLOCATORS;

/**
 * A port of PyTorch's CUDA caching allocator, on one stream and with its default settings but for the kind of segments:
 * two pools, best fit, blocks split on allocation and merged on free, nothing ever returned to the device.
 */
export class CachingAllocator {
  /** Bytes held from the device: what a process with this allocator occupies. */
  reservedBytes = 0;
  /** Bytes in live blocks, each rounded to a block size. */
  allocatedBytes = 0;
  private readonly small = new FreeList();
  private readonly large = new FreeList();

  constructor(private readonly kind: AllocatorName = 'native') {}

  malloc(requestedBytes: number): Block {
    const bytes = roundSize(requestedBytes);
    const pool = bytes <= CACHING_ALLOCATOR.smallBytes ? this.small : this.large;
    const block = this.takeFree(bytes, pool) ?? this.grow(bytes, pool);
    if (this.shouldSplit(block, bytes)) this.split(block, bytes);
    block.free = false;
    this.allocatedBytes += block.bytes;
    return block;
  }

  free(block: Block): void {
    if (block.free) throw new Error('block freed twice');
    this.allocatedBytes -= block.bytes;
    block.free = true;
    this.mergeNext(block);
    const previous = block.previous;
    if (previous?.free) {
      block.pool.remove(previous);
      this.absorb(previous, block);
      block.pool.add(previous);
    } else block.pool.add(block);
  }

  private takeFree(bytes: number, pool: FreeList): Block | undefined {
    return this.kind === 'native' ? pool.takeBestFit(bytes) : takeInside(bytes, pool);
  }

  private grow(bytes: number, pool: FreeList): Block {
    return this.kind === 'native' ? this.newSegment(segmentSize(bytes), pool) : this.extend(bytes, pool);
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

  /** Cuts the block to size; the rest goes back to the pool. */
  private split(block: Block, bytes: number): void {
    const rest: Block = {
      pool: block.pool,
      bytes: block.bytes - bytes,
      address: block.address + bytes,
      previous: block,
      next: block.next,
      free: true,
    };
    if (block.next) block.next.previous = rest;
    if (block.pool.last === block) block.pool.last = rest;
    block.next = rest;
    block.bytes = bytes;
    block.pool.add(rest);
  }

  private mergeNext(block: Block): void {
    const next = block.next;
    if (!next?.free) return;
    block.pool.remove(next);
    this.absorb(block, next);
  }

  private absorb(into: Block, gone: Block): void {
    into.bytes += gone.bytes;
    into.next = gone.next;
    if (gone.next) gone.next.previous = into;
    if (gone.pool.last === gone) into.pool.last = into;
  }

  /** `should_split`: whenever 512 B remain in the small pool or a range, else when more than 1 MiB remains. */
  private shouldSplit(block: Block, bytes: number): boolean {
    const remaining = block.bytes - bytes;
    const isFine = block.pool === this.small || this.kind === 'expandable-segments';
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
