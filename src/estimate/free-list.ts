/** A block of device memory; neighbours of one segment are linked in address order. */
export interface Block {
  readonly pool: FreeList;
  bytes: number;
  readonly address: number;
  previous: Block | undefined;
  next: Block | undefined;
  free: boolean;
}

/**
 * The free blocks of one pool in the order of the allocator's `std::set<Block*>`, by size, then address, backwards: what
 * comes and goes is mostly small, and there is little behind it to move.
 */
export class FreeList {
  private readonly blocks: Block[] = [];
  /** The block, free or not, behind which an expandable range goes on; of no use to segments. */
  last: Block | undefined;

  /** Removes and returns the smallest block that holds `bytes`, the lowest address first. */
  takeBestFit(bytes: number): Block | undefined {
    const at = this.below(bytes, 0) - 1;
    const best = this.blocks[at];
    if (best) this.takeOut(at);
    return best;
  }

  add(block: Block): void {
    this.blocks.splice(this.below(block.bytes, block.address), 0, block);
  }

  remove(block: Block): void {
    const at = this.below(block.bytes, block.address) - 1;
    if (this.blocks[at] !== block) throw new Error('block is not in its pool');
    this.takeOut(at);
  }

  private takeOut(at: number): void {
    if (at === this.blocks.length - 1) this.blocks.pop();
    else this.blocks.splice(at, 1);
  }

  /** Index of the first block below (bytes, address). */
  private below(bytes: number, address: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.blocks[middle];
      const isBelow =
        block !== undefined && (block.bytes < bytes || (block.bytes === bytes && block.address < address));
      if (isBelow) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
