import { LRUCache } from 'lru-cache';

export interface Lookup<T> {
  readonly value: T;
  readonly hit: boolean;
}

/** A cache that asks once however many want the answer at the same time. Failures are not kept. */
export class SingleFlight<T extends object> {
  private readonly cache: LRUCache<string, Promise<T>>;

  constructor(options: { readonly max: number; readonly ttlMs?: number }) {
    this.cache = new LRUCache({ max: options.max, ...(options.ttlMs !== undefined && { ttl: options.ttlMs }) });
  }

  async get(key: string, compute: () => Promise<T>): Promise<Lookup<T>> {
    const known = this.cache.get(key);
    if (known) return { value: await known, hit: true };
    const pending = compute();
    this.cache.set(key, pending);
    try {
      return { value: await pending, hit: false };
    } catch (error) {
      if (this.cache.peek(key) === pending) this.cache.delete(key);
      throw error;
    }
  }
}
