import type { DType } from '../graph/index.js';

export interface PrecisionSpec {
  readonly description: string;
  /** Dtype of parameters, buffers and inputs; undefined where each has that of the file. */
  readonly weights: Extract<DType, 'float32' | 'bfloat16'> | undefined;
  /** The low precision of `torch.autocast`, where it is on. */
  readonly autocast?: Extract<DType, 'float16' | 'bfloat16'>;
}

/** float64 and integers are never touched by autocast or by the choice of a weight dtype. */
export function isCastable(dtype: DType | undefined): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16';
}

export const PRECISIONS = {
  fp32: { description: 'everything in float32', weights: 'float32' },
  bf16: { description: 'everything in bfloat16', weights: 'bfloat16' },
  'amp-fp16': { description: 'torch.autocast to float16, weights in float32', weights: 'float32', autocast: 'float16' },
  'amp-bf16': {
    description: 'torch.autocast to bfloat16, weights in float32',
    weights: 'float32',
    autocast: 'bfloat16',
  },
} as const satisfies Record<string, PrecisionSpec>;

export type PrecisionName = keyof typeof PRECISIONS;
