import type { Block } from './free-list.js';

/** A framework's allocator of device memory, as far as a replay asks it. */
export interface Allocator {
  /** Bytes held from the device: what a process with this allocator occupies. */
  readonly reservedBytes: number;
  /** Bytes in live blocks, each rounded to a block size. */
  readonly allocatedBytes: number;
  malloc(requestedBytes: number): Block;
  free(block: Block): void;
}

/** Cuts a block to size; the rest goes back to the pool. */
export function splitBlock(block: Block, bytes: number): void {
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

/** Gives a block back to its pool, as one with the free ones beside it. */
export function freeBlock(block: Block): void {
  if (block.free) throw new Error('block freed twice');
  block.free = true;
  const { next, previous } = block;
  if (next?.free) {
    block.pool.remove(next);
    absorb(block, next);
  }
  if (previous?.free) {
    block.pool.remove(previous);
    absorb(previous, block);
  }
  block.pool.add(previous?.free ? previous : block);
}

function absorb(into: Block, gone: Block): void {
  into.bytes += gone.bytes;
  into.next = gone.next;
  if (gone.next) gone.next.previous = into;
  if (gone.pool.last === gone) into.pool.last = into;
}
