import { nearestOf, readTrainingOptions, TRAINING_OPTIONS } from '../estimate/index.js';
import type { SetupRequest } from '../estimate/index.js';
import { annotationsOf } from './pod.js';
import type { Annotations, Pod } from './pod.js';
import { parseReference } from './reference.js';
import type { ModelReference } from './reference.js';

export const PREFIX = 'layergauge.dev/';

/** Annotations that we write. */
export const WRITTEN = { estimate: `${PREFIX}estimate`, status: `${PREFIX}status` } as const;

/** What a pod asks for, read and checked. */
export interface Intent {
  readonly model: ModelReference;
  readonly setup: SetupRequest;
  readonly container?: string;
  readonly mode: 'enforce' | 'advise' | 'off';
  readonly overwrite: 'raise-only' | 'always' | 'never';
  readonly targetStepSeconds?: number;
}

export interface AnnotationSpec {
  readonly name: string;
  readonly description: string;
  /** What is allowed, for the table and for the message of a refusal. */
  readonly allowed: string;
  readonly choices: readonly string[];
  readonly fallback?: string;
  /** The value, or undefined where the text is none. */
  readonly parse: (text: string) => unknown;
}

function choice(name: string, choices: readonly string[], description: string): AnnotationSpec {
  const [fallback = ''] = choices;
  const parse = (text: string): unknown => (choices.includes(text) ? text : undefined);
  return { name, description, allowed: `one of ${choices.join(', ')}`, choices, fallback, parse };
}

/** `120ms`, `0.12s`. */
export function parseSeconds(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  const seconds = Number(digits ?? NaN) * (unit === 'ms' ? 1e-3 : 1);
  return seconds > 0 && seconds <= 1e6 ? seconds : undefined;
}

/** What the user may write, besides the training options; the documentation's table is made of both. */
export const ANNOTATIONS = {
  model: {
    name: 'model',
    description: 'opts the pod in and names the structure of its model',
    allowed: 'configmap://NAME or configmap://NAME/KEY',
    choices: [],
    parse: parseReference,
  },
  container: {
    name: 'container',
    description: 'which container trains; default: the one that asks for a GPU, else the first',
    allowed: "the name of one of the pod's containers",
    choices: [],
    parse: (text) => (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? text : undefined),
  },
  mode: choice('mode', ['enforce', 'advise', 'off'], 'patch the pod, only annotate and warn, or do nothing'),
  overwrite: choice(
    'overwrite',
    ['raise-only', 'always', 'never'],
    'what becomes of a GPU count the user set: raised where too small, replaced, or kept',
  ),
  'on-failure': choice(
    'on-failure',
    ['admit', 'deny'],
    'what becomes of the pod where nothing can be estimated, or only a lower bound: admitted with a warning, or denied',
  ),
  'target-step-time': {
    name: 'target-step-time',
    description: 'picks the smallest GPU that trains a step in this time',
    allowed: 'a time in s or ms, such as 250ms',
    choices: [],
    parse: parseSeconds,
  },
} as const satisfies Record<string, AnnotationSpec>;

const SPECS: readonly AnnotationSpec[] = [...Object.values(ANNOTATIONS), ...TRAINING_OPTIONS];
const NAMES = SPECS.map(({ name }) => name);

/** A value that is not one, or an annotation that does not exist. */
export class AnnotationError extends Error {
  override readonly name = 'AnnotationError';
}

/** True where the user wants a pod without an estimate denied: read first, and apart, since anything else may be wrong. */
export function deniesOnFailure(annotations: Annotations): boolean {
  return annotations[`${PREFIX}on-failure`]?.trim() === 'deny';
}

/** Reads every annotation of ours. Throws `AnnotationError` with the annotation, the value and what is allowed. */
export function readIntent(pod: Pod): Intent {
  const given = ourAnnotations(pod);
  const value = <T>(spec: AnnotationSpec): T | undefined => {
    const text = given[spec.name] ?? spec.fallback;
    return text === undefined ? undefined : (checked(spec, text) as T);
  };
  const model = value<ModelReference>(ANNOTATIONS.model);
  if (!model) throw new AnnotationError(`${PREFIX}model is missing`);
  value(ANNOTATIONS['on-failure']);
  for (const option of TRAINING_OPTIONS) value(option);
  const container = value<string>(ANNOTATIONS.container);
  const targetStepSeconds = value<number>(ANNOTATIONS['target-step-time']);
  return {
    model,
    setup: readTrainingOptions(given, 'annotation'),
    mode: value<Intent['mode']>(ANNOTATIONS.mode) ?? 'enforce',
    overwrite: value<Intent['overwrite']>(ANNOTATIONS.overwrite) ?? 'raise-only',
    ...(container !== undefined && { container }),
    ...(targetStepSeconds !== undefined && { targetStepSeconds }),
  };
}

/** By name without the prefix; one that nobody knows is refused, since it would be ignored silently. */
function ourAnnotations(pod: Pod): Record<string, string> {
  const given = stated(annotationsOf(pod));
  for (const name of Object.keys(given)) {
    if (!NAMES.includes(name)) throw new AnnotationError(unknown(name));
  }
  return given;
}

/** What the user wrote under our prefix, by the name that follows it. */
export function stated(annotations: Annotations): Record<string, string> {
  const written: readonly string[] = Object.values(WRITTEN);
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(PREFIX) && !written.includes(key));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(PREFIX.length), text]));
}

/** Why nobody reads what is annotated under our prefix or one like it, where no model is named; undefined where nothing is. */
export function whyUnread(annotations: Annotations): string | undefined {
  const names = Object.keys(stated(annotations));
  if (names.length === 0) return whyStray(annotations);
  const mistaken = names.find((name) => !NAMES.includes(name));
  if (mistaken !== undefined) return unknown(mistaken, `; the model is named in ${PREFIX}model`);
  return `${names.map((name) => PREFIX + name).join(', ')}: not read without ${PREFIX}model`;
}

/** `layerguage.dev/model`: a name of ours under a prefix that is nearly ours. */
function whyStray(annotations: Annotations): string | undefined {
  const domain = PREFIX.slice(0, -1);
  const isStray = ([prefix = '', name = '']: readonly string[]): boolean =>
    prefix !== domain && NAMES.includes(name) && nearestOf(prefix, [domain]) !== undefined;
  const stray = Object.keys(annotations)
    .map((key) => key.split('/'))
    .find(isStray);
  return stray && `${stray.join('/')} is unknown; did you mean "${PREFIX}${stray[1] ?? ''}"?`;
}

function unknown(name: string, otherwise = ''): string {
  return `${(PREFIX + name).slice(0, 64)} is unknown${hint(name, NAMES) || otherwise}`;
}

function checked(spec: AnnotationSpec, text: string): unknown {
  const value = spec.parse(text.trim());
  if (value !== undefined) return value;
  throw new AnnotationError(
    `${PREFIX}${spec.name} "${text.slice(0, 64)}" is not ${spec.allowed}${hint(text, spec.choices)}`,
  );
}

function hint(text: string, choices: readonly string[]): string {
  const nearest = nearestOf(text.trim(), choices);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
