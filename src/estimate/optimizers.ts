import {
  blockScales,
  columns,
  DECAYED,
  drop,
  factored,
  full,
  gramInBfloat16,
  inBfloat16,
  make,
  makePlain,
  matrices,
  quantized,
  rows,
  state,
  vector,
} from './optimizer-parts.js';
import type { Implementation, OptimizerTensor, StepAction } from './optimizer-parts.js';

/**
 * One row per optimizer: what it keeps of a parameter, and the tensors each implementation makes during a step. Sources:
 * torch/optim/*.py of PyTorch 2.15 (`_init_group`, `_single_tensor_*`, `_multi_tensor_*`) unless a row names another. Every
 * row was run under a dispatch mode that logs each storage as it comes and goes; scalars are left out.
 */
export interface OptimizerSpec {
  readonly description: string;
  readonly states: readonly OptimizerTensor[];
  /** When the states appear. */
  readonly appear: 'constructor' | 'first-step';
  /** The class's default first. Fused kernels make nothing. */
  readonly steps: Readonly<Partial<Record<Implementation, readonly StepAction[]>>>;
  /** True where the fused implementation counts steps in a tensor for each parameter on the GPU. */
  readonly countsOnDevice?: true;
  /** True where a step multiplies matrices. */
  readonly multiplies?: true;
  /** The row for those that this optimizer refuses, which are all but matrices. */
  readonly others?: 'adamw';
}

const ADAM_STATES = [state('exp_avg'), state('exp_avg_sq')];

/** `denom = (exp_avg_sq.sqrt() / bias_correction2_sqrt).add_(eps)`, alive until the next parameter's. */
const DENOM = [make('sqrt'), make('denom'), ...drop('sqrt')];

/** Its weight decay multiplies the parameters in place. */
const ADAMW = {
  description: 'torch.optim.AdamW',
  states: ADAM_STATES,
  appear: 'first-step',
  steps: { foreach: [make('exp_avg_sq_sqrt')], 'for-loop': DENOM, fused: [] },
  countsOnDevice: true,
} as const satisfies OptimizerSpec;

/** momentum_buffer is a clone of the first gradient; later steps update it in place. */
const MOMENTUM = {
  description: 'torch.optim.SGD(momentum=…)',
  states: [state('momentum_buffer')],
  appear: 'first-step',
  steps: { foreach: [DECAYED], 'for-loop': [DECAYED, ...drop('grad')], fused: [] },
} as const satisfies OptimizerSpec;

const RMSPROP = {
  description: 'torch.optim.RMSprop',
  states: [state('square_avg')],
  appear: 'first-step',
  steps: { foreach: [DECAYED, make('avg')], 'for-loop': [DECAYED, make('avg'), ...drop('grad')] },
} as const satisfies OptimizerSpec;

/** bitsandbytes/optim/optimizer.py, Optimizer2State; its two tables of 1 KiB for all parameters are left out. */
const ADAM_8BIT = {
  states: [
    state('state1', quantized),
    state('state2', quantized),
    state('absmax1', blockScales),
    state('absmax2', blockScales),
  ],
  appear: 'first-step',
  steps: { fused: [] },
} as const satisfies Omit<OptimizerSpec, 'description'>;

/** `ns_steps` of torch.optim.Muon. */
const NEWTON_SCHULZ_STEPS = 5;
const NEWTON_SCHULZ = [make('gram', gramInBfloat16), make('gram_update', gramInBfloat16), make('ortho', inBfloat16)];

export const OPTIMIZERS = {
  /** `_foreach_add_(params, grads, alpha=-lr)`: in place. */
  sgd: { ...MOMENTUM, description: 'torch.optim.SGD', states: [] },
  'sgd-momentum': MOMENTUM,
  /** foreach adds the momentum to `.grad` itself; the loop makes a new gradient. */
  'sgd-nesterov': {
    ...MOMENTUM,
    description: 'torch.optim.SGD(momentum=…, nesterov=True)',
    steps: { ...MOMENTUM.steps, 'for-loop': [DECAYED, make('lookahead'), ...drop('grad', 'lookahead')] },
  },
  /** `_foreach_sqrt(exp_avg_sqs)` is a new list; the bias corrections then work in place on it. */
  adam: {
    ...ADAMW,
    description: 'torch.optim.Adam',
    steps: {
      foreach: [DECAYED, ...drop('grad'), make('exp_avg_sq_sqrt')],
      'for-loop': [DECAYED, ...DENOM, ...drop('grad')],
      fused: [],
    },
  },
  adamw: ADAMW,
  rmsprop: RMSPROP,
  'rmsprop-momentum': {
    ...RMSPROP,
    description: 'torch.optim.RMSprop(momentum=…)',
    states: [state('square_avg'), state('momentum_buffer')],
  },
  'rmsprop-centered': {
    ...RMSPROP,
    description: 'torch.optim.RMSprop(centered=True)',
    states: [state('square_avg'), state('grad_avg')],
  },
  adagrad: {
    description: 'torch.optim.Adagrad',
    states: [state('sum')],
    appear: 'constructor',
    steps: {
      foreach: [DECAYED, make('std'), makePlain('numerator')],
      'for-loop': [DECAYED, make('std'), ...drop('grad')],
      fused: [],
    },
    countsOnDevice: true,
  },
  adadelta: {
    description: 'torch.optim.Adadelta',
    states: [state('square_avg'), state('acc_delta')],
    appear: 'first-step',
    steps: {
      foreach: [DECAYED, make('std'), make('delta')],
      'for-loop': [DECAYED, make('std'), make('delta'), ...drop('grad')],
    },
  },
  adamax: {
    description: 'torch.optim.Adamax',
    states: [state('exp_avg'), state('exp_inf')],
    appear: 'first-step',
    steps: {
      foreach: [DECAYED, makePlain('abs')],
      'for-loop': [DECAYED, make('abs'), ...drop('abs', 'grad')],
    },
  },
  nadam: {
    description: 'torch.optim.NAdam',
    states: ADAM_STATES,
    appear: 'first-step',
    steps: {
      foreach: [DECAYED, make('exp_avg_sq_sqrt')],
      'for-loop': [DECAYED, make('unbiased'), make('denom'), ...drop('unbiased', 'grad')],
    },
  },
  /** The loop as it is from the sixth step on, when the variance is rectified. */
  radam: {
    description: 'torch.optim.RAdam',
    states: ADAM_STATES,
    appear: 'first-step',
    steps: {
      foreach: [DECAYED, ...drop('grad'), make('buffer')],
      'for-loop': [
        DECAYED,
        make('bias_corrected_exp_avg'),
        ...['scaled', 'sqrt', 'reciprocal', 'adaptive_lr'].map((name) => make(name)),
        ...drop('sqrt', 'reciprocal'),
        make('product'),
        ...drop('scaled', 'adaptive_lr'),
        make('rectified'),
        ...drop('product', 'rectified', 'grad'),
      ],
    },
  },
  /** Rows and columns of the last two dims; the class itself falls back to the loop where `foreach` is not asked for. */
  adafactor: {
    description: 'torch.optim.Adafactor',
    states: [state('row_var', rows), state('col_var', columns), state('variance', vector)],
    appear: 'first-step',
    steps: {
      'for-loop': [
        make('row_mean', rows),
        make('col_mean', columns),
        make('grad_squared', vector),
        make('update'),
        make('row_var_mean', matrices),
        ...drop('row_var_mean'),
      ],
      foreach: [
        make('row_means', rows),
        ...drop('row_means'),
        make('col_means', columns),
        ...drop('col_means'),
        make('updates', factored),
        make('row_var_means', matrices),
        ...drop('row_var_means'),
        make('grads_squared', vector),
        ...drop('grads_squared'),
        make('clones', vector),
      ],
    },
    multiplies: true,
  },
  /** lion-pytorch 0.2.5: lion_pytorch/foreach.py and lion_pytorch/lion_pytorch.py; decay is in place. */
  lion: {
    description: 'Lion of lion-pytorch',
    states: [state('exp_avg')],
    appear: 'first-step',
    steps: { foreach: [make('updates')], 'for-loop': [make('clone'), make('update'), ...drop('clone', 'update')] },
  },
  /** timm 1.0.31, timm/optim/lamb.py: the gradients are clipped to a global norm into a new list; decay is in place. */
  lamb: {
    description: 'Lamb of timm',
    states: ADAM_STATES,
    appear: 'first-step',
    steps: {
      foreach: [make('grad'), make('denom'), make('update')],
      'for-loop': [make('grad'), ...DENOM, make('update'), ...drop('grad')],
    },
  },
  adam8bit: { ...ADAM_8BIT, description: 'Adam8bit of bitsandbytes' },
  adamw8bit: { ...ADAM_8BIT, description: 'AdamW8bit of bitsandbytes' },
  /** torch.optim.Muon takes matrices alone; its documentation gives AdamW the rest. */
  muon: {
    description: 'torch.optim.Muon for matrices, torch.optim.AdamW for the rest',
    states: [state('momentum_buffer')],
    appear: 'first-step',
    steps: {
      'for-loop': [
        make('update', full),
        ...drop('ortho'),
        make('ortho', inBfloat16),
        ...Array.from({ length: NEWTON_SCHULZ_STEPS }, () => NEWTON_SCHULZ).flat(),
        ...drop('gram', 'gram_update', 'update'),
      ],
    },
    multiplies: true,
    others: 'adamw',
  },
} as const satisfies Record<string, OptimizerSpec>;

export type OptimizerName = keyof typeof OPTIMIZERS;

/** The implementation that the class takes by itself. */
export function defaultImplementation(optimizer: OptimizerName): Implementation {
  const [first = 'for-loop'] = Object.keys(OPTIMIZERS[optimizer].steps) as Implementation[];
  return first;
}
