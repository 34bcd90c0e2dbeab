import { consumersOf, producersOf } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';

/** What a pattern asks of the graph around a layer. */
export class GraphView {
  private readonly producers: Map<string, Layer>;
  private readonly consumers: Map<string, Layer[]>;
  private readonly outputs: ReadonlySet<string>;

  constructor(readonly graph: Graph) {
    this.producers = producersOf(graph.layers);
    this.consumers = consumersOf(graph.layers);
    this.outputs = new Set(graph.outputs);
  }

  tensor(id: string): Tensor | undefined {
    return this.graph.tensors.get(id);
  }

  /** The layer that writes the tensor, if it is of one of the types. */
  producer(id: string, ...types: readonly string[]): Layer | undefined {
    const layer = this.producers.get(id);
    return layer && (types.length === 0 || types.includes(layer.type)) ? layer : undefined;
  }

  /** The layer that writes an input of a layer, if it is of one of the types. */
  before(layer: Layer | undefined, index: number, ...types: readonly string[]): Layer | undefined {
    const id = layer?.inputs[index];
    return id === undefined ? undefined : this.producer(id, ...types);
  }

  /** Every layer that reads the tensor. */
  readers(id: string): readonly Layer[] {
    return this.consumers.get(id) ?? [];
  }

  /** The one layer that reads the layer's output, if there is just one and it is of one of the types. */
  onlyReader(layer: Layer, ...types: readonly string[]): Layer | undefined {
    const output = layer.outputs[0] ?? '';
    const readers = this.readers(output);
    const [reader] = readers;
    if (readers.length !== 1 || !reader || this.outputs.has(output)) return undefined;
    return types.includes(reader.type) ? reader : undefined;
  }

  /** The layer of one of the types among the readers of a tensor. */
  reader(id: string, ...types: readonly string[]): Layer | undefined {
    return this.readers(id).find((layer) => types.includes(layer.type));
  }

  /** The value of a constant of one element. */
  scalar(id: string): number | undefined {
    const tensor = this.tensor(id);
    return tensor?.value?.length === 1 ? tensor.value[0] : undefined;
  }

  isParameter(id: string): boolean {
    return this.tensor(id)?.role === 'parameter';
  }

  /** The other input of a two-input layer. */
  other(layer: Layer | undefined, id: string | undefined): string | undefined {
    const [left, right] = layer?.inputs ?? [];
    if (left === id) return right;
    return right === id ? left : undefined;
  }

  /** For a commutative layer with one scalar constant: that constant and the other input. */
  scaled(layer: Layer | undefined): { scalar: number; input: string } | undefined {
    if (!layer) return undefined;
    for (const [index, id] of layer.inputs.entries()) {
      const scalar = this.scalar(id);
      const input = layer.inputs[1 - index];
      if (scalar !== undefined && input !== undefined && this.scalar(input) === undefined) return { scalar, input };
    }
    return undefined;
  }

  /** True where nobody outside the set reads what its layers write, but for the outputs that stay. */
  isClosed(removed: readonly Layer[], staying: ReadonlySet<string>): boolean {
    const inside = new Set(removed.map(({ id }) => id));
    return removed.every((layer) =>
      layer.outputs.every(
        (output) =>
          staying.has(output) || (!this.outputs.has(output) && this.readers(output).every(({ id }) => inside.has(id))),
      ),
    );
  }
}
