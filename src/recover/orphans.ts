import { consumersOf, producersOf } from '../graph/index.js';
import type { Layer } from '../graph/index.js';
import type { GraphView } from './view.js';

/** Layers of a graph that are replaced, and those that come instead. */
export interface Replaced {
  readonly view: GraphView;
  readonly removed: ReadonlySet<Layer>;
  readonly added: readonly Layer[];
}

/**
 * What only the replaced layers of a graph read: the arithmetic of a scale, a cast, the bias that a folded batch-norm was.
 * Their own outputs are among the tensors.
 */
export function orphansOf(replaced: Replaced): Pick<Orphans, 'layers' | 'tensors'> {
  const orphans = new Orphans(replaced);
  for (const { inputs } of replaced.removed) orphans.drop(inputs);
  return orphans;
}

class Orphans {
  readonly layers = new Set<Layer>();
  readonly tensors = new Set<string>();
  private readonly inputs: ReadonlySet<string>;
  private readonly producers: ReadonlyMap<string, Layer>;
  private readonly consumers: ReadonlyMap<string, readonly Layer[]>;
  /** How many layers still read a tensor, of those that somebody asked about. */
  private readonly readers = new Map<string, number>();

  constructor(private readonly replaced: Replaced) {
    this.inputs = new Set(replaced.view.graph.inputs);
    this.producers = producersOf(replaced.added);
    this.consumers = consumersOf(replaced.added);
  }

  /** Drops those of the tensors that nobody reads, the layers that made them, and so on. */
  drop(ids: readonly string[]): void {
    const pending = [...ids];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (this.tensors.has(id)) continue;
      const producer = this.producerOf(id);
      const outputs = producer?.outputs ?? [id];
      if (outputs.some((output) => this.isNeeded(output))) continue;
      for (const output of outputs) this.tensors.add(output);
      if (!producer) continue;
      this.forget(producer);
      pending.push(...producer.inputs);
    }
  }

  private producerOf(id: string): Layer | undefined {
    const { view, removed } = this.replaced;
    const producer = this.producers.get(id) ?? view.producer(id);
    return producer && removed.has(producer) ? undefined : producer;
  }

  private isNeeded(id: string): boolean {
    return this.replaced.view.isKept(id) || this.inputs.has(id) || this.readersOf(id) > 0;
  }

  private readersOf(id: string): number {
    const known = this.readers.get(id);
    if (known !== undefined) return known;
    const { view, removed } = this.replaced;
    const isLeft = (layer: Layer): boolean => !removed.has(layer) && !this.layers.has(layer);
    const own = view.readers(id).filter(isLeft).length;
    const count = own + (this.consumers.get(id)?.filter(isLeft).length ?? 0);
    this.readers.set(id, count);
    return count;
  }

  private forget(layer: Layer): void {
    this.layers.add(layer);
    for (const id of new Set(layer.inputs)) {
      const known = this.readers.get(id);
      if (known !== undefined) this.readers.set(id, known - 1);
    }
  }
}
