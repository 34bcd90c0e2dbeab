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
  /** The one node the pod was given to: the kubelet still checks the rest. */
  readonly nodeName?: string | undefined;
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

/** Only integers compare (`strconv.ParseInt`). */
function compare(
  value: string | undefined,
  bound: string | undefined,
  holds: (a: number, b: number) => boolean,
): boolean {
  const isInteger = (text: string | undefined): text is string => text !== undefined && /^[+-]?\d{1,19}$/.test(text);
  return isInteger(value) && isInteger(bound) && holds(Number(value), Number(bound));
}

/** True where a node has what the requirement asks of its labels. */
export function meetsLabel({ labels }: GpuNode, requirement: Requirement): boolean {
  return meets(requirement, labelOf(labels, requirement.key));
}

/** Keys are the user's: `constructor` is a label like any other. */
function labelOf(labels: GpuNode['labels'], key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
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
    labels.every((requirement) => meetsLabel(node, requirement)) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && meets(requirement, node.name))
  );
}

/** A toleration without a key and with `Exists` tolerates everything; without an operator it means `Equal`. */
function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return Boolean(key) && (!operator || operator === 'Equal') && (value ?? '') === taint.value;
}

/** Effects that keep a pod from being scheduled. */
const REPELLING: ReadonlySet<string> = new Set(['NoSchedule', 'NoExecute']);

/** Taints of a node's state (well-known taints: not-ready, unschedulable…): they come and go, and the pod waits. */
const PASSING = /^node\.(?:cloudprovider\.)?kubernetes\.io\/|^ToBeDeletedByClusterAutoscaler$/;

function repels(taint: Taint, tolerations: readonly Toleration[]): boolean {
  if (!REPELLING.has(taint.effect) || PASSING.test(taint.key)) return false;
  return !tolerations.some((toleration) => tolerates(toleration, taint));
}

/** True where the scheduler would let the pod onto the node, resources and the node's state aside. */
export function admits(node: GpuNode, { nodeName, nodeSelector, terms, tolerations }: Constraints): boolean {
  return (
    (!nodeName || nodeName === node.name) &&
    Object.entries(nodeSelector).every(([key, value]) => labelOf(node.labels, key) === (value ?? '')) &&
    (terms === undefined || terms.some((term) => matchesTerm(node, term))) &&
    node.taints.every((taint) => !repels(taint, tolerations))
  );
}
