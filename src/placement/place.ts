import { catalogueClasses, classesOf, RESERVED_MIB } from './candidates.js';
import type { GpuClass, Need } from './candidates.js';
import { admits } from './constraints.js';
import type { Constraints, Requirement } from './constraints.js';
import { GPU_RESOURCE, isShared, LABELS, SHARED_STRATEGIES } from './inventory.js';
import type { GpuNode } from './inventory.js';

const MiB = 1024 * 1024;

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
  readonly targetStepSeconds?: number;
}

/** The smallest whole GPU that fits and exists; with a target, the smallest of those that meet it. */
export function placeWhole(request: PlacementRequest): PlacementResult {
  const { needs, nodes, constraints } = request;
  const present = classesOf(nodes, needs);
  const fitting = (present.length > 0 ? present : catalogueClasses(needs)).filter(({ fits }) => fits);
  if (fitting.length === 0 && !catalogueClasses(needs).some(({ fits }) => fits)) return tooLarge(needs);
  if (present.length === 0) return unlabelled('no node with a labelled whole GPU is known: no node affinity was set');
  if (fitting.length === 0) return unlabelled('no GPU in the cluster is large enough: a larger node must be added');
  const tolerant = { ...constraints, tolerations: [...constraints.tolerations, GPU_TOLERATION] };
  const reachable = classesOf(
    nodes.filter((node) => admits(node, tolerant)),
    needs,
  ).filter(({ fits }) => fits);
  if (reachable.length === 0) {
    return {
      kind: 'advise',
      code: 'SELECTORS_EXCLUDE',
      reason: "the pod's own selectors and tolerations exclude every node with a GPU that fits",
    };
  }
  return { kind: 'place', placement: choose(reachable, present, request) };
}

/** Only this key: other taints are the platform's to open. */
export const GPU_TOLERATION = { key: GPU_RESOURCE, operator: 'Exists', effect: 'NoSchedule' } as const;

function tooLarge(needs: readonly Need[]): PlacementResult {
  const least = Math.min(...needs.map(({ upperBytes }) => upperBytes));
  return {
    kind: 'advise',
    code: 'TOO_LARGE',
    reason: `training needs ${gibibytes(least)} GiB, more than any single GPU has: shard the model or lower the batch size`,
  };
}

function unlabelled(warning: string): PlacementResult {
  return { kind: 'place', placement: { count: 1, requirements: [], warnings: [warning] } };
}

function choose(reachable: readonly GpuClass[], present: readonly GpuClass[], request: PlacementRequest): Placement {
  const [smallest] = reachable;
  const target = request.targetStepSeconds;
  if (target === undefined || !smallest) {
    return {
      count: 1,
      ...(smallest && { gpu: smallest, prefer: smallest.product }),
      requirements: [...memoryRequirements(request, present), ...unsharedRequirements(request.nodes)],
      warnings: [],
    };
  }
  const timed = reachable.filter(({ stepSeconds }) => stepSeconds !== undefined);
  const seconds = ({ stepSeconds }: GpuClass): number => stepSeconds ?? Infinity;
  const quick = timed.find((gpu) => seconds(gpu) <= target);
  const gpu = quick ?? [...timed].sort((a, b) => seconds(a) - seconds(b))[0] ?? smallest;
  return {
    count: 1,
    gpu,
    product: gpu.product,
    requirements: unsharedRequirements(request.nodes),
    warnings: quick ? [] : [`no GPU here trains a step in ${target} s: the fastest that fits is ${gpu.product}`],
  };
}

/**
 * `Gt` is strict, and only integers schedule. The bound is the smallest label that fits, so that larger cards which join
 * later are welcome; a product above it that does not fit is named.
 */
function memoryRequirements({ needs }: PlacementRequest, present: readonly GpuClass[]): Requirement[] {
  const largestNeed = Math.ceil(Math.max(...needs.map(({ upperBytes }) => upperBytes)) / MiB) + RESERVED_MIB;
  const fitting = present.filter(({ fits }) => fits).map(({ labelMiB }) => labelMiB);
  const leastMiB = Math.min(largestNeed, ...fitting);
  const misfits = present.filter(({ fits, labelMiB }) => !fits && labelMiB >= leastMiB).map(({ product }) => product);
  return [{ key: LABELS.memory, operator: 'Gt', values: [String(leastMiB - 1)] }, ...notIn(LABELS.product, misfits)];
}

/** A node without the label is not shared, so the exclusions are `NotIn`, of the values that are seen. */
function unsharedRequirements(nodes: readonly GpuNode[]): Requirement[] {
  const shared = nodes.filter(isShared);
  const seen = (key: string): string[] => shared.flatMap(({ labels }) => labels[key] ?? []);
  return [
    { key: LABELS.sharing, operator: 'NotIn', values: [...SHARED_STRATEGIES] },
    ...notIn(
      LABELS.replicas,
      seen(LABELS.replicas).filter((replicas) => Number(replicas) > 1),
    ),
    ...notIn(
      LABELS.product,
      seen(LABELS.product).filter((product) => product.endsWith('-SHARED')),
    ),
  ];
}

function notIn(key: string, values: readonly string[]): Requirement[] {
  return values.length === 0 ? [] : [{ key, operator: 'NotIn', values: [...new Set(values)].sort() }];
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
