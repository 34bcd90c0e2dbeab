/**
 * A frozen model in 16 bits with trained parameters in float32: peft makes its adapters so, whatever the model is in
 * (peft/tuners/tuners_utils.py, _cast_adapter_dtype). Every dtype then counts as the file has it, where float32 would have
 * doubled the model.
 */
import type { DType, Role } from '../graph/index.js';
import type { BoundGraph } from '../ops/index.js';
import type { PrecisionSpec } from './precisions.js';

interface Weight {
  readonly dtype: DType | undefined;
  readonly role: Role;
  readonly trainable?: boolean;
}

/** The dtype of 16 bits that a file freezes beside trained parameters of float32. */
export function frozenInLow(tensors: readonly Weight[]): DType | undefined {
  const parameters = tensors.filter(({ role }) => role === 'parameter');
  const frozen = parameters.find(
    ({ dtype, trainable }) => trainable === false && (dtype === 'float16' || dtype === 'bfloat16'),
  );
  const isTrainedWide = parameters.some(({ dtype, trainable }) => trainable !== false && dtype === 'float32');
  return isTrainedWide ? frozen?.dtype : undefined;
}

/** The precision with the weights of the graph: those of float32 are as the file has them where it mixes dtypes. */
export function precisionFor({ tensors }: BoundGraph, precision: PrecisionSpec): PrecisionSpec {
  if (precision.weights !== 'float32') return precision;
  const weights = [...tensors.values()].map(({ type, role, trainable }) => ({ dtype: type?.dtype, role, trainable }));
  return frozenInLow(weights) === undefined ? precision : { ...precision, weights: undefined };
}
