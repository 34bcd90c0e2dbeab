import { createHash } from 'node:crypto';
import type { Graph } from './graph.js';

/** SHA-256 over what decides an estimate: layers, tensors, inputs, outputs; equal structures hash alike. */
export function structureHash(graph: Graph): string {
  const hash = createHash('sha256');
  const feed = (part: unknown): void => {
    hash.update(JSON.stringify(part));
  };
  feed([graph.inputs, graph.outputs, graph.hints]);
  for (const { id, type, inputs, outputs, attributes } of graph.layers) feed([id, type, inputs, outputs, attributes]);
  for (const tensor of graph.tensors.values()) feed(tensor);
  for (const [key, subgraph] of graph.subgraphs) feed([key, structureHash(subgraph)]);
  return `sha256:${hash.digest('hex')}`;
}
