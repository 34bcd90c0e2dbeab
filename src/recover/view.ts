import { consumersOf } from '../graph/index.js';
import type { Graph, Layer, Tensor } from '../graph/index.js';

interface Links {
  readonly consumers: ReadonlyMap<string, Layer[]>;
  /** What stays whoever reads it. */
  readonly kept: ReadonlySet<string>;
}

/** What a pattern asks of the graph around a layer. */
export class GraphView {
  private links: Links | undefined;
  private positions: ReadonlyMap<Layer, number> | undefined;

  constructor(readonly graph: Graph) {}

  /** Made for the first pattern that asks: in most graphs few find their anchor. */
  private get linked(): Links {
    const { layers } = this.graph;
    this.links ??= {
      consumers: consumersOf(layers),
      kept: keptTensors(this.graph),
    };
    return this.links;
  }

  /** True of a program that run_decompositions took apart. */
  get isDecomposed(): boolean {
    return this.graph.hints.isVerbatim === false;
  }

  /** True of what stays whoever reads it. */
  isKept(id: string): boolean {
    return this.linked.kept.has(id);
  }

  /** True of a layer that runs after another. */
  isBehind(layer: Layer, other: Layer): boolean {
    this.positions ??= new Map(this.graph.layers.map((each, index) => [each, index]));
    return (this.positions.get(layer) ?? -1) > (this.positions.get(other) ?? -1);
  }

  tensor(id: string): Tensor | undefined {
    return this.graph.tensors.get(id);
  }

  /** The layer that writes the tensor, if it is of one of the types. */
  producer(id: string | undefined, ...types: readonly string[]): Layer | undefined {
    const layer = id === undefined ? undefined : this.graph.producers.get(id);
    return layer && (types.length === 0 || types.includes(layer.type)) ? layer : undefined;
  }

  /** The layer that writes an input of a layer, if it is of one of the types. */
  before(layer: Layer | undefined, index: number, ...types: readonly string[]): Layer | undefined {
    return this.producer(layer?.inputs[index], ...types);
  }

  /** Every layer that reads the tensor. */
  readers(id: string): readonly Layer[] {
    return this.linked.consumers.get(id) ?? [];
  }

  /** The one layer that reads the layer's output, if there is just one and it is of one of the types. */
  onlyReader(layer: Layer | undefined, ...types: readonly string[]): Layer | undefined {
    const output = layer?.outputs[0] ?? '';
    const readers = this.readers(output);
    const [reader] = readers;
    if (readers.length !== 1 || !reader || this.isKept(output)) return undefined;
    return types.includes(reader.type) ? reader : undefined;
  }

  /** The layer of one of the types among the readers of a tensor. */
  reader(id: string, ...types: readonly string[]): Layer | undefined {
    return this.readers(id).find((layer) => types.includes(layer.type));
  }

  /** The value of a constant of one element. */
  scalar(id: string | undefined): number | undefined {
    const value = id === undefined ? undefined : this.tensor(id)?.value;
    return value?.length === 1 ? value[0] : undefined;
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

  /** A layer's scalar constant and its other input; of a Div, where the constant is what it divides by. */
  scaled(layer: Layer | undefined): { scalar: number; input: string } | undefined {
    const [left, right] = layer?.inputs ?? [];
    return this.scalarAnd(right, left) ?? (layer?.type === 'Div' ? undefined : this.scalarAnd(left, right));
  }

  private scalarAnd(constant?: string, input?: string): { scalar: number; input: string } | undefined {
    const scalar = this.scalar(constant);
    if (scalar === undefined || input === undefined || this.scalar(input) !== undefined) return undefined;
    return { scalar, input };
  }

  /** The tensor behind a Cast, and that Cast; the tensor itself where nothing casts it. */
  uncast(id = ''): { id: string; casts: readonly Layer[] } {
    const cast = this.producer(id, 'Cast');
    return cast ? { id: cast.inputs[0] ?? '', casts: [cast] } : { id, casts: [] };
  }

  /** True where nobody outside the set reads what its layers write, but for the outputs that stay. */
  isClosed(removed: readonly Layer[], staying: ReadonlySet<string> = new Set()): boolean {
    const inside = new Set(removed);
    return removed.every((layer) =>
      layer.outputs.every(
        (output) =>
          staying.has(output) || (!this.isKept(output) && this.readers(output).every((reader) => inside.has(reader))),
      ),
    );
  }
}

/** What must not go, whoever reads it in the graph itself: its outputs, and what the bodies of its control flow read. */
function keptTensors(graph: Graph): Set<string> {
  const kept = new Set(graph.outputs);
  const pending = [...graph.subgraphs.values()];
  for (let body = pending.pop(); body; body = pending.pop()) {
    for (const id of [...body.outputs, ...body.layers.flatMap(({ inputs }) => inputs)]) kept.add(id);
    pending.push(...body.subgraphs.values());
  }
  return kept;
}
