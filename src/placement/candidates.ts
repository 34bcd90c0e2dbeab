import type { GpuFamily } from '../estimate/gpu.js';
import { GPU_CATALOGUE } from './catalogue.js';
import { isShared, LABELS, memoryMiBOf } from './inventory.js';
import type { GpuNode } from './inventory.js';

/** What a model needs on one GPU of the catalogue. */
export interface Need {
  readonly product: string;
  readonly family: GpuFamily;
  readonly upperBytes: number;
  readonly stepSeconds: number;
}

/** GPUs of one product in the cluster, or in the catalogue where the cluster shows none. */
export interface GpuClass {
  readonly product: string;
  /** `nvidia.com/gpu.memory`. */
  readonly labelMiB: number;
  readonly fits: boolean;
  /** Absent for a product that the catalogue does not know. */
  readonly stepSeconds: number | undefined;
}

const MiB = 1024 * 1024;

/** The most that a product of the catalogue keeps from its processes: what an unknown product is taken to keep. */
export const RESERVED_MIB = Math.max(...GPU_CATALOGUE.map(({ labelMiB, usableMiB }) => labelMiB - usableMiB));

/** What a process can have of a GPU. A card that shows less than its catalogue row (ECC, vGPU) has less. */
function usableBytes(product: string, labelMiB: number): number {
  const known = GPU_CATALOGUE.find((gpu) => gpu.product === product);
  const reservedMiB = known ? known.labelMiB - known.usableMiB : RESERVED_MIB;
  return (labelMiB - reservedMiB) * MiB;
}

/** The need on a node's product; on one that nobody knows, the largest of its family, or of all. */
function needOn(needs: readonly Need[], { labels }: GpuNode): { upperBytes: number; stepSeconds?: number } {
  const exact = needs.find(({ product }) => product === labels[LABELS.product]);
  if (exact) return exact;
  const family = needs.filter((need) => need.family === labels[LABELS.family]);
  return { upperBytes: Math.max(...(family.length > 0 ? family : needs).map(({ upperBytes }) => upperBytes)) };
}

/** Whole GPUs of the nodes, by memory: labelled, not shared, really there. */
export function classesOf(nodes: readonly GpuNode[], needs: readonly Need[]): GpuClass[] {
  const classes = new Map<string, GpuClass>();
  for (const node of nodes) {
    const product = node.labels[LABELS.product];
    const labelMiB = memoryMiBOf(node);
    if (product === undefined || labelMiB === undefined || node.allocatableGpus < 1 || isShared(node)) continue;
    const { upperBytes, stepSeconds } = needOn(needs, node);
    classes.set(`${product} ${labelMiB}`, {
      product,
      labelMiB,
      fits: upperBytes <= usableBytes(product, labelMiB),
      stepSeconds,
    });
  }
  return [...classes.values()].sort(bySize);
}

/** Every product of the catalogue, as if the cluster had it. */
export function catalogueClasses(needs: readonly Need[]): GpuClass[] {
  return GPU_CATALOGUE.flatMap(({ product, labelMiB, usableMiB }) => {
    const need = needs.find((one) => one.product === product);
    return need ? [{ product, labelMiB, fits: need.upperBytes <= usableMiB * MiB, stepSeconds: need.stepSeconds }] : [];
  });
}

/** Smallest first; of two with the same memory the slower, which is the cheaper. */
function bySize(a: GpuClass, b: GpuClass): number {
  return a.labelMiB - b.labelMiB || (b.stepSeconds ?? 0) - (a.stepSeconds ?? 0) || a.product.localeCompare(b.product);
}
