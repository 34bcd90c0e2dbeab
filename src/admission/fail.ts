import { FormatError } from '../formats/index.js';
import { AnnotationError, deniesOnFailure } from './annotations.js';
import { AdmissionError } from './failures.js';
import type { AdmissionErrorCode } from './failures.js';
import type { Annotations } from './pod.js';
import type { Decision } from './types.js';
import { line, warning } from './warnings.js';

/** A denial has room for more than a warning, but what a message quotes is the user's, and may be long. */
const MAX_DENIAL_LENGTH = 500;

/** What went wrong, as the decision the user asked for. */
export function failed(annotations: Annotations, cause: unknown): Decision {
  const { code, message } = explain(cause);
  if (deniesOnFailure(annotations))
    return { kind: 'deny', code, message: line(`${code}: ${message}`, MAX_DENIAL_LENGTH) };
  return { kind: 'skip', reason: code, warnings: [warning(`not sized: ${code}: ${message}`)] };
}

/** True where nobody but us is at fault. */
export function isMistake(cause: unknown): boolean {
  return explain(cause).code === 'INTERNAL';
}

function explain(cause: unknown): { code: AdmissionErrorCode; message: string } {
  if (cause instanceof FormatError || cause instanceof AdmissionError)
    return { code: cause.code, message: cause.message };
  if (cause instanceof AnnotationError) return { code: 'ANNOTATION_INVALID', message: cause.message };
  return { code: 'INTERNAL', message: 'a mistake of ours; see the log of layergauge' };
}
