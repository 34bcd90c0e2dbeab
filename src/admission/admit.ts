import { deniesOnFailure, readIntent } from './annotations.js';
import { chooseContainer } from './container.js';
import { decide } from './decide.js';
import { failed, isMistake } from './fail.js';
import { AdmissionError } from './failures.js';
import { reasonToSkip, warningsOf } from './opt-in.js';
import { readAnnotations, readPod, whyUnreadable } from './pod.js';
import type { AdmissionPorts } from './ports.js';
import type { AdmissionRequest, Decision } from './types.js';

/**
 * One admission, from beginning to end. A pod that did not opt in is left alone; one that did is read, its model sized, a
 * GPU chosen and the patch written. Whatever goes wrong on the way becomes a decision: the pod is admitted as it is with a
 * warning, or denied where it asked for that. Never throws.
 */
export async function admit(request: AdmissionRequest, ports: AdmissionPorts): Promise<Decision> {
  const annotations = readAnnotations(request.object);
  const reason = reasonToSkip(annotations, request);
  if (reason !== undefined) return { kind: 'skip', reason, warnings: warningsOf(reason, annotations) };
  try {
    const pod = readPod(request.object);
    if (!pod) throw new AdmissionError('POD_UNREADABLE', whyUnreadable(request.object));
    const intent = readIntent(pod);
    const container = chooseContainer(pod, intent.container);
    const sized = await ports.size({ reference: intent.model, namespace: request.namespace, setup: intent.setup });
    const [shortcoming] = sized.shortcomings;
    if (shortcoming !== undefined && deniesOnFailure(annotations)) {
      throw new AdmissionError('ESTIMATE_INCOMPLETE', shortcoming);
    }
    const given = { pod, intent, container, sized };
    return ports.remembered(JSON.stringify([sized.model, pod]), () => decide(given, ports));
  } catch (cause) {
    if (isMistake(cause)) ports.mistake?.(cause);
    return failed(annotations, cause);
  }
}
