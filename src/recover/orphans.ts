import { producersOf } from '../graph/index.js';
import type { Graph, Layer } from '../graph/index.js';
import { keptTensors } from './view.js';

/**
 * A graph whose layers were replaced, without what only the replaced ones read: the arithmetic of a scale, a cast, the
 * bias that a folded batch-norm was.
 */
export function withoutOrphans(graph: Graph, replaced: readonly Layer[]): Graph {
  const orphans = new Orphans(graph);
  for (const { inputs } of replaced) orphans.drop(inputs);
  const tensors = new Map(graph.tensors);
  for (const id of orphans.tensors) tensors.delete(id);
  return { ...graph, layers: graph.layers.filter((layer) => !orphans.layers.has(layer)), tensors };
}

class Orphans {
  readonly layers = new Set<Layer>();
  readonly tensors = new Set<string>();
  private readonly readers: Map<string, number>;
  private readonly producers: Map<string, Layer>;

  constructor(graph: Graph) {
    this.readers = new Map([...keptTensors(graph), ...graph.inputs].map((id) => [id, 1]));
    this.producers = producersOf(graph.layers);
    for (const { inputs } of graph.layers) this.count(inputs, 1);
  }

  /** Drops those of the tensors that nobody reads, the layers that made them, and so on. */
  drop(ids: readonly string[]): void {
    const pending = [...ids];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const producer = this.producers.get(id);
      const outputs = producer?.outputs ?? [id];
      if (outputs.some((output) => this.isRead(output)) || this.tensors.has(id)) continue;
      for (const output of outputs) this.tensors.add(output);
      if (!producer) continue;
      this.layers.add(producer);
      this.count(producer.inputs, -1);
      pending.push(...producer.inputs);
    }
  }

  private isRead(id: string): boolean {
    return (this.readers.get(id) ?? 0) > 0;
  }

  private count(inputs: readonly string[], step: 1 | -1): void {
    for (const id of inputs) this.readers.set(id, (this.readers.get(id) ?? 0) + step);
  }
}
