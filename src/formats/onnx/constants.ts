import type { DType, Tensor } from '../../graph/index.js';
import { readAttributes } from './attributes.js';
import { MAX_VALUE_ELEMENTS } from './payload.js';
import type { OnnxAttribute, OnnxNode } from './schema.js';
import { tensorOfInitializer, tensorOfSparse } from './tensors.js';

/** The tensor that a Constant node stands for; undefined where nobody can read it. */
export function tensorOfConstant(node: OnnxNode): Tensor | undefined {
  const id = node.output[0] ?? '';
  if (id === '') return undefined;
  const attribute = node.attribute.find(({ name }) => VALUE.test(name));
  if (attribute?.t) return tensorOfInitializer({ ...attribute.t, name: id });
  return (attribute?.sparseTensor && tensorOfSparse(attribute.sparseTensor, id)) ?? listConstant(id, attribute);
}

/** `value`, `sparse_value`, `value_int`, `value_floats`, …: one of them is given. */
const VALUE = /^(?:sparse_)?value(?:_|$)/;

/** A scalar or a list. */
function listConstant(id: string, attribute: OnnxAttribute | undefined): Tensor {
  const { value } = attribute ? readAttributes([{ ...attribute, name: 'value' }]) : {};
  const dtype = listDType(attribute?.name ?? '');
  const shape = value === undefined ? undefined : Array.isArray(value) ? [value.length] : [];
  const elements = [value].flat().filter((element) => typeof element === 'number');
  const isSmall = dtype !== 'string' && shape !== undefined && elements.length <= MAX_VALUE_ELEMENTS;
  return { id, dtype, shape, storage: id, role: 'constant', ...(isSmall && { value: elements }) };
}

function listDType(attribute: string): DType {
  if (attribute.startsWith('value_float')) return 'float32';
  return attribute.startsWith('value_string') ? 'string' : 'int64';
}
