import { LABELS } from '../../src/placement/inventory.js';
import type { GpuNode, Taint } from '../../src/placement/inventory.js';
import { GPUS } from './sized.js';
import type { GpuName } from './sized.js';

export interface NodeOptions {
  readonly name?: string;
  readonly gpus?: number;
  /** Set over those of the GPU; `undefined` takes one away. */
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly taints?: readonly Taint[];
}

/** A node with eight whole GPUs of one kind, as GPU Feature Discovery labels it. */
export function node(gpu: GpuName, options: NodeOptions = {}): GpuNode {
  const { product, family, labelMiB } = GPUS[gpu];
  const labels = {
    [LABELS.product]: product,
    [LABELS.memory]: String(labelMiB),
    [LABELS.family]: family,
    [LABELS.replicas]: '1',
    [LABELS.sharing]: 'none',
    ...options.labels,
  };
  return {
    name: options.name ?? gpu.toLowerCase(),
    labels: Object.fromEntries(
      Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    taints: options.taints ?? [],
    allocatableGpus: options.gpus ?? 8,
  };
}

export const GPU_TAINT: Taint = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };
