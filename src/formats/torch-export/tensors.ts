import type { Role, Tensor } from '../../graph/index.js';
import type { TensorMeta } from './schema.js';

export function tensorOf(id: string, { dtype, sizes }: TensorMeta, role: Role): Tensor {
  return { id, dtype, shape: sizes, storage: id, role };
}
