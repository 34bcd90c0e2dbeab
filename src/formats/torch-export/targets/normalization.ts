import type { Call, Row } from '../call.js';
import { all, evaluated, row, trimmed } from './rows.js';
import type { Rows } from './rows.js';

/** As many outputs as the operator names, of which the first is the tensor and the others are statistics. */
function batchNorm(call: Call): void {
  evaluated(call, 'training', 'BatchNormalization');
  const names = ['input', 'weight', 'bias', 'running_mean', 'running_var'];
  call.result('BatchNormalization', trimmed(names.map((name) => call.operand(name))), {
    epsilon: call.number('eps', 1e-5),
  });
}

/** The axes from the first normalised one on. */
function rowsFrom(call: Call): { axis: number } {
  return { axis: -(call.sizes('normalized_shape')?.length ?? 1) };
}

/** `group_norm(input, num_groups, …)`, `native_group_norm(input, …, group, eps)`. */
function groups(call: Call): { num_groups: number } {
  return { num_groups: call.number('num_groups', call.number('group', 1)) };
}

const AFFINE = ['input', 'weight', 'bias'];

/** instance_norm is named `use_input_stats` where it is trained, which is what it always is here. */
const instanceNorm: Row = row('InstanceNormalization', AFFINE);

export const NORMALIZATION: Rows = {
  ...all(['batch_norm', 'native_batch_norm', '_native_batch_norm_legit', 'cudnn_batch_norm'], batchNorm),
  ...all(['_native_batch_norm_legit_functional', '_batch_norm_with_update_functional'], batchNorm),
  ...all(['_native_batch_norm_legit_no_training'], (call) => {
    call.assembly.evaluated.set('BatchNormalization', (call.assembly.evaluated.get('BatchNormalization') ?? 0) + 1);
    batchNorm(call);
  }),
  ...all(['layer_norm', 'native_layer_norm'], row('LayerNormalization', AFFINE, rowsFrom)),
  ...all(['rms_norm', '_fused_rms_norm'], row('RMSNormalization', ['input', 'weight'], rowsFrom)),
  ...all(['group_norm', 'native_group_norm'], row('GroupNormalization', AFFINE, groups)),
  instance_norm: instanceNorm,
  ...all(
    ['_weight_norm', '_weight_norm_interface'],
    row('WeightNorm', ['v', 'g'], (call) => ({ axis: call.number('dim', 0) })),
  ),
};
