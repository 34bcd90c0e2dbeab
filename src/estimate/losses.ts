/** The loss a training script adds behind a graph that has none of its own. */
export const LOSSES = {
  'cross-entropy': 'torch.nn.functional.cross_entropy on the logits',
  /** As transformers did it until huggingface/transformers#35646 (2025); where the labels are shifted it is cross-entropy. */
  'next-token': 'cross_entropy of the logits of each token with the next token: the logits are shifted and copied',
  mse: 'torch.nn.functional.mse_loss against a target of the same shape',
  none: 'backward from the outputs themselves',
} as const satisfies Record<string, string>;

export type LossName = keyof typeof LOSSES;
