import { ANNOTATIONS, PREFIX } from './annotations.js';
import type { Annotations } from './pod.js';
import type { AdmissionRequest } from './types.js';

/** The kubelet's copy of a static pod: the API server refuses any change to it. */
const MIRROR = 'kubernetes.io/config.mirror';

/** Says why a pod is none of our business, or nothing. */
type Adjudicator = (annotations: Annotations, request: AdmissionRequest) => string | undefined;

/** In the order they are asked; the first reason wins. */
const ADJUDICATORS: readonly Adjudicator[] = [
  (_, { operation }) => (operation === 'CREATE' ? undefined : 'not-created'),
  (annotations) => (annotations[MIRROR] === undefined ? undefined : 'mirror-pod'),
  (annotations) => (annotations[`${PREFIX}${ANNOTATIONS.model.name}`] ? undefined : 'not-annotated'),
  (annotations) => (annotations[`${PREFIX}${ANNOTATIONS.mode.name}`]?.trim() === 'off' ? 'mode-off' : undefined),
];

/** Why the pod is left alone, or undefined where it opted in. */
export function reasonToSkip(annotations: Annotations, request: AdmissionRequest): string | undefined {
  for (const adjudicate of ADJUDICATORS) {
    const reason = adjudicate(annotations, request);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
