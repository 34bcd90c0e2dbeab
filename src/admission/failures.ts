import type { FormatErrorCode } from '../formats/index.js';

/** Every way a pod can end up without an estimate; the documentation's table is this list and the formats' codes. */
export const ADMISSION_ERROR_CODES = {
  POD_UNREADABLE: 'the object is no pod that can be read',
  ANNOTATION_INVALID: 'an annotation of ours has a value that is none',
  CONTAINER_UNKNOWN: 'the annotation names a container that the pod does not have',
  SOURCE_NOT_FOUND: 'there is no such ConfigMap, or it has no such key',
  SOURCE_AMBIGUOUS: 'the ConfigMap has several keys and the annotation names none',
  SOURCE_TOO_LARGE: 'the structure inflates to more than the limit',
  SOURCE_UNAVAILABLE: 'the API server did not hand the ConfigMap out',
  ESTIMATE_INCOMPLETE:
    'a part of the model is not known: the estimate is a lower bound, too little for `on-failure: deny`',
  TIMEOUT: 'the estimate was not ready before the deadline',
  PATCH_INVALID: 'the patch would not have applied, and was dropped',
  INTERNAL: 'a mistake of ours; the log has the details',
} as const;

export type AdmissionErrorCode = keyof typeof ADMISSION_ERROR_CODES | FormatErrorCode;

/** The pod cannot be sized; the message says what to do next and quotes nothing but names. */
export class AdmissionError extends Error {
  override readonly name = 'AdmissionError';

  constructor(
    readonly code: AdmissionErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
