import type { Layer, Role, StorageId } from '../graph/index.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** A tensor once symbols are bound and shapes inferred. */
export interface BoundTensor {
  readonly id: string;
  /** Undefined where nothing says the shape: behind an unknown operator, or where inference failed. */
  readonly type: TensorType | undefined;
  readonly storage: StorageId;
  readonly role: Role;
  readonly trainable: boolean;
  readonly value: readonly number[] | undefined;
}

/** A layer with its row, its context and the tensors it really reads, implied weights included. */
export interface BoundLayer {
  readonly layer: Layer;
  /** Undefined for an operator nobody here knows. */
  readonly spec: OpSpec | undefined;
  readonly context: OpContext;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** True where every output is a small known constant that nothing trains: shape arithmetic, which runs on the host. */
  readonly folded: boolean;
}

/** One network, ready to be traced: control flow inlined, every shape that can be known, known. */
export interface BoundGraph {
  readonly name: string;
  readonly layers: readonly BoundLayer[];
  readonly tensors: ReadonlyMap<string, BoundTensor>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** How often each unknown operator occurs. */
  readonly unknownOps: Readonly<Record<string, number>>;
  /** Layers whose shapes could not be inferred, with the reason. */
  readonly problems: readonly { readonly layer: string; readonly message: string }[];
}
