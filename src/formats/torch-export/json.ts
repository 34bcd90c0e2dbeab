/** Text to checked values: the schema is read by hand, so that a file is refused at the first thing that is wrong. */
import { isAscii } from 'node:buffer';
import { quoted } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { failure } from './failure.js';

/** What opens a value or divides two, each of which becomes an object, an element or a property. */
const COUNTED = ['{', '[', ','];

/** Parses JSON that is no larger than it may be. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > LIMITS.maxTextBytes) {
    throw failure('LIMIT_EXCEEDED', `the text has ${bytes.byteLength} bytes, more than ${LIMITS.maxTextBytes}`);
  }
  const text = textIn(bytes);
  if (hasMoreThan(LIMITS.maxFields, text)) throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxFields} values`);
  const plain = NUMBERS.some((number) => text.includes(number)) ? withoutInfinities(text) : text;
  try {
    return JSON.parse(plain);
  } catch (cause) {
    throw failure('MALFORMED', 'the text is not JSON; it may be cut short', { cause });
  }
}

/** Python's json module writes nothing but ASCII, of which every byte is a character: that takes a tenth of the time. */
function textIn(bytes: Uint8Array): string {
  if (!isAscii(bytes)) return new TextDecoder().decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Searched for rather than read one by one, which would take as long as JSON.parse; each has a character at least. */
function hasMoreThan(most: number, text: string): boolean {
  if (text.length <= most) return false;
  let fields = 0;
  for (const mark of COUNTED) {
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) if (++fields > most) return true;
  }
  return false;
}

/** Python's json module writes these where JSON has no number for them. */
const NUMBERS = ['Infinity', 'NaN'];
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
/** A program has one for each mask that it fills. */
const MAX_INFINITIES = 100_000;

/** As text, which is how later versions write them. */
function withoutInfinities(text: string): string {
  let count = 0;
  return text.replace(STRING_OR_NUMBER, (match) => {
    if (match.startsWith('"')) return match;
    if (++count > MAX_INFINITIES) throw failure('LIMIT_EXCEEDED', `more than ${MAX_INFINITIES} infinities`);
    return `"${match}"`;
  });
}

export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object. */
export function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unexpected(path, 'an object');
}

export function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(path, 'a list');
}

/** A name: text of a length that a name can have. */
export function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw unexpected(path, 'text');
  if (value.length <= LIMITS.maxNameBytes) return value;
  throw failure('LIMIT_EXCEEDED', `a name is longer than ${LIMITS.maxNameBytes} characters`, { location: path });
}

/** `.name` of an object, which is how arguments refer to values. */
export function nameOf(value: unknown, path: string): string {
  return textOf(fieldsOf(value, path)['name'], `${path}.name`);
}

/** The key of a union, which has exactly one. */
export function unionOf(value: unknown, path: string): readonly [kind: string, value: unknown] {
  const fields = fieldsOf(value, path);
  const keys = Object.keys(fields);
  const [kind] = keys;
  if (kind === undefined || keys.length > 1) throw unexpected(path, 'an object of one key');
  return [kind, fields[kind]];
}

export function unexpected(path: string, wanted: string): Error {
  return failure('MALFORMED', `it is not ${wanted}`, { location: quoted(path).slice(1, -1) });
}
