import { failure } from './text.js';
import type { Message, Scalar } from './text.js';

const EMPTY: Message = { kind: 'message', fields: new Map(), line: 1 };

function scalars(message: Message, name: string): readonly Scalar[] {
  return (message.fields.get(name) ?? []).filter((value) => value.kind === 'scalar');
}

/** Every sub-message of a repeated field. */
export function messages(message: Message, name: string): readonly Message[] {
  return (message.fields.get(name) ?? []).filter((value) => value.kind === 'message');
}

/** The sub-message of a field; an empty one where the file has none, so that defaults apply. Several are merged. */
export function child(message: Message, name: string): Message {
  const [first = EMPTY, ...others] = messages(message, name);
  if (others.length === 0) return first;
  const fields = new Map([...first.fields].map(([field, values]) => [field, [...values]]));
  for (const [field, values] of others.flatMap((other) => [...other.fields])) {
    const merged = fields.get(field) ?? [];
    fields.set(field, merged);
    for (const value of values) merged.push(value);
  }
  return { ...first, fields };
}

/** Every text of a repeated field: strings and enum names alike. */
export function texts(message: Message, name: string): readonly string[] {
  return scalars(message, name).map(({ text }) => text);
}

/** The text of a field; the last one counts, as protobuf merges. */
export function text(message: Message, name: string): string | undefined {
  return scalars(message, name).at(-1)?.text;
}

/** Every number of a repeated field. */
export function numbers(message: Message, name: string): readonly number[] {
  return scalars(message, name).map(toNumber);
}

export function number(message: Message, name: string): number | undefined {
  const last = scalars(message, name).at(-1);
  return last && toNumber(last);
}

export function boolean(message: Message, name: string): boolean | undefined {
  const value = text(message, name);
  return value === undefined ? undefined : /^(?:true|True|t|1)$/.test(value);
}

/** Where an enum is written by its number, the name at that number. */
export function enumeration(message: Message, name: string, names: readonly string[]): string | undefined {
  const value = text(message, name);
  return value === undefined ? undefined : (names[Number(value)] ?? value);
}

const DECIMAL = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[fF]?$/;
const BASED = /^([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]+)$/;

function toNumber({ text: value, line }: Scalar): number {
  const based = BASED.exec(value);
  if (based?.[2] !== undefined) {
    const size = /^0[xX]/.test(based[2]) ? Number(based[2]) : Number.parseInt(based[2], 8);
    return based[1] === '-' ? -size : size;
  }
  if (!DECIMAL.test(value)) throw failure('MALFORMED', line, 'a number is expected here');
  const float = Number.parseFloat(value);
  if (!Number.isFinite(float)) throw failure('MALFORMED', line, 'a number is too large');
  return float;
}

/** Larger sizes than this overflow Caffe's own int32 blob counts. */
const MAX_SIZE = 2 ** 31 - 1;

/** Every size of a repeated field: whole numbers that can be a dimension, an axis or a stride. */
export function sizes(message: Message, name: string): readonly number[] {
  return scalars(message, name).map(toSize);
}

export function size(message: Message, name: string): number | undefined {
  const last = scalars(message, name).at(-1);
  return last && toSize(last);
}

/** Every number of a repeated field that counts something: no fewer than `least`. */
export function counts(message: Message, name: string, least: number): readonly number[] {
  return scalars(message, name).map((scalar) => toCount(scalar, least));
}

export function count(message: Message, name: string, least = 1): number | undefined {
  return counts(message, name, least).at(-1);
}

function toCount(scalar: Scalar, least: number): number {
  const value = toSize(scalar);
  if (value < least) throw failure('MALFORMED', scalar.line, `a whole number of at least ${least} is expected here`);
  return value;
}

function toSize(scalar: Scalar): number {
  const value = toNumber(scalar);
  if (!Number.isInteger(value) || Math.abs(value) > MAX_SIZE) {
    throw failure('MALFORMED', scalar.line, 'a whole number below 2^31 is expected here');
  }
  return value;
}
