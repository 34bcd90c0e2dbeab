import type { GpuNode, Taint } from './inventory.js';

/** `nodeSelectorTerm.matchExpressions[]` of core/v1. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null | undefined;
}

export interface Term {
  readonly matchExpressions?: readonly Requirement[] | null | undefined;
  readonly matchFields?: readonly Requirement[] | null | undefined;
}

export interface Toleration {
  readonly key?: string | null | undefined;
  readonly operator?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly effect?: string | null | undefined;
}

/** Where the user lets a pod run. */
export interface Constraints {
  readonly nodeSelector: Readonly<Record<string, string | null | undefined>>;
  /** ORed; undefined where the pod has no required node affinity. */
  readonly terms: readonly Term[] | undefined;
  readonly tolerations: readonly Toleration[];
}

type Matches = (value: string | undefined, wanted: readonly string[]) => boolean;

/** Operators of core/v1 NodeSelectorOperator (component-helpers scheduling/corev1/nodeaffinity). */
const OPERATORS: Readonly<Record<string, Matches>> = {
  In: (value, wanted) => value !== undefined && wanted.includes(value),
  NotIn: (value, wanted) => value === undefined || !wanted.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
  Gt: (value, [bound]) => compare(value, bound, (a, b) => a > b),
  Lt: (value, [bound]) => compare(value, bound, (a, b) => a < b),
};

/** Only integers compare. */
function compare(
  value: string | undefined,
  bound: string | undefined,
  holds: (a: number, b: number) => boolean,
): boolean {
  const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);
  return isInteger(value) && isInteger(bound) && holds(Number(value), Number(bound));
}

function meets(requirement: Requirement, value: string | undefined): boolean {
  const matches = Object.hasOwn(OPERATORS, requirement.operator) ? OPERATORS[requirement.operator] : undefined;
  return matches?.(value, requirement.values ?? []) === true;
}

/** A term without requirements matches nothing. */
function matchesTerm(node: GpuNode, { matchExpressions, matchFields }: Term): boolean {
  const [labels, fields] = [matchExpressions ?? [], matchFields ?? []];
  if (labels.length + fields.length === 0) return false;
  return (
    labels.every((requirement) => meets(requirement, node.labels[requirement.key])) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && meets(requirement, node.name))
  );
}

/** A toleration without a key and with `Exists` tolerates everything. */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key, effect } = toleration;
  if (effect && effect !== taint.effect) return false;
  const operator = toleration.operator ?? 'Equal';
  if (!key) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || (toleration.value ?? '') === taint.value);
}

/** Effects that keep a pod from being scheduled. */
const REPELLING: ReadonlySet<string> = new Set(['NoSchedule', 'NoExecute']);

/** True where the scheduler would let the pod onto the node, resources aside. */
export function admits(node: GpuNode, { nodeSelector, terms, tolerations }: Constraints): boolean {
  return (
    Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === (value ?? '')) &&
    (terms === undefined || terms.some((term) => matchesTerm(node, term))) &&
    node.taints.every(
      (taint) => !REPELLING.has(taint.effect) || tolerations.some((toleration) => tolerates(toleration, taint)),
    )
  );
}
