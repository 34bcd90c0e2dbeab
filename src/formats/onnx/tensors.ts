import { parseDim, quoted, symbol } from '../../graph/index.js';
import type { Dim, Role, Tensor } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { DATA_TYPES, tensorValue } from './payload.js';
import type { OnnxDim, OnnxSparseTensor, OnnxTensor, OnnxValueInfo } from './schema.js';

/** An initializer; its role is decided later, by what reads it. */
export function tensorOfInitializer(initializer: OnnxTensor): Tensor {
  const { name, dims } = initializer;
  checkDims(name, dims);
  const value = tensorValue(initializer);
  return {
    id: name,
    dtype: DATA_TYPES[initializer.dataType] ?? 'float32',
    shape: dims,
    storage: name,
    role: 'constant',
    ...(value && { value }),
  };
}

/** A sparse tensor by the shape it stands for; how few of its elements are stored is another matter. */
export function tensorOfSparse({ values, dims }: OnnxSparseTensor, id: string): Tensor | undefined {
  if (!values) return undefined;
  checkDims(id, dims);
  return { id, dtype: DATA_TYPES[values.dataType] ?? 'float32', shape: dims, storage: id, role: 'constant' };
}

/**
 * A graph input, output or intermediate value, as far as the file states it. A dim without a name is named after `place`
 * and not after the tensor, whose name (`token_ids`) would say something about the dim that the file does not.
 */
export function tensorOfValueInfo({ name, type }: OnnxValueInfo, role: Role, place = name): Tensor {
  const { elemType = 1, shape } = type?.tensorType ?? {};
  const dims = shape?.dim.map((dim, axis) => readDim(dim, name) ?? symbol(`dim_${axis}_of_${place}`));
  if (dims && dims.length > LIMITS.maxRank) throw tooMany(name, `${LIMITS.maxRank} dimensions`);
  return { id: name, dtype: DATA_TYPES[elemType] ?? 'float32', shape: dims, storage: name, role };
}

/** Undefined where the file says nothing of the dim. */
function readDim({ dimParam = '', dimValue = 0 }: OnnxDim, name: string): Dim | undefined {
  if (dimParam.length > LIMITS.maxNameBytes) throw tooMany(name, `${LIMITS.maxNameBytes} characters in a name`);
  if (dimParam !== '' && !NAMELESS.test(dimParam)) return parseDim(dimParam);
  return dimValue > 0 ? dimValue : undefined;
}

/** What exporters write for a dim they know nothing of; it does not tie the dims it stands in to each other. */
const NAMELESS = /^(?:\?|-\d+|none|unk|unknown|dynamic)$/i;

function checkDims(name: string, dims: readonly number[]): void {
  if (dims.length > LIMITS.maxRank) throw tooMany(name, `${LIMITS.maxRank} dimensions`);
  if (dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    // Beyond that nothing can be counted any more.
    if (dims.reduce((product, dim) => product * Math.max(1, dim), 1) <= Number.MAX_SAFE_INTEGER) return;
    throw tooMany(name, '2^53 elements');
  }
  throw new FormatError({
    code: 'MALFORMED',
    format: 'onnx',
    location: `initializer ${quoted(name)}`,
    message: 'a dimension is negative or beyond 2^53',
  });
}

function tooMany(name: string, what: string): FormatError {
  return new FormatError({
    code: 'LIMIT_EXCEEDED',
    format: 'onnx',
    location: `tensor ${quoted(name)}`,
    message: `more than ${what}`,
  });
}
