import { GPU_RESOURCE } from '../placement/inventory.js';
import { AdmissionError } from './failures.js';
import { annotationsOf, readPod } from './pod.js';
import type { Pod } from './pod.js';
import { parseCount } from './quantity.js';

/** `ValidateAnnotationsSize` (apimachinery pkg/api/validation): all keys and values together. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/**
 * Looks at the pod that a patch gives, as the API server will: what it refuses is an error for the pod, and
 * `failurePolicy: Ignore` does not cover it. Throws `PATCH_INVALID`.
 */
export function checkPatched(patched: unknown, container: number | undefined): void {
  const problem = problemOf(patched, container);
  if (problem !== undefined) throw new AdmissionError('PATCH_INVALID', problem);
}

function problemOf(patched: unknown, container: number | undefined): string | undefined {
  const pod = readPod(patched);
  if (!pod) return 'the patched object is no pod';
  if (annotationBytes(pod) > MAX_ANNOTATIONS_BYTES) return 'the annotations would be larger than the API allows';
  const isWhole = container === undefined || hasWholeCount(pod, container);
  return isWhole ? undefined : 'nvidia.com/gpu would not be one whole number';
}

function annotationBytes(pod: Pod): number {
  const sizes = Object.entries(annotationsOf(pod)).map(
    ([key, value]) => Buffer.byteLength(key) + Buffer.byteLength(value),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function hasWholeCount(pod: Pod, container: number): boolean {
  const { limits, requests } = pod.spec.containers[container]?.resources ?? {};
  const [limit, request] = [limits?.[GPU_RESOURCE], requests?.[GPU_RESOURCE]].map((value) => parseCount(value ?? ''));
  return limit !== undefined && limit === request;
}
