import { createHash } from 'node:crypto';
import type { Graph } from './graph.js';

/** Characters that are hashed at once: a call costs more than what it hashes of one layer. */
const CHUNK_LENGTH = 2 ** 16;

/**
 * SHA-256 over what decides an estimate: layers with what the exporter did to them, tensors, inputs, outputs. Equal
 * structures hash alike; the names of the net and of its modules, and the words of an assumption, play no part.
 */
export function structureHash(graph: Graph): string {
  const hash = createHash('sha256');
  let text = '';
  const feed = (part: unknown): void => {
    text += JSON.stringify(part);
    if (text.length < CHUNK_LENGTH) return;
    hash.update(text);
    text = '';
  };
  const { batchSize, hasLoss, isVerbatim, autocast } = graph.hints;
  feed([graph.inputs, graph.outputs, batchSize, hasLoss, isVerbatim, autocast]);
  for (const { id, type, inputs, outputs, attributes, provenance, overwrites } of graph.layers) {
    feed([id, type, inputs, outputs, attributes, provenance, overwrites]);
  }
  for (const tensor of graph.tensors.values()) feed(tensor);
  for (const [key, subgraph] of graph.subgraphs) feed([key, structureHash(subgraph)]);
  return `sha256:${hash.update(text).digest('hex')}`;
}
