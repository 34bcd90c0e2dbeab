import type { DType } from './dtype.js';
import type { Dim } from './dim.js';

/** Two tensors with one storage are views of the same bytes, or one parameter under two names. */
export type StorageId = string;

/** What a tensor is to a training step. A `constant` is data of the file that no optimizer touches. */
export type Role = 'input' | 'parameter' | 'buffer' | 'activation' | 'constant';

/** A tensor as the file states it, before symbols are bound. */
export interface Tensor {
  readonly id: string;
  readonly dtype: DType;
  /** Undefined where the file does not say even the rank. */
  readonly shape: readonly Dim[] | undefined;
  /** Elements, not bytes; undefined means contiguous, or unknown with the shape. */
  readonly strides?: readonly Dim[];
  readonly storage: StorageId;
  readonly role: Role;
  /** Parameters only: false where the file freezes it. */
  readonly trainable?: boolean;
  /** The elements of a small constant, in row-major order; int64 beyond 2^53 loses its low bits, which no shape needs. */
  readonly value?: readonly number[];
}
