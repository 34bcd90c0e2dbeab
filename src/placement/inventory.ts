/** The labels of GPU Feature Discovery that placement reads. */
export const LABELS = {
  product: 'nvidia.com/gpu.product',
  memory: 'nvidia.com/gpu.memory',
  family: 'nvidia.com/gpu.family',
  replicas: 'nvidia.com/gpu.replicas',
  sharing: 'nvidia.com/gpu.sharing-strategy',
} as const;

export const GPU_RESOURCE = 'nvidia.com/gpu';

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** A node of the cluster, as far as placement cares. */
export interface GpuNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** `status.allocatable` of `nvidia.com/gpu`: what labels say is not always there to be had. */
  readonly allocatableGpus: number;
}

/** Sharing strategies that advertise whole GPUs which are not. */
export const SHARED_STRATEGIES = ['mps', 'time-slicing'] as const;

/** Older device plugins mark a shared GPU by the product's suffix alone. */
const SHARED_SUFFIX = /-SHARED$/;

/** True where several pods get the same GPU, so that its memory is not one pod's. */
export function isShared({ labels }: GpuNode): boolean {
  const strategy: string = labels[LABELS.sharing] ?? '';
  return (
    SHARED_STRATEGIES.some((shared) => shared === strategy) ||
    Number(labels[LABELS.replicas] ?? 1) > 1 ||
    SHARED_SUFFIX.test(labels[LABELS.product] ?? '')
  );
}

/** `nvidia.com/gpu.memory` in MiB, or undefined where the node does not say: what the scheduler cannot compare is nothing. */
export function memoryMiBOf({ labels }: GpuNode): number | undefined {
  const label = labels[LABELS.memory] ?? '';
  return /^[1-9]\d{0,14}$/.test(label) ? Number(label) : undefined;
}

/** Whole GPUs of one product with one amount of memory, and the nodes that have them. */
export interface GpuGroup {
  readonly product: string;
  readonly labelMiB: number;
  readonly family: string | undefined;
  readonly nodes: readonly GpuNode[];
}

/** What placement makes of a list of nodes, whatever the model. */
export interface Inventory {
  /** Labelled, not shared, really there. */
  readonly groups: readonly GpuGroup[];
  /** Values by which the shared nodes are told. */
  readonly sharedReplicas: readonly string[];
  readonly sharedProducts: readonly string[];
}

/** By list: nodes change by the minute, and thousands of pods are placed on the same list. */
const inventories = new WeakMap<readonly GpuNode[], Inventory>();

export function inventoryOf(nodes: readonly GpuNode[]): Inventory {
  const known = inventories.get(nodes) ?? takeInventory(nodes);
  inventories.set(nodes, known);
  return known;
}

function takeInventory(nodes: readonly GpuNode[]): Inventory {
  const groups = new Map<string, GpuGroup & { nodes: GpuNode[] }>();
  for (const node of nodes) {
    const { [LABELS.product]: product, [LABELS.family]: family } = node.labels;
    const labelMiB = memoryMiBOf(node);
    if (!product || labelMiB === undefined || node.allocatableGpus < 1 || isShared(node)) continue;
    const key = `${product} ${labelMiB}`;
    const group = groups.get(key) ?? { product, labelMiB, family, nodes: [] };
    group.nodes.push(node);
    groups.set(key, group);
  }
  const replicas = nodes.filter(isShared).flatMap(({ labels }) => labels[LABELS.replicas] ?? []);
  const products = nodes.flatMap(({ labels }) => labels[LABELS.product] ?? []);
  return {
    groups: [...groups.values()],
    sharedReplicas: unique(replicas.filter((count) => Number(count) > 1)),
    sharedProducts: unique(products.filter((product) => SHARED_SUFFIX.test(product))),
  };
}

export function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
