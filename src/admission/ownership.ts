import { GPU_RESOURCE } from '../placement/inventory.js';
import type { ChosenContainer } from './container.js';
import { setByLimitRange } from './limit-range.js';
import type { Container, Pod } from './pod.js';
import { parseCount } from './quantity.js';
import type { Provenance } from './provenance.js';

/** Whose the GPU count of a container is. */
export interface GpuCount {
  /** `limit-range`: one that allows no GPU. `unreadable`: a value that is no whole number. */
  readonly by: 'nobody' | 'user' | 'limit-range' | 'unreadable';
  /** What the user asked for, before we or a LimitRange wrote anything; null where nobody asked. */
  readonly count: number | null;
  /** What stands in the container now. */
  readonly standing: number | null;
  /** True where `standing` is what we wrote. */
  readonly isOurs: boolean;
}

type Amount = string | number;

/** The GPU count of the container that trains, and whose it is. */
export function gpuCountOf(pod: Pod, { container, name }: ChosenContainer, ours: Provenance | undefined): GpuCount {
  const stated = statedBy(pod, container);
  const text = stated.user ?? stated.limitRange;
  const standing = text === undefined ? null : parseCount(text);
  if (standing === undefined) return of('unreadable', null);
  if (!standing && pod.spec.containers.some((other) => isForbidden(pod, other))) return of('limit-range', standing);
  if (standing === null) return of('nobody', null);
  return oursOf(name, standing, ours) ?? of(stated.user === undefined ? 'nobody' : 'user', standing);
}

/** A value that is still what we wrote is ours; what stood there before is the user's. */
function oursOf(name: string, standing: number, ours: Provenance | undefined): GpuCount | undefined {
  if (ours?.container !== name || ours.applied.count !== standing) return undefined;
  const { count } = ours.original;
  return { by: count === null ? 'nobody' : 'user', count, standing, isOurs: true };
}

function of(by: GpuCount['by'], standing: number | null): GpuCount {
  return { by, count: by === 'user' ? standing : null, standing, isOurs: false };
}

/** The limit comes first: the API server copies it to a request that is left out. */
function statedBy(pod: Pod, { name, resources }: Container): { user?: Amount; limitRange?: Amount } {
  const stated: { user?: Amount; limitRange?: Amount } = {};
  for (const kind of ['limits', 'requests'] as const) {
    const amount = resources?.[kind]?.[GPU_RESOURCE];
    if (amount === undefined || amount === null) continue;
    stated[setByLimitRange(pod, kind, name ?? '') ? 'limitRange' : 'user'] ??= amount;
  }
  return stated;
}

/** A LimitRange that allows no GPU writes 0 into every container that asks for none. */
function isForbidden(pod: Pod, container: Container): boolean {
  const { limitRange } = statedBy(pod, container);
  return limitRange !== undefined && parseCount(limitRange) === 0;
}

/** True where the user wants a GPU in the container: not 0, and not what a LimitRange wrote. */
export function asksForGpu(pod: Pod, container: Container): boolean {
  const { user } = statedBy(pod, container);
  return user !== undefined && parseCount(user) !== 0;
}

/**
 * GPUs that one node must have for the pod (component-helpers resource/helpers.go): its containers and sidecars together,
 * or an init container with those before it, whichever is more.
 */
export function podGpus(pod: Pod, trainer: { readonly index: number; readonly gpus: number }): number {
  const gpusOf = (container: Container): number => {
    const { user, limitRange } = statedBy(pod, container);
    return parseCount(user ?? limitRange ?? 0) ?? 0;
  };
  let sidecars = 0;
  let most = 0;
  for (const container of pod.spec.initContainers ?? []) {
    most = Math.max(most, sidecars + gpusOf(container));
    if (isSidecar(container)) sidecars += gpusOf(container);
  }
  const running = pod.spec.containers.map((container, index) =>
    index === trainer.index ? trainer.gpus : gpusOf(container),
  );
  return Math.max(
    most,
    running.reduce((sum, gpus) => sum + gpus, sidecars),
  );
}

/** An init container that runs on beside the others. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}
