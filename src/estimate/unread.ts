import type { BoundGraph, BoundTensor } from '../ops/index.js';

/**
 * Parameters and buffers that no layer reads, each storage once: of a branch that is not taken, of a module that is not
 * called. `model.to(device)` loads them all the same; they get no gradient, and so no optimizer state.
 */
export function unreadWeights({ layers, tensors, outputs }: BoundGraph): readonly BoundTensor[] {
  const read = new Set<string>();
  const note = (id: string): unknown => read.add(tensors.get(id)?.storage ?? id);
  for (const { inputs, folded } of layers) if (!folded) inputs.forEach(note);
  outputs.forEach(note);
  const unread = new Map<string, BoundTensor>();
  for (const tensor of tensors.values()) {
    const isWeight = tensor.role === 'parameter' || tensor.role === 'buffer';
    if (isWeight && tensor.type && !read.has(tensor.storage)) unread.set(tensor.storage, tensor);
  }
  return [...unread.values()];
}
