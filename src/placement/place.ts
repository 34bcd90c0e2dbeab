import { catalogueClasses, classesOf, requiredMiB, RESERVED_MIB } from './candidates.js';
import type { GpuClass, Need } from './candidates.js';
import { admits } from './constraints.js';
import type { Constraints, Requirement } from './constraints.js';
import { GPU_RESOURCE, inventoryOf, LABELS, SHARED_STRATEGIES, unique } from './inventory.js';
import type { GpuNode } from './inventory.js';

const MiB = 1024 * 1024;

/** Whole GPUs of one rank. */
export const GPUS_OF_A_RANK = 1;

/** What is named one by one in a requirement; an annotation has to hold it. */
const MAX_NAMED = 32;

/** Where a pod is to run. */
export interface Placement {
  /** Whole GPUs of one rank. */
  readonly count: number;
  /** The smallest GPU that fits, or the one a target step time picks. */
  readonly gpu?: GpuClass;
  /** The one product the pod is bound to, where a target step time picked it. */
  readonly product?: string;
  /** Requirements on the node; none where hard affinity would only stop an autoscaler. */
  readonly requirements: readonly Requirement[];
  /** The product preferred among those that fit. */
  readonly prefer?: string;
  readonly warnings: readonly string[];
}

export type PlacementResult =
  | { readonly kind: 'place'; readonly placement: Placement }
  /** Nothing is to be changed; the reason is for the user. */
  | { readonly kind: 'advise'; readonly code: string; readonly reason: string };

export interface PlacementRequest {
  readonly needs: readonly Need[];
  readonly nodes: readonly GpuNode[];
  readonly constraints: Constraints;
  /** Whole GPUs that the pod asks of one node, other containers' and other ranks' included. */
  readonly gpus?: number;
  readonly targetStepSeconds?: number;
}

/** The smallest whole GPU that fits and exists; with a target, the smallest of those that meet it. */
export function placeWhole(request: PlacementRequest): PlacementResult {
  const { needs, nodes, constraints, gpus = GPUS_OF_A_RANK } = request;
  const present = classesOf(nodes, needs, gpus);
  const isLargeEnough = present.some(({ fits }) => fits);
  if (!isLargeEnough && !catalogueClasses(needs).some(({ fits }) => fits)) return tooLarge(needs);
  if (present.length === 0) return unlabelled(`no node with ${known(gpus)} is known: no node affinity was set`);
  if (!isLargeEnough) {
    return unlabelled('no GPU in the cluster is large enough: a larger node must be added');
  }
  const tolerant = { ...constraints, tolerations: [...constraints.tolerations, GPU_TOLERATION] };
  const isAllowed = (node: GpuNode): boolean => admits(node, tolerant);
  const misfits = present.filter(({ fits }) => !fits);
  const [smallest, ...others] = classesOf(nodes, needs, gpus, isAllowed).filter(({ fits }) => fits);
  if (smallest) return { kind: 'place', placement: choose({ reachable: [smallest, ...others], misfits }, request) };
  return {
    kind: 'advise',
    code: 'SELECTORS_EXCLUDE',
    reason: "the pod's own selectors and tolerations exclude every node with a GPU that fits",
  };
}

/** Only this key: other taints are the platform's to open. */
export const GPU_TOLERATION = { key: GPU_RESOURCE, operator: 'Exists', effect: 'NoSchedule' } as const;

function known(gpus: number): string {
  return gpus > 1 ? `${gpus} labelled whole GPUs` : 'a labelled whole GPU';
}

function tooLarge(needs: readonly Need[]): PlacementResult {
  const least = Math.min(...needs.map(({ upperBytes }) => upperBytes));
  return {
    kind: 'advise',
    code: 'TOO_LARGE',
    reason: `training needs ${gibibytes(least)} GiB, more than one GPU has: shard the model or lower the batch size`,
  };
}

function unlabelled(warning: string): PlacementResult {
  return { kind: 'place', placement: { count: GPUS_OF_A_RANK, requirements: [], warnings: [warning] } };
}

interface Choice {
  /** The classes that fit, on nodes the user lets the pod onto; smallest first. */
  readonly reachable: readonly [GpuClass, ...GpuClass[]];
  /** Classes of the cluster that do not fit. */
  readonly misfits: readonly GpuClass[];
}

function choose(choice: Choice, request: PlacementRequest): Placement {
  const { targetStepSeconds: target } = request;
  if (target === undefined) return preferSmallest(choice, request);
  const timed = choice.reachable.filter(({ stepSeconds }) => stepSeconds !== undefined);
  const quick = timed.find((gpu) => secondsOf(gpu) <= target);
  const gpu = quick ?? [...timed].sort((a, b) => secondsOf(a) - secondsOf(b))[0];
  if (!gpu) {
    return {
      ...preferSmallest(choice, request),
      warnings: ['target-step-time was not used: the speed of the GPUs here is not known'],
    };
  }
  return {
    count: GPUS_OF_A_RANK,
    gpu,
    product: gpu.product,
    requirements: [atLeast(requiredMiB(request.needs, gpu.product)), ...unsharedRequirements(request.nodes)],
    warnings: quick ? [] : [`no GPU here trains a step in ${target} s: the fastest that fits is ${gpu.product}`],
  };
}

function secondsOf({ stepSeconds }: GpuClass): number {
  return stepSeconds ?? Infinity;
}

function preferSmallest(choice: Choice, request: PlacementRequest): Placement {
  const { leastMiB, excluded } = memoryBound(choice, request.needs);
  const gpu = choice.reachable.find(({ labelMiB }) => labelMiB >= leastMiB) ?? choice.reachable[0];
  return {
    count: GPUS_OF_A_RANK,
    gpu,
    prefer: gpu.product,
    requirements: [
      atLeast(leastMiB),
      ...notIn(LABELS.product, [...excluded, ...inventoryOf(request.nodes).sharedProducts]),
      ...unsharedRequirements(request.nodes),
    ],
    warnings: [],
  };
}

/**
 * `Gt` is strict, and only integers schedule. The bound is the smallest label that fits, so that larger cards which join
 * later are welcome; a product above it that does not fit is named. Of a product that fits on some nodes and not on others
 * only the label tells which, so there the bound goes above those that do not.
 */
function memoryBound({ reachable, misfits }: Choice, needs: readonly Need[]): { leastMiB: number; excluded: string[] } {
  const largestNeedMiB = Math.ceil(Math.max(...needs.map(({ upperBytes }) => upperBytes)) / MiB) + RESERVED_MIB;
  const labels = reachable.map(({ labelMiB }) => labelMiB);
  const mixed = misfits.filter(({ product }) => reachable.some((gpu) => gpu.product === product));
  const leastMiB = Math.max(Math.min(largestNeedMiB, ...labels), ...mixed.map(({ labelMiB }) => labelMiB + 1));
  const excludedFrom = (bound: number): string[] =>
    unique(misfits.filter(({ labelMiB }) => labelMiB >= bound).map(({ product }) => product));
  const bounds = [leastMiB, ...labels.filter((label) => label > leastMiB)];
  const bound = bounds.find((from) => excludedFrom(from).length <= MAX_NAMED) ?? Math.max(...bounds);
  return { leastMiB: bound, excluded: excludedFrom(bound) };
}

function atLeast(labelMiB: number): Requirement {
  return { key: LABELS.memory, operator: 'Gt', values: [String(labelMiB - 1)] };
}

/** A node without the label is not shared, so the exclusions are `NotIn`, of the values that are seen. */
function unsharedRequirements(nodes: readonly GpuNode[]): Requirement[] {
  return [
    { key: LABELS.sharing, operator: 'NotIn', values: [...SHARED_STRATEGIES] },
    ...notIn(LABELS.replicas, inventoryOf(nodes).sharedReplicas),
  ];
}

function notIn(key: string, values: readonly string[]): Requirement[] {
  return values.length === 0 ? [] : [{ key, operator: 'NotIn', values: unique(values).slice(0, 2 * MAX_NAMED) }];
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
