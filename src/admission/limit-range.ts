import { GPU_RESOURCE } from '../placement/inventory.js';
import { annotationsOf } from './pod.js';
import type { Pod } from './pod.js';

/** LimitRanger runs before webhooks and writes what it set here (plugin/pkg/admission/limitranger). */
const LIMIT_RANGER = 'kubernetes.io/limit-ranger';

/** A pod of a hundred containers has less; an annotation on input is anybody's. */
const MAX_LENGTH = 65_536;

const KINDS = { limits: ' limit for container ', requests: ' request for container ' } as const;

type Kind = keyof typeof KINDS;

/** Each note is read once, however many containers ask. */
const READ = new WeakMap<Pod, Record<Kind, ReadonlySet<string>>>();

/** True where a LimitRange wrote the container's `nvidia.com/gpu`. */
export function setByLimitRange(pod: Pod, kind: Kind, container: string): boolean {
  const known = READ.get(pod) ?? { limits: containersOf(pod, 'limits'), requests: containersOf(pod, 'requests') };
  READ.set(pod, known);
  return known[kind].has(container);
}

/** `LimitRanger plugin set: cpu, nvidia.com/gpu request for container main; nvidia.com/gpu limit for container main`. */
function containersOf(pod: Pod, kind: Kind): ReadonlySet<string> {
  const note = annotationsOf(pod)[LIMIT_RANGER] ?? '';
  if (note.length > MAX_LENGTH) return new Set();
  const parts = note.slice(note.indexOf(':') + 1).split(';');
  return new Set(
    parts.flatMap((part) => {
      const [resources = '', name, ...others] = part.split(KINDS[kind]);
      const isGpu = resources.split(',').some((resource) => resource.trim() === GPU_RESOURCE);
      return isGpu && name !== undefined && others.length === 0 ? [name.trim()] : [];
    }),
  );
}
