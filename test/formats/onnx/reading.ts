/** Short ways to write a graph and read it back. */
import { writeModel } from '../../../examples/onnx-writer.js';
import type { GraphDescription, InitializerDescription, NodeDescription } from '../../../examples/onnx-writer.js';
import { bytesSource, parseStructure } from '../../../src/formats/index.js';
import type { Graph, Tensor } from '../../../src/graph/index.js';

/** `y = Relu(x)` as a node; a missing input is `-`. */
export function node(text: string, attributes: NodeDescription['attributes'] = {}): NodeDescription {
  const [outputs = '', call = ''] = text.split(' = ');
  const [type = '', inputs = ''] = call.replace(')', '').split('(');
  const names = (list: string): string[] =>
    list
      .split(',')
      .map((name) => name.trim().replace('-', ''))
      .filter((name, _, all) => name !== '' || all.length > 1);
  return { type, inputs: names(inputs), outputs: names(outputs), attributes };
}

/** A graph from `x` [batch, 4] to `y`. */
export function described(
  nodes: readonly (NodeDescription | string)[],
  initializers: readonly InitializerDescription[] = [],
  rest: Partial<GraphDescription> = {},
): GraphDescription {
  return {
    name: 'net',
    nodes: nodes.map((each) => (typeof each === 'string' ? node(each) : each)),
    initializers,
    inputs: [{ name: 'x', dims: ['batch', 4] }],
    outputs: [{ name: 'y', dims: ['batch', 4] }],
    ...rest,
  };
}

export function read(...parts: Parameters<typeof described>): Promise<Graph> {
  return readBytes(writeModel(described(...parts)));
}

export function readBytes(bytes: Uint8Array): Promise<Graph> {
  return parseStructure(bytesSource(bytes, 'model.onnx'));
}

export async function tensorOf(graph: Graph | Promise<Graph>, id: string): Promise<Tensor | undefined> {
  return (await graph).tensors.get(id);
}
