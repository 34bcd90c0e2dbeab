import type { GpuFamily } from '../estimate/gpu.js';
import { GPU_CATALOGUE } from './catalogue.js';
import { inventoryOf } from './inventory.js';
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

/** What a card keeps from its processes. One that shows less than its catalogue row (ECC, vGPU) keeps as much. */
function reservedMiB(product: string): number {
  const known = GPU_CATALOGUE.find((gpu) => gpu.product === product);
  return known ? known.labelMiB - known.usableMiB : RESERVED_MIB;
}

/** The smallest `nvidia.com/gpu.memory` of a product on which the model fits. */
export function requiredMiB(needs: readonly Need[], product: string, family?: string): number {
  return Math.ceil(needOn(needs, product, family).upperBytes / MiB) + reservedMiB(product);
}

/** The need on a product; on one that nobody knows, the largest of its family, or of all. */
function needOn(
  needs: readonly Need[],
  product: string,
  family?: string,
): { upperBytes: number; stepSeconds?: number } {
  const exact = needs.find((need) => need.product === product);
  if (exact) return exact;
  const relatives = needs.filter((need) => need.family === family);
  return { upperBytes: Math.max(...(relatives.length > 0 ? relatives : needs).map(({ upperBytes }) => upperBytes)) };
}

/** Whole GPUs of the nodes that have so many and may be used, by memory. */
export function classesOf(
  nodes: readonly GpuNode[],
  needs: readonly Need[],
  gpus = 1,
  isAllowed: (node: GpuNode) => boolean = () => true,
): GpuClass[] {
  const present = inventoryOf(nodes).groups.filter((group) =>
    group.nodes.some((node) => node.allocatableGpus >= gpus && isAllowed(node)),
  );
  return present
    .map(({ product, labelMiB, family }) => ({
      product,
      labelMiB,
      fits: labelMiB >= requiredMiB(needs, product, family),
      stepSeconds: needOn(needs, product, family).stepSeconds,
    }))
    .sort(bySize);
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
  return a.labelMiB - b.labelMiB || (b.stepSeconds ?? 0) - (a.stepSeconds ?? 0) || (a.product < b.product ? -1 : 1);
}
