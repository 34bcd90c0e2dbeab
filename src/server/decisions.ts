import { LRUCache } from 'lru-cache';
import type { Decision } from '../admission/types.js';
import type { GpuNode } from '../placement/inventory.js';

const MAX_DECISIONS = 1_024;

/** Decisions for as long as the nodes stay as they are: the pods of a controller differ by their names. */
export class Decisions {
  private readonly cache = new LRUCache<string, Decision>({ max: MAX_DECISIONS });
  private seen: readonly GpuNode[] | undefined;

  constructor(private readonly nodes: () => readonly GpuNode[]) {}

  get(key: string, compute: () => Decision): Decision {
    const nodes = this.nodes();
    if (nodes !== this.seen) this.cache.clear();
    this.seen = nodes;
    const decision = this.cache.get(key) ?? compute();
    this.cache.set(key, decision);
    return decision;
  }
}
