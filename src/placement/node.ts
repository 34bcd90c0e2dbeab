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

function taintOf({ key, value, effect }: { key: string; value?: string | null; effect: string }): Taint {
  return { key, value: value ?? '', effect };
}
