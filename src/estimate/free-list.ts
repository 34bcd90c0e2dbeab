/** A block of device memory; neighbours of one segment are linked in address order. */
export interface Block {
  readonly pool: FreeList;
  bytes: number;
  readonly address: number;
  previous: Block | undefined;
  next: Block | undefined;
  free: boolean;
}

/** The free blocks of one pool, by size, then address: the order of the allocator's `std::set<Block*>`. */
export class FreeList {
  private readonly blocks: Block[] = [];
  /** The block, free or not, behind which an expandable range goes on; of no use to segments. */
  last: Block | undefined;

  /** Removes and returns the smallest block that holds `bytes`, the lowest address first. */
  takeBestFit(bytes: number): Block | undefined {
    return this.blocks.splice(this.position(bytes, -1), 1)[0];
  }

  add(block: Block): void {
    this.blocks.splice(this.position(block.bytes, block.address), 0, block);
  }

  remove(block: Block): void {
    const at = this.position(block.bytes, block.address);
    if (this.blocks[at] !== block) throw new Error('block is not in its pool');
    this.blocks.splice(at, 1);
  }

  /** Index of the first block not below (bytes, address). */
  private position(bytes: number, address: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.blocks[middle];
      const below = block !== undefined && (block.bytes < bytes || (block.bytes === bytes && block.address < address));
      if (below) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
