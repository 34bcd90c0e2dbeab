import * as z from 'zod';
import { WRITTEN } from './annotations.js';
import { annotationsOf } from './pod.js';
import type { Pod } from './pod.js';

/** Annotations on input are anybody's: larger ones are not read. */
const MAX_ANNOTATION_LENGTH = 8192;

const requirement = z.object({
  key: z.string().max(317),
  operator: z.string().max(16),
  values: z.array(z.string().max(63)).max(64),
});

/** What we wrote into a pod, and what stood there before: kept in the `estimate` annotation. */
const provenance = z.object({
  container: z.string().max(63),
  original: z.object({ count: z.int().min(0).nullable() }),
  applied: z.object({
    count: z.int().min(0).nullable(),
    product: z.string().max(63).nullable(),
    prefer: z.string().max(63).nullable(),
    requirements: z.array(requirement).max(16),
    toleration: z.boolean(),
  }),
  inputsHash: z.string().max(80),
});

export type Provenance = z.infer<typeof provenance>;

/** What an earlier call wrote; undefined where there is none, or none that can be trusted to be ours. */
export function readProvenance(pod: Pod): Provenance | undefined {
  const text = annotationsOf(pod)[WRITTEN.estimate];
  if (text === undefined || text.length > MAX_ANNOTATION_LENGTH) return undefined;
  const parsed = provenance.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
