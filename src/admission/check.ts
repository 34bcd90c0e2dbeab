import { GPU_RESOURCE } from '../placement/inventory.js';
import { AdmissionError } from './failures.js';
import { applyPatch } from './json-patch.js';
import { annotationsOf, readPod } from './pod.js';
import type { Pod } from './pod.js';
import { parseCount } from './quantity.js';
import type { Operation } from './types.js';

/** `ValidateAnnotationsSize` (apimachinery pkg/api/validation): all keys and values together. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/**
 * Applies the patch to a copy and looks at the pod it gives: a patch that does not apply is an error 500 for the pod, and
 * `failurePolicy: Ignore` does not cover it. Throws `PATCH_INVALID`.
 */
export function checkPatch(object: unknown, operations: readonly Operation[], container: number | undefined): void {
  const problem = problemOf(object, operations, container);
  if (problem !== undefined) throw new AdmissionError('PATCH_INVALID', problem);
}

function problemOf(
  object: unknown,
  operations: readonly Operation[],
  container: number | undefined,
): string | undefined {
  let patched: unknown;
  try {
    patched = applyPatch(object, operations);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
