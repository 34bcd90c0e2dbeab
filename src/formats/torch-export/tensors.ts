import type { Role, Tensor } from '../../graph/index.js';
import type { TensorMeta } from './schema.js';

export function tensorOf(id: string, { dtype, sizes, strides }: TensorMeta, role: Role): Tensor {
  return { id, dtype, shape: sizes, strides, storage: id, role };
}
