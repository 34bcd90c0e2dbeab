import type { Requirement, Toleration } from '../placement/constraints.js';
import { GPU_RESOURCE, LABELS } from '../placement/inventory.js';
import { GPU_TOLERATION } from '../placement/place.js';
import type { Placement } from '../placement/place.js';
import type { ChosenContainer } from './container.js';
import { isSame } from './json.js';
import type { PatchBuilder } from './patch-builder.js';
import type { Applied } from './provenance.js';

/** What is to stand in the pod. */
export type Wanted = Pick<Placement, 'product' | 'prefer' | 'requirements'>;

const AFFINITY = ['spec', 'affinity', 'nodeAffinity'] as const;
const REQUIRED = [...AFFINITY, 'requiredDuringSchedulingIgnoredDuringExecution'] as const;
const TERMS = [...REQUIRED, 'nodeSelectorTerms'] as const;
const PREFERRED = [...AFFINITY, 'preferredDuringSchedulingIgnoredDuringExecution'] as const;
const TOLERATIONS = ['spec', 'tolerations'] as const;

/**
 * Brings a pod from what we wrote before to what is to stand there now, and says what of it is ours. What the user wrote
 * stays, and stays theirs where it is what we would have written.
 */
export function writePlacement(patch: PatchBuilder, before: Applied, wanted: Wanted): Omit<Applied, 'count'> {
  return {
    product: writeSelector(patch, before, wanted.product ?? null),
    requirements: writeRequired(patch, before, wanted.requirements),
    prefer: writePreferred(patch, before, wanted.prefer ?? null),
    toleration: writeToleration(patch) || before.toleration,
  };
}

/** Extended resources are whole, and request equals limit. */
export function writeCount(patch: PatchBuilder, { index }: Pick<ChosenContainer, 'index'>, count: number): void {
  const resources = ['spec', 'containers', index, 'resources'] as const;
  for (const kind of ['limits', 'requests'] as const) {
    const path = [...resources, kind, GPU_RESOURCE] as const;
    // Where the number 1 stands, "1" would change nothing.
    if (patch.get(...path) !== count) patch.set(path, String(count));
  }
}

function writeSelector(patch: PatchBuilder, before: Applied, wanted: string | null): string | null {
  const path = ['spec', 'nodeSelector', LABELS.product] as const;
  const current = patch.get(...path);
  const isOurs = before.product !== null && current === before.product;
  if (current !== undefined && !isOurs) return null;
  if (wanted === null) patch.remove(path);
  else patch.set(path, wanted);
  return wanted;
}

/** Terms are ORed, so ours go into every one; an empty term matches nothing and must stay so. */
function writeRequired(patch: PatchBuilder, before: Applied, wanted: readonly Requirement[]): Requirement[] {
  const theirs = patch.list(...TERMS).flatMap(requirementsOf);
  const isOurs = (requirement: Requirement): boolean =>
    contains(before.requirements, requirement) || !contains(theirs, requirement);
  const ours = wanted.filter(isOurs).map(plain);
  const emptied = patch
    .list(...TERMS)
    .map((term, index) => !isEmptyTerm(term) && rewrite(patch, index, before, wanted));
  // A term that held nothing but ours would now match nothing; the user had none.
  if (emptied.some(Boolean) && patch.list(...TERMS).every(isEmptyTerm)) patch.remove(REQUIRED);
  const current = patch.get(...REQUIRED);
  if (wanted.length > 0 && (current === undefined || current === null)) {
    patch.set(REQUIRED, { nodeSelectorTerms: [{ matchExpressions: wanted.map(plain) }] });
  }
  return ours;
}

/** True where nothing is left of the term. */
function rewrite(patch: PatchBuilder, index: number, before: Applied, wanted: readonly Requirement[]): boolean {
  const path = [...TERMS, index, 'matchExpressions'] as const;
  const present = patch.list(...path);
  for (const requirement of wanted) if (!contains(present, plain(requirement))) patch.append(path, plain(requirement));
  removeFrom(patch, path, (item) => contains(before.requirements, item) && !contains(wanted.map(plain), item));
  return isEmptyTerm(patch.get(...TERMS, index));
}

/** A requirement of ours as it stands in a pod. */
function plain({ key, operator, values }: Requirement): { key: string; operator: string; values: string[] } {
  return { key, operator, values: [...(values ?? [])] };
}

interface RawTerm {
  readonly matchExpressions?: readonly unknown[] | null;
  readonly matchFields?: readonly unknown[] | null;
}

function requirementsOf(term: unknown): readonly unknown[] {
  return (term as RawTerm).matchExpressions ?? [];
}

function isEmptyTerm(term: unknown): boolean {
  const { matchExpressions, matchFields } = term as RawTerm;
  return (matchExpressions ?? []).length + (matchFields ?? []).length === 0;
}

function writePreferred(patch: PatchBuilder, before: Applied, wanted: string | null): string | null {
  if (before.prefer !== null && before.prefer !== wanted) {
    const stale = preference(before.prefer);
    removeFrom(patch, PREFERRED, (term) => isSame(term, stale));
  }
  if (wanted === null) return null;
  const isThere = contains(patch.list(...PREFERRED), preference(wanted));
  if (!isThere) patch.append(PREFERRED, preference(wanted));
  return !isThere || before.prefer === wanted ? wanted : null;
}

/** The highest weight there is: among GPUs that fit, the smallest. */
function preference(product: string): object {
  const requirement: Requirement = { key: LABELS.product, operator: 'In', values: [product] };
  return { weight: 100, preference: { matchExpressions: [requirement] } };
}

/** True where it was missing. */
function writeToleration(patch: PatchBuilder): boolean {
  const covers = ({ key, operator, effect }: Toleration): boolean =>
    operator === 'Exists' && (!key || key === GPU_TOLERATION.key) && (!effect || effect === GPU_TOLERATION.effect);
  const isMissing = !patch.list(...TOLERATIONS).some((toleration) => covers(toleration as Toleration));
  if (isMissing) patch.append(TOLERATIONS, GPU_TOLERATION);
  return isMissing;
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
  return list.some((other) => isSame(other, item));
}
