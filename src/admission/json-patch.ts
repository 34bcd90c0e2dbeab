import { copyOf, setOwn } from './json.js';
import type { Operation } from './types.js';

/** `nvidia.com/gpu` → `nvidia.com~1gpu` (RFC 6901). */
export function escapePointer(part: string): string {
  return /[~/]/.test(part) ? part.replaceAll('~', '~0').replaceAll('/', '~1') : part;
}

export function pointer(...parts: readonly string[]): string {
  return parts.map((part) => `/${escapePointer(part)}`).join('');
}

type Json = Record<string, unknown> | unknown[];

/** A place in a list: no sign, no leading zero. */
const INDEX = /^(?:0|[1-9]\d{0,9})$/;

const isContainer = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Applies a patch to a copy. Throws where it does not apply: the API server would answer 500 for the pod. */
export function applyPatch(document: unknown, operations: readonly Operation[]): unknown {
  const copy = copyOf(document);
  for (const operation of operations) applyOperation(copy, operation);
  return copy;
}

/** Applies one operation to the document itself; what is added to it is a copy. */
function applyOperation(document: unknown, operation: Operation): void {
  const [root, ...parts] = operation.path.split('/').map(unescapePointer);
  if (root !== '') throw new Error(`"${operation.path}" is no path for ${operation.op}`);
  applyAt(document, parts, operation);
}

/** Applies an operation whose path is taken apart already. */
export function applyAt(document: unknown, parts: readonly string[], operation: Operation): void {
  const { op, path, value } = operation;
  const name = parts.at(-1);
  if (name === undefined) throw new Error(`"${path}" is no path for ${op}`);
  const parent = parts.slice(0, -1).reduce<unknown>(childOf, document);
  if (!isContainer(parent)) throw new Error(`there is nothing at the parent of ${path}`);
  if (op !== 'add' && childOf(parent, name) === undefined) throw new Error(`there is nothing at ${path} to ${op}`);
  if (Array.isArray(parent)) changeArray(parent, name, operation);
  else if (op === 'remove') Reflect.deleteProperty(parent, name);
  else setOwn(parent, name, copyOf(value));
}

/** The member or element of that name, never an inherited one. */
export function childOf(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return INDEX.test(key) ? (parent[Number(key)] as unknown) : undefined;
  return isContainer(parent) && Object.hasOwn(parent, key) ? (parent as Record<string, unknown>)[key] : undefined;
}

function changeArray(array: unknown[], key: string, { op, path, value }: Operation): void {
  const index = key === '-' ? array.length : INDEX.test(key) ? Number(key) : Infinity;
  if (index > array.length) throw new Error(`${path} is no place in its list`);
  if (op === 'remove') array.splice(index, 1);
  else array.splice(index, op === 'add' ? 0 : 1, copyOf(value));
}

function unescapePointer(part: string): string {
  return part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part;
}
