import { GPU_RESOURCE } from './inventory.js';
import type { GpuNode, Taint } from './inventory.js';

/** A node as the API has it, as far as it is read. */
export interface ApiNode {
  readonly metadata?: {
    readonly name?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly resourceVersion?: string | undefined;
  };
  readonly spec?: {
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] | undefined;
  };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> | undefined };
}

/** Keeps a few hundred bytes of a node of ten thousand. */
export function gpuNodeOf({ metadata = {}, spec = {}, status = {} }: ApiNode): GpuNode {
  const allocatable = Number(status.allocatable?.[GPU_RESOURCE] ?? 0);
  return {
    name: metadata.name ?? '',
    labels: metadata.labels ?? {},
    taints: taintsOf(spec),
    allocatableGpus: Number.isInteger(allocatable) ? allocatable : 0,
  };
}

function taintsOf({ taints = [] }: NonNullable<ApiNode['spec']>): Taint[] {
  return taints.map(({ key, value = '', effect }) => ({ key, value, effect }));
}
