import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHART, helm, Rendering } from './helm.js';
import type { Helm, Manifest } from './helm.js';

const KINDS: Readonly<Record<string, readonly (readonly [kind: string, isNamespaced: boolean])[]>> = {
  v1: [
    ['Secret', true],
    ['Service', true],
    ['ServiceAccount', true],
  ],
  'apps/v1': [['Deployment', true]],
  'policy/v1': [['PodDisruptionBudget', true]],
  'networking.k8s.io/v1': [['NetworkPolicy', true]],
  'rbac.authorization.k8s.io/v1': [
    ['ClusterRole', false],
    ['ClusterRoleBinding', false],
  ],
  'admissionregistration.k8s.io/v1': [
    ['MutatingWebhookConfiguration', false],
    ['ValidatingAdmissionPolicy', false],
    ['ValidatingAdmissionPolicyBinding', false],
  ],
};

const pluralOf = (kind: string): string =>
  kind.endsWith('y') ? `${kind.slice(0, -1).toLowerCase()}ies` : `${kind.toLowerCase()}s`;

/** As much of an API server as Helm asks for a dry run: what kinds there are, and the objects it was given. */
export class FakeApiServer {
  private readonly objects = new Map<string, Manifest>();
  private readonly server = createServer((request, response) => {
    const body = this.answer(new URL(request.url ?? '', 'http://localhost').pathname);
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }),
    );
  });
  private kubeconfig = '';

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.kubeconfig = join(mkdtempSync(join(tmpdir(), 'layergauge-')), 'kubeconfig');
    const { port } = this.server.address() as AddressInfo;
    const cluster = { name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } };
    const context = { name: 'fake', context: { cluster: 'fake', user: 'fake' } };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      contexts: [context],
      users: [{ name: 'fake' }],
    };
    writeFileSync(this.kubeconfig, JSON.stringify({ ...config, 'current-context': 'fake' }));
    return this;
  }

  stop(): void {
    this.server.close();
  }

  /** Keeps the objects as an API server would that Helm installed them into. */
  apply({ manifests }: Rendering): void {
    for (const manifest of manifests) {
      const { stringData, metadata, ...rest } = structuredClone(manifest);
      const annotations = { 'meta.helm.sh/release-name': 'layergauge', 'meta.helm.sh/release-namespace': 'gauge' };
      const encoded = Object.entries<string>(stringData ?? {}).map(([key, text]) => [key, base64(text)]);
      const data = stringData ? { data: { ...rest.data, ...Object.fromEntries(encoded) } } : {};
      this.objects.set(pathOf(manifest), { ...rest, ...data, metadata: { ...metadata, annotations } });
    }
  }

  remove(manifest: Manifest): void {
    if (!this.objects.delete(pathOf(manifest))) throw new Error(`there is no ${pathOf(manifest)}`);
  }

  /** What Helm would do to this cluster. */
  async dryRun(program: Helm, ...values: readonly string[]): Promise<{ rendering: Rendering; notes: string }> {
    const options = ['--dry-run=server', '--disable-openapi-validation', '--output', 'json', '--namespace', 'gauge'];
    const given = values.flatMap((value) => ['--set', value]);
    const printed = await helm(program, ['install', 'layergauge', CHART, ...options, ...given], {
      KUBECONFIG: this.kubeconfig,
    });
    const { manifest, info } = JSON.parse(printed) as { manifest: string; info: { notes: string } };
    return { rendering: new Rendering(manifest), notes: info.notes };
  }

  private answer(path: string): object | undefined {
    if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.1' };
    if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
    if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
    const groupVersion = path.replace(/^\/apis?\//, '');
    const kinds = KINDS[groupVersion];
    if (!kinds) return this.objects.get(path);
    const resources = kinds.map(([kind, namespaced]) => ({ name: pluralOf(kind), kind, namespaced, verbs: ['get'] }));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function groups(): object[] {
  return Object.keys(KINDS)
    .filter((groupVersion) => groupVersion.includes('/'))
    .map((groupVersion) => {
      const [name, version] = groupVersion.split('/');
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    });
}

function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion === 'v1' ? 'api' : 'apis';
  const namespace = metadata.namespace === undefined ? [] : ['namespaces', metadata.namespace];
  return ['', group, apiVersion, ...namespace, pluralOf(kind), metadata.name].join('/');
}
