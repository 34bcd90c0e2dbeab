import type { GraphDescription, InitializerDescription, NodeDescription, ValueDescription } from './onnx-writer.js';

/** Collects nodes and initializers; each call returns the name of what it wrote. */
export class OnnxBuilder {
  readonly nodes: NodeDescription[] = [];
  readonly initializers: InitializerDescription[] = [];
  private count = 0;

  node(
    type: string,
    inputs: readonly string[],
    options: Pick<NodeDescription, 'attributes' | 'metadata' | 'name'> & { output?: string } = {},
  ): string {
    const { output = `t${this.count++}`, ...rest } = options;
    this.nodes.push({ type, inputs, outputs: [output], name: rest.name ?? `/${type}_${this.nodes.length}`, ...rest });
    return output;
  }

  weight(name: string, ...dims: number[]): string {
    if (!this.initializers.some((known) => known.name === name)) this.initializers.push({ name, dims });
    return name;
  }

  ints(...values: number[]): string {
    const name = `shape${this.count++}`;
    this.initializers.push({ name, dims: [values.length], ints: values });
    return name;
  }

  scalar(value: number): string {
    const name = `scalar${this.count++}`;
    this.initializers.push({ name, dims: [], floats: [value] });
    return name;
  }

  index(value: number): string {
    const name = `index${this.count++}`;
    this.initializers.push({ name, dims: [], ints: [value] });
    return name;
  }

  graph(name: string, inputs: readonly ValueDescription[], outputs: readonly ValueDescription[]): GraphDescription {
    return { name, nodes: this.nodes, initializers: this.initializers, inputs, outputs };
  }
}
