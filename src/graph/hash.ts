import { createHash } from 'node:crypto';
import type { Graph } from './graph.js';

/**
 * SHA-256 over what decides an estimate: layers with what the exporter did to them, tensors, inputs, outputs. Equal
 * structures hash alike; the names of the net and of its modules, and the words of an assumption, play no part.
 */
export function structureHash(graph: Graph): string {
  const hash = createHash('sha256');
  const feed = (part: unknown): void => {
    hash.update(JSON.stringify(part));
  };
  const { batchSize, hasLoss, isVerbatim } = graph.hints;
  feed([graph.inputs, graph.outputs, batchSize, hasLoss, isVerbatim]);
  for (const { id, type, inputs, outputs, attributes, provenance, overwrites } of graph.layers) {
    feed([id, type, inputs, outputs, attributes, provenance, overwrites]);
  }
  for (const tensor of graph.tensors.values()) feed(tensor);
  for (const [key, subgraph] of graph.subgraphs) feed([key, structureHash(subgraph)]);
  return `sha256:${hash.digest('hex')}`;
}
