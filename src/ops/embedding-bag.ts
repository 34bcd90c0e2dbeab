import { booleanAttribute, dimAt, input, numberAttribute, tensor } from './context.js';
import type { AutogradContext, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Of the modes sum, mean and max. */
const MAX = 2;

/**
 * The sums of each bag; the bag of each index; the indices of each, one for each offset; where each maximum was found, or
 * nothing.
 */
function infer(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const indices = input(context, 1);
  const offsets = dimAt(input(context, 2).shape, 0);
  const bags = booleanAttribute(context.layer, 'include_last_offset', false) ? offsets - 1 : offsets;
  const sums = [bags, dimAt(shape, 1)];
  const maxima = numberAttribute(context.layer, 'mode', 0) === MAX ? sums : [0];
  const counts = [indices.shape, [offsets], maxima].map((each) => tensor(indices.dtype, each));
  return [tensor(dtype, sums), ...counts];
}

/** Weights of the single indices need the table for their gradient. */
function saves(context: AutogradContext): readonly Saved[] {
  const weights = [3, 0].map((index): Saved => ({ from: 'input', index }));
  return [
    ...[1, 2].map((index): Saved => ({ from: 'input', index })),
    ...(context.inputs[3] ? weights : []),
    ...[1, 2, 3].map((index): Saved => ({ from: 'output', index })),
  ];
}

/**
 * embedding_bag: table, indices, offsets, weights of the indices. Sources: aten/src/ATen/native/cuda/EmbeddingBag.cu;
 * derivatives.yaml (_embedding_bag); saved_tensors_hooks, torch 2.15.
 */
export const EMBEDDING_BAG = {
  EmbeddingBag: {
    operands: 3,
    infer,
    saves,
    gradients: () => ['new', 'none', 'none', 'new'],
    roles: ['parameter', 'constant'],
  },
} as const satisfies Record<string, OpSpec>;
