import { parseDim, symbol } from '../../graph/index.js';
import type { Dim, Role, Tensor } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { DATA_TYPES, tensorValue } from './payload.js';
import type { OnnxTensor, OnnxValueInfo } from './schema.js';

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

/** A graph input, output or intermediate value, as far as the file states it. */
export function tensorOfValueInfo(info: OnnxValueInfo, role: Role): Tensor {
  const type = info.type?.tensorType;
  const dims = type?.shape?.dim;
  if (dims && dims.length > LIMITS.maxRank) throw tooMany(info.name, `${LIMITS.maxRank} dimensions`);
  const shape = dims?.map((dim, axis): Dim => {
    if (dim.dimParam) return parseDim(dim.dimParam);
    return dim.dimValue !== undefined && dim.dimValue > 0 ? dim.dimValue : symbol(`${info.name}_dim_${axis}`);
  });
  return { id: info.name, dtype: DATA_TYPES[type?.elemType ?? 1] ?? 'float32', shape, storage: info.name, role };
}

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
    location: `initializer "${name}"`,
    message: 'a dimension is negative or beyond 2^53',
  });
}

function tooMany(name: string, what: string): FormatError {
  return new FormatError({
    code: 'LIMIT_EXCEEDED',
    format: 'onnx',
    location: `tensor "${name}"`,
    message: `more than ${what}`,
  });
}
