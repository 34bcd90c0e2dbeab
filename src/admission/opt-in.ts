import { ANNOTATIONS, PREFIX, whyUnread } from './annotations.js';
import type { Annotations } from './pod.js';
import type { AdmissionRequest } from './types.js';
import { warning } from './warnings.js';

/** The kubelet's copy of a static pod: the API server refuses any change to it. */
const MIRROR = 'kubernetes.io/config.mirror';

/** Says why a pod is none of our business, or nothing. */
type Adjudicator = (annotations: Annotations, request: AdmissionRequest) => string | undefined;

/** In the order they are asked; the first reason wins. */
const ADJUDICATORS: readonly Adjudicator[] = [
  (_, { operation }) => (operation === 'CREATE' ? undefined : 'not-created'),
  (annotations) => (annotations[MIRROR] === undefined ? undefined : 'mirror-pod'),
  (annotations) => (annotations[`${PREFIX}${ANNOTATIONS.model.name}`] ? undefined : 'not-annotated'),
  (annotations) => (isOff(annotations) ? 'mode-off' : undefined),
];

function isOff(annotations: Annotations): boolean {
  return annotations[`${PREFIX}${ANNOTATIONS.mode.name}`]?.trim() === 'off';
}

/** What the user of a pod that did not opt in has to hear: a misspelt model would be missed in silence. */
export function warningsOf(reason: string, annotations: Annotations): string[] {
  const unread = reason === 'not-annotated' && !isOff(annotations) ? whyUnread(annotations) : undefined;
  return unread === undefined ? [] : [warning(unread)];
}

/** Why the pod is left alone, or undefined where it opted in. */
export function reasonToSkip(annotations: Annotations, request: AdmissionRequest): string | undefined {
  for (const adjudicate of ADJUDICATORS) {
    const reason = adjudicate(annotations, request);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
