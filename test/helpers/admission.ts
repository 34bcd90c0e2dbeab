import { isDeepStrictEqual } from 'node:util';
import jsonpatch from 'fast-json-patch';
import type { Operation as PatchOperation } from 'fast-json-patch';
import { admit } from '../../src/admission/admit.js';
import type { AdmissionPorts } from '../../src/admission/ports.js';
import { parseQuantity } from '../../src/admission/quantity.js';
import type { Decision, Operation } from '../../src/admission/types.js';
import { node } from './nodes.js';
import { sizedModel } from './sized.js';

export const MODEL = { 'layergauge.dev/model': 'configmap://net' } as const;

/** A world in memory: a 10 GiB model, a node of T4s and one of A100s. */
export function ports(overrides: Partial<AdmissionPorts> = {}): AdmissionPorts {
  return {
    version: 'test',
    size: () => Promise.resolve(sizedModel()),
    nodes: () => [node('T4'), node('A100')],
    remembered: (_, compute) => compute(),
    pinned: (_, compute) => compute(),
    ...overrides,
  };
}

export type Patch = Extract<Decision, { kind: 'patch' }>;

export function decisionOn(object: unknown, world: AdmissionPorts = ports()): Promise<Decision> {
  return admit({ uid: 'u', operation: 'CREATE', namespace: 'team', object }, world);
}

/** The patch, where there must be one. */
export async function patchOf(object: unknown, world: AdmissionPorts = ports()): Promise<Patch> {
  const decision = await decisionOn(object, world);
  if (decision.kind !== 'patch') throw new Error(`no patch but ${JSON.stringify(decision)}`);
  return decision;
}

/** Applies a patch as RFC 6902 says, as it comes off the wire; throws where it does not apply. */
export function apply<T>(object: T, operations: readonly Operation[]): T {
  const received = JSON.parse(JSON.stringify(operations)) as PatchOperation[];
  return jsonpatch.applyPatch(structuredClone(object), received, true).newDocument;
}

/** f: the pod after one call. */
export async function admitted<T>(object: T, world: AdmissionPorts = ports()): Promise<T> {
  const decision = await decisionOn(object, world);
  return decision.kind === 'patch' ? apply(object, decision.operations) : object;
}

/** A pod as the API server hands it to the next webhook: decoded into types and encoded again. */
export function stored<T>(value: T): T {
  return encode(value) as T;
}

function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .map(([key, member]): [string, unknown] => [key, MAPS[key] ? mapped(member, MAPS[key]) : encode(member)])
    .filter(([, member]) => member !== null && !isLeftOut(member))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members);
}

/** `omitempty` leaves empty lists out, and empty maps; an empty struct such as `affinity: {}` stays. */
const isLeftOut = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

type Value = string | number | null;

/** A quantity comes back in its shortest form, `null` as 0; in a map of texts `null` is the empty one. */
const quantity = (value: Value): Value => (value === null ? '0' : String(parseQuantity(value) ?? value));
const text = (value: Value): Value => value ?? '';
const MAPS: Readonly<Record<string, typeof quantity>> = {
  limits: quantity,
  requests: quantity,
  annotations: text,
  nodeSelector: text,
};

function mapped(map: unknown, value: typeof quantity): unknown {
  const entries = Object.entries((map ?? {}) as Record<string, Value>);
  if (entries.length === 0) return null;
  return Object.fromEntries(entries.map(([name, each]) => [name, value(each)]));
}

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

/** Every value of a document that is no object; elements of lists have no number, since lists grow. */
export function leavesOf(value: unknown, path = ''): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}/*`));
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${path}/${key}`));
}

/** Leaves of a document that another has not, counted. */
export function lostLeaves(from: unknown, to: unknown): Leaf[] {
  const left = leavesOf(to);
  return leavesOf(from).filter((leaf) => {
    const at = left.findIndex((other) => other.path === leaf.path && isDeepStrictEqual(other.value, leaf.value));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}
