/** `admission.k8s.io/v1` AdmissionRequest, as far as it is read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: string;
  /** The namespace the pod is created in; the object's own may be blank. */
  readonly namespace: string;
  readonly object: unknown;
}

/** One operation of an RFC 6902 patch. */
export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** Why nothing can be estimated; the message says what to do next. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What becomes of one pod. `warnings` are shown by kubectl. */
export type Decision =
  | { readonly kind: 'skip'; readonly reason: string; readonly warnings: readonly string[] }
  | {
      readonly kind: 'patch';
      readonly operations: readonly Operation[];
      readonly warnings: readonly string[];
      readonly auditAnnotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'deny'; readonly code: string; readonly message: string };
