/** The arguments of a node (torch/_export/serde/schema.py, Argument): a union of one key, `as_int`, `as_tensor`, … */
import type { DType } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { SCALAR_TYPES } from './dtypes.js';
import { failure } from './failure.js';
import { fieldsOf, listOf, nameOf, textOf, unexpected, unionOf } from './json.js';

/** A number, or the name of the value that computes it. */
export type Size = number | string;

export type Argument =
  | { readonly kind: 'none' }
  /** '' where an optional tensor is absent. */
  | { readonly kind: 'tensors'; readonly names: readonly string[]; readonly isList: boolean }
  | { readonly kind: 'sizes'; readonly values: readonly Size[]; readonly isList: boolean; readonly isFloat: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'dtype'; readonly value: DType }
  /** The body of a higher-order operator, still to be read. */
  | { readonly kind: 'graph'; readonly graph: unknown };

type Read = (value: unknown, path: string) => Argument;

const NONE: Argument = { kind: 'none' };

/** Python's json module has no number for infinity and writes its name. */
function numberOf(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'string') return Number(value);
  throw unexpected(path, 'a number');
}

/** `{ as_name: 's' }`, or the number under any other key. */
function sizeOf(value: unknown, path: string): Size {
  if (typeof value !== 'object') return numberOf(value, path);
  const [key, inner] = unionOf(value, path);
  return key === 'as_name' ? textOf(inner, path) : numberOf(inner, path);
}

function optionalTensor(value: unknown, path: string): string {
  const [key, inner] = unionOf(value, path);
  return key === 'as_none' ? '' : nameOf(inner, path);
}

function listed<T>(value: unknown, path: string, each: (item: unknown, path: string) => T): readonly T[] {
  const items = listOf(value, path);
  if (items.length <= LIMITS.maxOperands) return items.map((item, index) => each(item, `${path}[${index}]`));
  throw failure('LIMIT_EXCEEDED', `a list of more than ${LIMITS.maxOperands} arguments`, { location: path });
}

const one =
  (isFloat: boolean): Read =>
  (value, path) => {
    return { kind: 'sizes', values: [sizeOf(value, path)], isList: false, isFloat };
  };

const many =
  (isFloat: boolean): Read =>
  (value, path) => {
    return { kind: 'sizes', values: listed(value, path, sizeOf), isList: true, isFloat };
  };

const tensor =
  (read: (value: unknown, path: string) => string): Read =>
  (value, path) => {
    return { kind: 'tensors', names: [read(value, path)], isList: false };
  };

const tensors =
  (read: (value: unknown, path: string) => string): Read =>
  (value, path) => {
    return { kind: 'tensors', names: listed(value, path, read), isList: true };
  };

const text: Read = (value, path) => ({ kind: 'text', value: textOf(value, path) });

/** Keys that are not here (devices, layouts, custom objects) say nothing of memory. */
const READ: Readonly<Record<string, Read>> = {
  as_tensor: tensor(nameOf),
  as_optional_tensor: tensor(optionalTensor),
  as_tensors: tensors(nameOf),
  as_optional_tensors: tensors(optionalTensor),
  as_int: one(false),
  as_bool: one(false),
  as_float: one(true),
  as_sym_int: one(false),
  as_sym_bool: one(false),
  as_sym_float: one(true),
  as_ints: many(false),
  as_bools: many(false),
  as_floats: many(true),
  as_sym_ints: many(false),
  as_sym_bools: many(false),
  as_sym_floats: many(true),
  as_string: text,
  as_scalar_type: (value) => {
    const dtype = SCALAR_TYPES[Number(value)];
    return dtype ? { kind: 'dtype', value: dtype } : NONE;
  },
  as_memory_format: one(false),
  as_graph: (value, path) => ({ kind: 'graph', graph: fieldsOf(value, path)['graph'] }),
};

export function readArgument(value: unknown, path: string): Argument {
  const [key, inner] = unionOf(value, path);
  return Object.hasOwn(READ, key) ? (READ[key]?.(inner, path) ?? NONE) : NONE;
}

/** The values that an argument refers to. */
export function namesIn(argument: Argument): readonly string[] {
  if (argument.kind === 'tensors') return argument.names;
  return argument.kind === 'sizes' ? argument.values.filter((value) => typeof value === 'string') : [];
}
