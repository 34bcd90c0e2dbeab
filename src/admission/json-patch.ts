import type { Operation } from './types.js';

/** `nvidia.com/gpu` → `nvidia.com~1gpu` (RFC 6901). */
export function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${escapePointer(String(part))}`).join('');
}

type Json = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Applies a patch to a copy. Throws where it does not apply: the API server would answer 500 for the pod. */
export function applyPatch(document: unknown, operations: readonly Operation[]): unknown {
  const copy: unknown = structuredClone(document);
  for (const operation of operations) applyOperation(copy, operation);
  return copy;
}

function applyOperation(document: unknown, { op, path, value }: Operation): void {
  const parts = path.split('/').slice(1).map(unescapePointer);
  const key = parts.pop();
  if (key === undefined) throw new Error(`the patch has no path for its ${op}`);
  const parent = parts.reduce<unknown>((at, part) => childOf(at, part), document);
  if (!isContainer(parent)) throw new Error(`there is nothing at the parent of ${path}`);
  if (op !== 'add' && childOf(parent, key) === undefined) throw new Error(`there is nothing at ${path} to ${op}`);
  if (Array.isArray(parent)) changeArray(parent, key, { op, path, value });
  else if (op === 'remove') Reflect.deleteProperty(parent, key);
  else parent[key] = structuredClone(value);
}

function changeArray(array: unknown[], key: string, { op, path, value }: Operation): void {
  const index = key === '-' ? array.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > array.length) throw new Error(`${path} is no place in its list`);
  if (op === 'remove') array.splice(index, 1);
  else array.splice(index, op === 'add' ? 0 : 1, structuredClone(value));
}

function childOf(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[Number(key)];
  return isContainer(parent) && Object.hasOwn(parent, key) ? (parent as Record<string, unknown>)[key] : undefined;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
