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
  /** Segment of the small pool. */
  smallSegmentBytes: 2 * MiB,
  /** Segment for large requests below `minLargeAllocBytes`. */
  largeSegmentBytes: 20 * MiB,
  minLargeAllocBytes: 10 * MiB,
  /** Larger requests get a segment of their own, rounded up to this. */
  roundLargeBytes: 2 * MiB,
} as const;

/**
 * A port of PyTorch's CUDA caching allocator with its default settings, on one stream: two pools of segments, best fit,
 * blocks split on allocation and merged on free, nothing ever returned to the device.
 */
export class CachingAllocator {
  /** Bytes held from the device: what a process with this allocator occupies. */
  reservedBytes = 0;
  /** Bytes in live blocks, each rounded to a block size. */
  allocatedBytes = 0;
  private readonly small = new FreeList();
  private readonly large = new FreeList();
  private nextAddress = 0;

  malloc(requestedBytes: number): Block {
    const bytes = roundSize(requestedBytes);
    const pool = bytes <= CACHING_ALLOCATOR.smallBytes ? this.small : this.large;
    const block = pool.takeBestFit(bytes) ?? this.newSegment(bytes, pool);
    if (shouldSplit(block, bytes)) this.split(block, bytes);
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

  private newSegment(bytes: number, pool: FreeList): Block {
    const segmentBytes = segmentSize(bytes);
    this.reservedBytes += segmentBytes;
    const block: Block = {
      pool,
      bytes: segmentBytes,
      address: this.nextAddress,
      previous: undefined,
      next: undefined,
      free: false,
    };
    this.nextAddress += segmentBytes;
    return block;
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
  }
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

/** `should_split`: small blocks whenever 512 B remain, large ones when more than 1 MiB remains. */
function shouldSplit(block: Block, bytes: number): boolean {
  const remaining = block.bytes - bytes;
  const isSmall = bytes <= CACHING_ALLOCATOR.smallBytes;
  return isSmall ? remaining >= CACHING_ALLOCATOR.minBlockBytes : remaining > CACHING_ALLOCATOR.smallBytes;
}
