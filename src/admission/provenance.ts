import * as z from 'zod';
import type { Requirement } from '../placement/constraints.js';
import { LABELS } from '../placement/inventory.js';
import { WRITTEN } from './annotations.js';
import { annotationsOf } from './pod.js';
import type { Pod } from './pod.js';

/** The `estimate` annotation is at most this long; on input it is anybody's, and a longer one is not read. */
export const MAX_ANNOTATION_BYTES = 8192;

/** What of a pod is ours; `null` where nothing is. */
export interface Applied {
  readonly count: number | null;
  readonly product: string | null;
  readonly prefer: string | null;
  readonly requirements: readonly Requirement[];
  readonly toleration: boolean;
}

export const NOTHING_APPLIED: Applied = {
  count: null,
  product: null,
  prefer: null,
  requirements: [],
  toleration: false,
};

/** What we wrote into a pod, and what stood there before: kept in the `estimate` annotation. */
export interface Provenance {
  readonly container: string;
  readonly original: { readonly count: number | null };
  readonly applied: Applied;
  readonly inputsHash: string;
}

/** A label's value as Kubernetes takes it. */
const labelValue = z.string().regex(/^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);

/** What we write, and nothing else: whatever the annotation says, a requirement of another shape is the user's. */
const requirement = z.union([
  z.strictObject({
    key: z.literal(LABELS.memory),
    operator: z.literal('Gt'),
    values: z.array(z.string().regex(/^\d{1,15}$/)).length(1),
  }),
  z.strictObject({
    key: z.enum([LABELS.product, LABELS.sharing, LABELS.replicas]),
    operator: z.literal('NotIn'),
    values: z.array(labelValue).min(1).max(64),
  }),
]);

const count = z.int().min(0).nullable();

const schema = z.object({
  container: z.string().max(63),
  original: z.object({ count }),
  applied: z.object({
    count,
    product: labelValue.nullable(),
    prefer: labelValue.nullable(),
    requirements: z.array(requirement).max(16),
    toleration: z.boolean(),
  }),
  inputsHash: z.string().max(80),
});

/** What an earlier call wrote; undefined where there is none, or none that can be trusted to be ours. */
export function readProvenance(pod: Pod): Provenance | undefined {
  const text = annotationsOf(pod)[WRITTEN.estimate];
  if (text === undefined || Buffer.byteLength(text) > MAX_ANNOTATION_BYTES) return undefined;
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
