import { isWeight } from '../ops/bind.js';
import type { BoundGraph, BoundTensor } from '../ops/index.js';

/**
 * Parameters and buffers that no layer reads, each storage once: of a branch that is not taken, of a module that is not
 * called. `model.to(device)` loads them all the same; they get no gradient, and so no optimizer state.
 */
export function unreadWeights({ layers, tensors, outputs }: BoundGraph): readonly BoundTensor[] {
  const unread = new Map<string, BoundTensor>();
  for (const tensor of tensors.values()) if (isWeight(tensor.role) && tensor.type) unread.set(tensor.storage, tensor);
  const read = (id: string): unknown => unread.delete(tensors.get(id)?.storage ?? id);
  for (const { inputs, folded } of layers) if (!folded) inputs.forEach(read);
  outputs.forEach(read);
  return [...unread.values()];
}
