import { isDeepStrictEqual } from 'node:util';
import type { Requirement, Toleration } from '../placement/constraints.js';
import { GPU_RESOURCE, LABELS } from '../placement/inventory.js';
import { GPU_TOLERATION } from '../placement/place.js';
import type { ChosenContainer } from './container.js';
import type { PatchBuilder } from './patch-builder.js';
import type { Provenance } from './provenance.js';

/** What is to stand in the pod; `null` where nothing of ours is. */
export type Applied = Provenance['applied'];

export const NOTHING_APPLIED: Applied = {
  count: null,
  product: null,
  prefer: null,
  requirements: [],
  toleration: false,
};

const AFFINITY = ['spec', 'affinity', 'nodeAffinity'] as const;
const REQUIRED = [...AFFINITY, 'requiredDuringSchedulingIgnoredDuringExecution'] as const;
const PREFERRED = [...AFFINITY, 'preferredDuringSchedulingIgnoredDuringExecution'] as const;

/** Brings a pod from what we wrote before to what is to stand there now; what the user wrote stays. */
export function writePlacement(patch: PatchBuilder, change: { before: Applied; after: Applied }): void {
  writeSelector(patch, change);
  writeRequired(patch, change);
  writePreferred(patch, change);
  if (change.after.toleration) writeToleration(patch);
}

/** Extended resources are whole, and request equals limit. */
export function writeCount(patch: PatchBuilder, { index }: Pick<ChosenContainer, 'index'>, count: number): void {
  const resources = ['spec', 'containers', index, 'resources'] as const;
  for (const kind of ['limits', 'requests'] as const) {
    const current = patch.get(...resources, kind, GPU_RESOURCE);
    if (String(current) !== String(count)) patch.set([...resources, kind, GPU_RESOURCE], String(count));
  }
}

function writeSelector(patch: PatchBuilder, { before, after }: { before: Applied; after: Applied }): void {
  const path = ['spec', 'nodeSelector', LABELS.product] as const;
  if (after.product !== null) patch.set(path, after.product);
  else if (before.product !== null && patch.get(...path) === before.product) patch.remove(path);
}

/** Terms are ORed, so ours go into every one; an empty term matches nothing and must stay so. */
function writeRequired(patch: PatchBuilder, { before, after }: { before: Applied; after: Applied }): void {
  const terms = patch.list(...REQUIRED, 'nodeSelectorTerms');
  const isOurs = (requirement: unknown): boolean => contains(before.requirements, requirement);
  const wanted = after.requirements;
  terms.forEach((_, index) => {
    const path = [...REQUIRED, 'nodeSelectorTerms', index, 'matchExpressions'] as const;
    const present = patch.list(...path);
    if (present.length + patch.list(...path.slice(0, -1), 'matchFields').length === 0) return;
    for (const requirement of wanted) if (!contains(present, requirement)) patch.append(path, requirement);
    removeFrom(patch, path, (requirement) => isOurs(requirement) && !contains(wanted, requirement));
  });
  if (terms.length === 0 && wanted.length > 0)
    patch.set(REQUIRED, { nodeSelectorTerms: [{ matchExpressions: wanted }] });
  // Terms that held nothing but ours would now match nothing.
  const left = patch.list(...REQUIRED, 'nodeSelectorTerms');
  if (before.requirements.length > 0 && wanted.length === 0 && left.every(isEmptyTerm)) patch.remove(REQUIRED);
}

function isEmptyTerm(term: unknown): boolean {
  const { matchExpressions, matchFields } = term as {
    matchExpressions?: unknown[] | null;
    matchFields?: unknown[] | null;
  };
  return (matchExpressions ?? []).length + (matchFields ?? []).length === 0;
}

function writePreferred(patch: PatchBuilder, { before, after }: { before: Applied; after: Applied }): void {
  const wanted = after.prefer === null ? [] : [preference(after.prefer)];
  const stale = before.prefer === null || before.prefer === after.prefer ? [] : [preference(before.prefer)];
  removeFrom(patch, PREFERRED, (term) => contains(stale, term));
  for (const term of wanted) if (!contains(patch.list(...PREFERRED), term)) patch.append(PREFERRED, term);
}

/** The highest weight there is: among GPUs that fit, the smallest. */
function preference(product: string): object {
  const requirement: Requirement = { key: LABELS.product, operator: 'In', values: [product] };
  return { weight: 100, preference: { matchExpressions: [requirement] } };
}

function writeToleration(patch: PatchBuilder): void {
  const path = ['spec', 'tolerations'] as const;
  const covers = ({ key, operator, effect }: Toleration): boolean =>
    operator === 'Exists' && (!key || key === GPU_TOLERATION.key) && (!effect || effect === GPU_TOLERATION.effect);
  if (!patch.list(...path).some((toleration) => covers(toleration as Toleration))) patch.append(path, GPU_TOLERATION);
}

function removeFrom(
  patch: PatchBuilder,
  path: readonly (string | number)[],
  isStale: (item: unknown) => boolean,
): void {
  const items = patch.list(...path);
  for (let index = items.length - 1; index >= 0; index--) if (isStale(items[index])) patch.remove([...path, index]);
}

function contains(list: readonly unknown[], item: unknown): boolean {
  return list.some((other) => isDeepStrictEqual(other, item));
}
