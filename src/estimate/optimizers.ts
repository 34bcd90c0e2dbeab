/**
 * One row per optimizer: the tensors of a parameter's size that it keeps, and the lists of that size that its default
 * (`foreach`) implementation allocates during a step and frees at the end of it. Source: torch/optim/*.py, `_multi_tensor_*`.
 */
export interface OptimizerSpec {
  readonly description: string;
  /** State tensors per parameter, in the parameter's dtype; they appear in the first step. */
  readonly states: readonly string[];
  /** Temporary lists of parameter size, alive together at the end of a step. */
  readonly foreachTemporaries: number;
}

export const OPTIMIZERS = {
  /** `_foreach_add_(params, grads, alpha=-lr)`: in place. */
  sgd: { description: 'torch.optim.SGD', states: [], foreachTemporaries: 0 },
  /** momentum_buffer is a clone of the first gradient; later steps update it in place. */
  'sgd-momentum': { description: 'torch.optim.SGD(momentum=…)', states: ['momentum_buffer'], foreachTemporaries: 0 },
  /** `_foreach_sqrt(exp_avg_sqs)` is a new list; the bias corrections then work in place on it. */
  adam: { description: 'torch.optim.Adam', states: ['exp_avg', 'exp_avg_sq'], foreachTemporaries: 1 },
  /** As Adam; its weight decay multiplies the parameters in place. */
  adamw: { description: 'torch.optim.AdamW', states: ['exp_avg', 'exp_avg_sq'], foreachTemporaries: 1 },
} as const satisfies Record<string, OptimizerSpec>;

export type OptimizerName = keyof typeof OPTIMIZERS;
