import type { Call, GivenAttributes } from '../call.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

const QUERY = ['query', 'key', 'value'];

const isCausal = (call: Call): GivenAttributes => ({ is_causal: call.number('is_causal', 0) });

/** The kernel is chosen when the model runs, on its GPU; the mask of some has another name. */
export const ATTENTION: Rows = {
  scaled_dot_product_attention: row('Attention', [...QUERY, 'attn_mask'], (call) => ({
    ...isCausal(call),
    enable_gqa: call.number('enable_gqa', 0),
  })),
  ...all(
    ['_scaled_dot_product_flash_attention', '_scaled_dot_product_cudnn_attention'],
    row('Attention', QUERY, isCausal),
  ),
  ...all(['_scaled_dot_product_flash_attention_for_cpu'], row('Attention', [...QUERY, 'attn_mask'], isCausal)),
  _scaled_dot_product_efficient_attention: row('Attention', [...QUERY, 'attn_bias'], isCausal),
};
