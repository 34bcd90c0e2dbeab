/** Elements of PyTorch that are overwritten, taken or moved by where they stand. */
import { dimAt, divided, elements, input, numberAttribute, tensor } from './context.js';
import { iteratedType } from './layout.js';
import { firstGradient, KEEP_INDICES, KEEP_OPERANDS, like } from './parts.js';
import type { AutogradContext, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** A copy in the layout of the tensor, parts of which are overwritten. */
function copied(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  return [iteratedType([type], type.dtype)];
}

/** The source is kept for its shape, where it wants a gradient. */
function saveCopied(context: AutogradContext): readonly Saved[] {
  return [...(context.requiresGrad(1) ? KEEP_INDICES : []), { from: 'input', index: 2 }];
}

function groupsOf(context: OpContext): number {
  return divided(dimAt(input(context, 0).shape, 1), numberAttribute(context.layer, 'group', 1));
}

function inferShuffled(context: OpContext): readonly TensorType[] {
  groupsOf(context);
  return [like(context)];
}

/** True where no channel moves: then the permuted view lies row-major, and is what is put out. */
function isStill(context: OpContext): boolean {
  const groups = groupsOf(context);
  return groups === 1 || groups === dimAt(input(context, 0).shape, 1);
}

/** Sources: tools/autograd/derivatives.yaml; aten/src/ATen/native/TensorAdvancedIndexing.cpp, ChanelShuffle.cpp. */
export const PLACEMENT = {
  /** The tensor, then where along an axis it becomes one number; the gradient is filled with 0 there, in a copy. */
  IndexFill: { operands: 2, infer: copied, saves: () => KEEP_INDICES, gradients: firstGradient },
  /** The tensor, the source, then where along an axis the source goes (derivatives.yaml: index_copy). */
  IndexCopy: { operands: 3, infer: copied, saves: saveCopied, gradients: () => ['new', 'new', 'none'] },
  /** Elements by their position in a row of all; backward puts them into zeros, like the tensor that is kept for it. */
  Take: {
    operands: 2,
    infer: (context) => [tensor(input(context, 0).dtype, input(context, 1).shape)],
    saves: () => KEEP_OPERANDS,
    gradients: firstGradient,
  },
  /**
   * A permuted view made row-major: CUDA has no kernel of its own (math_channel_shuffle). Backward shuffles the gradient
   * by the other factor.
   */
  ChannelShuffle: {
    infer: inferShuffled,
    view: (context) => isStill(context) && elements(input(context, 0).shape) > 0,
    gradients: (context) => [isStill(context) ? 'pass' : 'new'],
  },
} as const satisfies Record<string, OpSpec>;
