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

/** `nvidia.com/gpu.memory` in MiB, or undefined where the node does not say. */
export function memoryMiBOf({ labels }: GpuNode): number | undefined {
  const mib = Number(labels[LABELS.memory] ?? NaN);
  return Number.isSafeInteger(mib) && mib > 0 ? mib : undefined;
}
