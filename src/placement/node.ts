import { GPU_RESOURCE } from './inventory.js';
import type { GpuNode, Taint } from './inventory.js';

/** A node as the API has it, as far as it is read. */
export interface ApiNode {
  readonly metadata?: {
    readonly name?: string | null | undefined;
    readonly labels?: Readonly<Record<string, string>> | null | undefined;
    readonly resourceVersion?: string | undefined;
  } | null;
  readonly spec?: { readonly taints?: readonly ApiTaint[] | null | undefined } | null;
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> | null | undefined } | null;
}

interface ApiTaint {
  readonly key: string;
  readonly value?: string | null;
  readonly effect: string;
}

/** Keeps a few hundred bytes of a node of ten thousand. Files write `null` for what is left out. */
export function gpuNodeOf({ metadata, spec, status }: ApiNode): GpuNode {
  const { name, labels } = metadata ?? {};
  const allocatable = Number(status?.allocatable?.[GPU_RESOURCE] ?? 0);
  return {
    name: name ?? '',
    labels: labels ?? {},
    taints: (spec?.taints ?? []).map(taintOf),
    allocatableGpus: Number.isInteger(allocatable) ? allocatable : 0,
  };
}

function taintOf({ key, value, effect }: ApiTaint): Taint {
  return { key, value: value ?? '', effect };
}
