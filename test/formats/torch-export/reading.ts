/** Short ways to write a program and read it back. */
import { writeProgram } from '../../../examples/pt2-writer.js';
import type { Given, NodeDescription, ProgramDescription } from '../../../examples/pt2-writer.js';
import { FormatError, bytesSource, parseStructure } from '../../../src/formats/index.js';
import type { Graph, Layer } from '../../../src/graph/index.js';
import { bindGraph } from '../../../src/ops/bind.js';
import type { BoundGraph } from '../../../src/ops/index.js';

/** A node of aten. */
export function call(
  target: string,
  given: Readonly<Record<string, Given>>,
  outputs: NodeDescription['outputs'],
  rest: Partial<NodeDescription> = {},
): NodeDescription {
  return { target: `aten.${target}`, arguments: given, outputs, ...rest };
}

/** A program from `x` [s0, 4, 8, 8] through these nodes to the last one's outputs. */
export function described(
  nodes: readonly NodeDescription[],
  rest: Partial<ProgramDescription> = {},
): ProgramDescription {
  const outputs = Object.keys(nodes.at(-1)?.outputs ?? {}).filter((name) => !name.startsWith('$'));
  return { inputs: { x: ['s0', 4, 8, 8] }, nodes, outputs, ...rest };
}

export function readBytes(bytes: Uint8Array, name = 'net.pt2'): Promise<Graph> {
  return parseStructure(bytesSource(bytes, name));
}

export function read(...parts: Parameters<typeof described>): Promise<Graph> {
  return readBytes(writeProgram(described(...parts)));
}

/** The layers as `id = Type(inputs)`, without constants' ids. */
export function written({ layers, tensors }: Graph): readonly string[] {
  const operand = (id: string): string => {
    const tensor = tensors.get(id);
    return tensor?.role === 'constant' && tensor.value ? `[${tensor.value.join(' ')}]` : id;
  };
  return layers.map(
    ({ type, inputs, outputs }: Layer) => `${outputs.join(', ')} = ${type}(${inputs.map(operand).join(', ')})`,
  );
}

/** Shapes inferred for a batch of 2, by tensor. */
export function bound(graph: Graph): BoundGraph {
  return bindGraph(graph, {
    bindings: new Map([
      ['s0', 2],
      ['s1', 16],
    ]),
  });
}

/** The refusal of a file. */
export async function refusal(result: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await result;
  } catch (error) {
    if (error instanceof FormatError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the file was read');
}
