import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { GpuNode } from '../placement/inventory.js';
import type { Cluster, NodeEvent } from './cluster.js';

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

export interface NodeWatchEvents {
  readonly changed: (count: number) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Keeps the cluster's GPU nodes: lists them page by page, then watches, and begins again with a growing pause whenever the
 * stream fails. While it is away the last known nodes stand.
 */
export class NodeWatch {
  private known = new Map<string, GpuNode>();
  private snapshot: readonly GpuNode[] = [];
  private readonly stopping = new AbortController();
  /** True once the nodes were listed. */
  synced = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly events: NodeWatchEvents,
    private readonly backoffMs = FIRST_BACKOFF_MS,
  ) {}

  nodes(): readonly GpuNode[] {
    return this.snapshot;
  }

  stop(): void {
    this.stopping.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.stopping;
    let pause = this.backoffMs;
    while (!signal.aborted) {
      try {
        const resourceVersion = await this.list();
        pause = this.backoffMs;
        await this.cluster.watchNodes(resourceVersion, (event) => this.take(event), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.events.failed(error);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(2 * pause, MAX_BACKOFF_MS);
      }
    }
  }

  private async list(): Promise<string> {
    const found = new Map<string, GpuNode>();
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const page = await this.cluster.nodePage(next);
      for (const node of page.nodes) found.set(node.name, node);
      ({ next, resourceVersion } = page);
    } while (next !== undefined);
    this.known = found;
    this.synced = true;
    this.publish();
    return resourceVersion;
  }

  private take(event: NodeEvent): void {
    if (event.type === 'BOOKMARK') return;
    const { name } = event.node;
    // Most events are a kubelet's report that all is as it was.
    if (event.type !== 'DELETED' && isDeepStrictEqual(this.known.get(name), event.node)) return;
    if (event.type === 'DELETED') this.known.delete(name);
    else this.known.set(name, event.node);
    this.publish();
  }

  private publish(): void {
    this.snapshot = [...this.known.values()];
    this.events.changed(this.snapshot.length);
  }
}
