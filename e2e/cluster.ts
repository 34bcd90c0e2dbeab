// A real Kubernetes control plane for one test file: etcd, API server, controller manager, scheduler, and kwok for the
// kubelets. Pods are admitted, scheduled and completed for real; only nothing runs in them.
//
//   const cluster = await startCluster();              // beforeAll; about 5 s
//   await cluster.createNode({ name: 'gpu-1', gpus: { ...GPU_MODELS.a100, count: 8 } });
//   const { stderr } = await cluster.apply(pod);       // stderr holds the warnings, as a user sees them
//   const pod = await cluster.api.get<V1Pod>('/api/v1/namespaces/default/pods/train');
//   await cluster.stop();                              // afterAll
//
// - `adminKubectl('get', 'pods')` runs the kubectl of the control plane's version; a non-zero status throws with stderr.
// - `api.send` hands back status and warnings without a process; `api.get` and `api.ask` throw unless it succeeded.
// - `kubeconfigFor(namespace, serviceAccount)` is what a pod of that account would hold: RBAC applies to it.
// - `environment` is for other programs (helm): KUBECONFIG, and a HOME of the cluster's own.
// - `metrics()` is the API server's own measure of webhooks: apiserver_admission_webhook_*.
// - `eventually` waits for a state. When a part has died, waiting and kubectl fail with the end of its log.
// - To let the API server reach a webhook that runs here, turn its Service into type ExternalName, `localhost`.
// - LAYERGAUGE_E2E_KEEP=1 keeps the folder with the logs and says where it is.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.js';
import { controllerCommands, freePorts, serverCommands } from './commands.js';
import type { CommandLine } from './commands.js';
import { eventually } from './eventually.js';
import { isReady, nodeObject } from './node.js';
import type { NodeSetup, NodeState } from './node.js';
import { Parts } from './parts.js';
import { createPki, kubeconfigText } from './pki.js';
import type { Pki } from './pki.js';
import { programsFolder } from './programs.js';

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly folder: string;
  readonly programs: string;
  readonly parts: Parts;
  readonly pki: Pki;
  readonly api: Api;
  readonly kubeconfig: string;
}

const START_SECONDS = 60;
const DEFAULT_ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/default';

/** Starts a cluster without nodes. Throws with the end of a part's log where one does not come up. */
export async function startCluster(): Promise<Cluster> {
  const programs = programsFolder();
  const folder = await mkdtemp(join(tmpdir(), 'layergauge-e2e-'));
  const [pki, ports] = await Promise.all([createPki(folder), freePorts()]);
  const api = new Api(`https://127.0.0.1:${ports.apiServer}`, pki.ca, pki.admin);
  const kubeconfig = join(folder, 'admin.kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(api.url, pki.ca, pki.admin), { mode: 0o600 });
  const parts = new Parts(folder);
  const cluster = new Cluster({ folder, programs, parts, pki, api, kubeconfig });
  const start = ([program, args]: CommandLine): void => parts.start(join(programs, program), args);
  const patience = { seconds: START_SECONDS };
  try {
    serverCommands(folder, ports).forEach(start);
    await cluster.eventually(
      'the API server is ready',
      async () => (await api.send('GET', '/readyz')).status === 200 || undefined,
      patience,
    );
    controllerCommands(folder, ports, kubeconfig).forEach(start);
    // The controller manager makes it; until then no pod can be created.
    await cluster.eventually('the default service account exists', () => api.get(DEFAULT_ACCOUNT), patience);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

export class Cluster {
  readonly api: Api;
  readonly apiServerUrl: string;
  /** The path of the admin's kubeconfig, a client certificate of system:masters. */
  readonly kubeconfig: string;
  /** For programs that find the cluster by their environment, and must not touch the home of whoever runs the tests. */
  readonly environment: NodeJS.ProcessEnv;
  readonly #started: Started;

  constructor(started: Started) {
    this.#started = started;
    this.api = started.api;
    this.apiServerUrl = started.api.url;
    this.kubeconfig = started.kubeconfig;
    this.environment = { ...process.env, KUBECONFIG: started.kubeconfig, HOME: started.folder };
  }

  adminKubectl(...args: string[]): Promise<Output> {
    return this.#kubectl(args);
  }

  /** `kubectl apply` of an object, or of YAML. */
  apply(manifest: object | string): Promise<Output> {
    return this.#kubectl(['apply', '-f', '-'], typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  }

  /** Creates a node and waits until pods can be scheduled to it. */
  async createNode(setup: NodeSetup): Promise<void> {
    await this.api.ask('POST', '/api/v1/nodes', nodeObject(setup));
    await this.eventually(`node ${setup.name} is ready`, async () => {
      return isReady(await this.api.get<NodeState>(`/api/v1/nodes/${setup.name}`)) || undefined;
    });
  }

  /** Writes a kubeconfig with a token of that service account, and hands back its path. */
  async kubeconfigFor(namespace: string, serviceAccount: string): Promise<string> {
    const { folder, pki } = this.#started;
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}`;
    const { status } = await this.api.ask<{ status: { token: string } }>('POST', `${account}/token`, { spec: {} });
    const path = join(folder, `${namespace}.${serviceAccount}.kubeconfig`);
    await writeFile(path, kubeconfigText(this.apiServerUrl, pki.ca, { token: status.token }), { mode: 0o600 });
    return path;
  }

  /** The API server's metrics, in Prometheus's text format. */
  async metrics(): Promise<string> {
    return (await this.api.send('GET', '/metrics')).text;
  }

  /** Waits for `probe` to give something; see eventually.ts. */
  eventually<T>(what: string, probe: () => Promise<T | undefined>, { seconds }: { seconds?: number } = {}): Promise<T> {
    const failure = (): Error | undefined => this.#started.parts.failure;
    return eventually(what, probe, { failure, ...(seconds === undefined ? {} : { seconds }) });
  }

  async stop(): Promise<void> {
    const { folder, parts, api } = this.#started;
    api.close();
    await parts.stop();
    if (process.env['LAYERGAUGE_E2E_KEEP'] === undefined) await rm(folder, { recursive: true, force: true });
    else console.log(`the cluster's logs: ${folder}`);
  }

  async #kubectl(args: readonly string[], input = ''): Promise<Output> {
    const { programs, parts } = this.#started;
    return new Promise((resolve, reject) => {
      const child = execFile(join(programs, 'kubectl'), args, { env: this.environment }, (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else reject(parts.failure ?? new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
      });
      child.stdin?.end(input);
    });
  }
}

export { GPU_MODELS } from './node.js';
export type { Gpus, NodeSetup, Taint } from './node.js';
