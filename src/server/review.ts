import * as z from 'zod';
import type { AdmissionRequest, Decision, Operation } from '../admission/types.js';

const API_VERSION = 'admission.k8s.io/v1';

const reviewSchema = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('AdmissionReview'),
  request: z.looseObject({
    uid: z.string().min(1).max(256),
    operation: z.string(),
    namespace: z.string().default(''),
    object: z.unknown().optional(),
  }),
});

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  /** Base64. */
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** The request of an AdmissionReview, or undefined where the body is none. */
export function readReview(body: unknown): AdmissionRequest | undefined {
  const parsed = reviewSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { uid, operation, namespace, object } = parsed.data.request;
  return { uid, operation, namespace, object };
}

/** The review that answers a request: the same version, the same UID. */
export function writeReview(uid: string, decision: Decision): { apiVersion: string; kind: string; response: object } {
  return { apiVersion: API_VERSION, kind: 'AdmissionReview', response: responseOf(uid, decision) };
}

function responseOf(uid: string, decision: Decision): AdmissionResponse {
  if (decision.kind === 'deny') return { uid, allowed: false, status: { code: 403, message: decision.message } };
  const warnings = decision.warnings.length > 0 ? { warnings: decision.warnings } : {};
  // `patchType` without a patch is an error to the API server.
  if (decision.kind === 'skip' || decision.operations.length === 0) return { uid, allowed: true, ...warnings };
  return {
    uid,
    allowed: true,
    patchType: 'JSONPatch',
    patch: encoded(decision.operations),
    ...warnings,
    auditAnnotations: decision.auditAnnotations,
  };
}

/** By list: one decision is sent to every pod of a Job. */
const patches = new WeakMap<readonly Operation[], string>();

function encoded(operations: readonly Operation[]): string {
  const patch = patches.get(operations) ?? Buffer.from(JSON.stringify(operations)).toString('base64');
  patches.set(operations, patch);
  return patch;
}
