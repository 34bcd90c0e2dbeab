import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import { toolPath } from '../../e2e/tools.js';

export const CHART = join(import.meta.dirname, '../../charts/layergauge');

/** Both majors are in use; a chart must be right in each. */
export const HELMS = ['helm3', 'helm4'] as const;

export type Helm = (typeof HELMS)[number];

/** A manifest as YAML reads it. */
export type Manifest = ReturnType<Document['toJS']>;

const run = promisify(execFile);

/** What Helm prints. Rejects with what it prints of an error. */
export async function helm(program: Helm, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run(toolPath(program), args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 24 });
  return stdout;
}

const renderings = new Map<string, Promise<Rendering>>();

/** The chart with these values (`a.b=c`, or the name of a file in ci/), rendered once per test file. */
export function render(program: Helm, ...values: readonly string[]): Promise<Rendering> {
  const key = [program, ...values].join(' ');
  const known = renderings.get(key) ?? template(program, values).then((text) => new Rendering(text));
  renderings.set(key, known);
  return known;
}

/** What `helm template` prints. */
export function template(program: Helm, values: readonly string[], ...options: readonly string[]): Promise<string> {
  const given = values.flatMap((value) => (value.includes('=') ? ['--set', value] : ['--values', ciFile(value)]));
  return helm(program, ['template', 'layergauge', CHART, '--namespace', 'gauge', ...given, ...options]);
}

export function ciFile(name: string): string {
  return join(CHART, 'ci', `${name}-values.yaml`);
}

/** The manifests of one rendering. */
export class Rendering {
  readonly manifests: readonly Manifest[];

  constructor(text: string) {
    this.manifests = parseAllDocuments(text).map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS();
    });
  }

  all(kind: string): readonly Manifest[] {
    return this.manifests.filter((manifest) => manifest.kind === kind);
  }

  /** The one manifest of this kind and, where there are several, of this name. */
  one(kind: string, name?: string): Manifest {
    const found = this.all(kind).filter((manifest) => name === undefined || manifest.metadata.name === name);
    if (found.length !== 1) throw new Error(`the chart renders ${found.length} of ${kind} ${name ?? ''}`);
    return found[0];
  }

  /** `Kind/name`, sorted: the two majors order kinds they do not know differently. */
  get names(): readonly string[] {
    return this.manifests.map(({ kind, metadata }) => [kind, metadata.name].join('/')).sort();
  }

  get webhooks(): readonly Manifest[] {
    return this.one('MutatingWebhookConfiguration').webhooks;
  }

  get pod(): Manifest {
    return this.one('Deployment').spec.template.spec;
  }

  get container(): Manifest {
    return this.pod.containers[0];
  }
}
