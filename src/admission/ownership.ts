import { GPU_RESOURCE } from '../placement/inventory.js';
import type { ChosenContainer } from './container.js';
import { annotationsOf } from './pod.js';
import type { Container, Pod } from './pod.js';
import { parseCount } from './quantity.js';
import type { Provenance } from './provenance.js';

/** LimitRanger runs before webhooks and writes what it set here (plugin/pkg/admission/limitranger). */
const LIMIT_RANGER = 'kubernetes.io/limit-ranger';

/** Whose the GPU count of a container is. */
export type GpuCount =
  | { readonly by: 'nobody' }
  | { readonly by: 'user'; readonly count: number }
  /** A LimitRange that wrote 0: any GPU would be refused. */
  | { readonly by: 'limit-range'; readonly count: 0 }
  /** A value that is no whole number. */
  | { readonly by: 'unreadable' };

/** The count that the user asked for, before we or a LimitRange wrote one. */
export function gpuCountOf(pod: Pod, { container, name }: ChosenContainer, ours: Provenance | undefined): GpuCount {
  const stated = statedBy(container);
  if (stated === undefined) return { by: 'nobody' };
  const count = parseCount(stated);
  if (count === undefined) return { by: 'unreadable' };
  // A value that is still what we wrote is ours; what stood there before is the user's.
  if (ours?.container === name && ours.applied.count === count) return countBefore(ours);
  if (!setByLimitRange(pod, name)) return { by: 'user', count };
  return count === 0 ? { by: 'limit-range', count } : { by: 'nobody' };
}

function statedBy({ resources }: Container): string | number | undefined {
  return resources?.limits?.[GPU_RESOURCE] ?? resources?.requests?.[GPU_RESOURCE] ?? undefined;
}

function countBefore({ original }: Provenance): GpuCount {
  return original.count === null ? { by: 'nobody' } : { by: 'user', count: original.count };
}

/** `LimitRanger plugin set: cpu, nvidia.com/gpu request for container main; nvidia.com/gpu limit for container main`. */
function setByLimitRange(pod: Pod, container: string): boolean {
  const note = annotationsOf(pod)[LIMIT_RANGER] ?? '';
  return note
    .replace(/^[^:]*:\s*/, '')
    .split(';')
    .some((part) => {
      const [, resources, name] = /^\s*(.*) (?:request|limit) for container (\S+)\s*$/.exec(part) ?? [];
      return name === container && resources?.split(/,\s*/).includes(GPU_RESOURCE) === true;
    });
}
