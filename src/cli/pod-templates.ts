/** The pods that objects stand for: a Pod itself, and what a Job, a PyTorchJob… would make of their pod templates. */

export type Manifest = Readonly<Record<string, unknown>>;

export interface Stated {
  /** `Job train, spec.template`; undefined for a pod. */
  readonly of: string | undefined;
  /** The pod itself, or the object with its template. */
  readonly owner: Manifest;
  readonly pod: Manifest;
}

/** Deeper than this no kind keeps a template. */
const MAX_DEPTH = 16;

/** Whatever has a spec with containers is a pod template: custom resources keep theirs where they like. */
export function podsOf(manifest: Manifest): Stated[] {
  if (manifest['kind'] === 'Pod') return [{ of: undefined, owner: manifest, pod: manifest }];
  const { name, namespace } = objectAt(manifest, 'metadata');
  const title = [manifest['kind'], name].filter((part) => typeof part === 'string').join(' ');
  return templatesIn(manifest, []).map(({ path, template }) => ({
    of: [title, path.join('.')].filter(Boolean).join(', '),
    owner: manifest,
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...(typeof namespace === 'string' && { namespace }), ...objectAt(template, 'metadata') },
      spec: template['spec'],
    },
  }));
}

interface Template {
  readonly path: readonly string[];
  readonly template: Manifest;
}

function templatesIn(value: unknown, path: readonly string[]): Template[] {
  if (!isObject(value) || path.length > MAX_DEPTH) return [];
  if (Array.isArray(objectAt(value, 'spec')['containers'])) return [{ path, template: value }];
  return Object.entries(value).flatMap(([key, member]) => templatesIn(member, [...path, key]));
}

function objectAt(value: Manifest, key: string): Manifest {
  const member = value[key];
  return isObject(member) ? member : {};
}

function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null;
}
