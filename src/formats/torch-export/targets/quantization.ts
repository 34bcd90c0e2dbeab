import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** Scales and zero points are numbers, or tensors that want no gradient; an observer writes into its own buffers. */
export const QUANTIZATION: Rows = all(
  ['fake_quantize_per_tensor_affine', 'fake_quantize_per_channel_affine', 'fused_moving_avg_obs_fake_quant'],
  row('FakeQuantize'),
);
