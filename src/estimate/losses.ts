/** The loss a training script adds behind a graph that has none of its own. */
export const LOSSES = {
  'cross-entropy': 'torch.nn.functional.cross_entropy on the logits',
  mse: 'torch.nn.functional.mse_loss against a target of the same shape',
  none: 'backward from the outputs themselves',
} as const satisfies Record<string, string>;

export type LossName = keyof typeof LOSSES;
