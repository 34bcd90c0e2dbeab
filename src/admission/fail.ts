import { FormatError } from '../formats/index.js';
import { AnnotationError, deniesOnFailure } from './annotations.js';
import { AdmissionError } from './failures.js';
import type { AdmissionErrorCode } from './failures.js';
import type { Pod } from './pod.js';
import type { Decision } from './types.js';
import { warning } from './warnings.js';

/** What went wrong, as the decision the user asked for. */
export function failed(pod: Pod, cause: unknown): Decision {
  const { code, message } = explain(cause);
  if (deniesOnFailure(pod)) return { kind: 'deny', code, message: `layergauge: ${code}: ${message}` };
  return { kind: 'skip', reason: code, warnings: [warning(`not sized: ${code}: ${message}`)] };
}

function explain(cause: unknown): { code: AdmissionErrorCode; message: string } {
  if (cause instanceof FormatError || cause instanceof AdmissionError)
    return { code: cause.code, message: cause.message };
  if (cause instanceof AnnotationError) return { code: 'ANNOTATION_INVALID', message: cause.message };
  return { code: 'INTERNAL', message: 'a mistake of ours; see the log of layergauge' };
}
