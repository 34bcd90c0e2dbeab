import { freeBlock, splitBlock } from './blocks.js';
import type { Allocator } from './blocks.js';
import { FreeList } from './free-list.js';
import type { Block } from './free-list.js';

const MiB = 1024 * 1024;

/** Constants of bfc_allocator.h and bfc_allocator.cc in openxla/xla, xla/tsl/framework. */
export const BFC_ALLOCATOR = {
  /** `kMinAllocationSize`: every size is rounded up to this. */
  minBlockBytes: 256,
  /** The first region where growth is allowed; each further one is twice as large. */
  firstRegionBytes: 2 * MiB,
  /** `max_internal_fragmentation_bytes`: a block never has more than this to spare. */
  maxSpareBytes: 128 * MiB,
} as const;

/**
 * A port of TensorFlow's and XLA's best-fit allocator with coalescing, with `allow_growth` and on one stream. Its bins only
 * speed up the search for the smallest block that fits. It takes memory in regions, each twice as large as the one before
 * (`BFCAllocator::Extend`), and gives none back. The limit of a GPU, at which it takes what is left, is not known here.
 */
export class BfcAllocator implements Allocator {
  reservedBytes = 0;
  allocatedBytes = 0;
  private readonly pool = new FreeList();
  private regionBytes: number = BFC_ALLOCATOR.firstRegionBytes;

  malloc(requestedBytes: number): Block {
    const unit = BFC_ALLOCATOR.minBlockBytes;
    const bytes = Math.max(unit, Math.ceil(requestedBytes / unit) * unit);
    const block = this.pool.takeBestFit(bytes) ?? this.extend(bytes);
    if (block.bytes >= 2 * bytes || block.bytes - bytes >= BFC_ALLOCATOR.maxSpareBytes) splitBlock(block, bytes);
    block.free = false;
    this.allocatedBytes += block.bytes;
    return block;
  }

  free(block: Block): void {
    this.allocatedBytes -= block.bytes;
    freeBlock(block);
  }

  /** A region that a request made larger leaves the next one its size; any other doubles it. */
  private extend(bytes: number): Block {
    const isGrown = bytes > this.regionBytes;
    while (bytes > this.regionBytes) this.regionBytes *= 2;
    const block: Block = {
      pool: this.pool,
      bytes: this.regionBytes,
      address: this.reservedBytes,
      previous: undefined,
      next: undefined,
      free: false,
    };
    this.reservedBytes += block.bytes;
    if (!isGrown) this.regionBytes *= 2;
    return block;
  }
}
