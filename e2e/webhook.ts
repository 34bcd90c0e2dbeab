// The chart installed for real, and the built server run for it here: with the ServiceAccount's own token, and with the
// certificate and the secret path that the chart made. Only the Service is turned to this machine.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.js';

const ROOT = join(import.meta.dirname, '..');
const CHART = join(ROOT, 'charts/layergauge');
export const NAMESPACE = 'layergauge-system';
export const RELEASE = 'layergauge';

interface Secret {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface Helm {
  (...args: string[]): Promise<string>;
}

/** Helm of a major version, working on the cluster. */
export function helm(cluster: Cluster, major: 3 | 4 = 4): Helm {
  return async (...args) => {
    const program = join(ROOT, '.tools', `helm${major}`);
    const { stdout } = await promisify(execFile)(program, args, { env: cluster.environment });
    return stdout;
  };
}

/** A port that is free now; the chart needs to know it before the server listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Installs the chart and turns its Service to this machine. */
export async function installChart(cluster: Cluster, port: number, ...values: string[]): Promise<void> {
  const ports = [`service.port=${port}`, `server.port=${port}`];
  const sets = [...ports, ...values].flatMap((value) => ['--set', value]);
  await helm(cluster)('install', RELEASE, CHART, '--namespace', NAMESPACE, '--create-namespace', ...sets);
  await turnService(cluster);
}

/** A Service of type ExternalName makes the API server dial this machine, and still check the certificate's name. */
export async function turnService(cluster: Cluster): Promise<void> {
  const spec = {
    type: 'ExternalName',
    externalName: 'localhost',
    clusterIP: null,
    clusterIPs: null,
    internalTrafficPolicy: null,
  };
  await cluster.adminKubectl(
    'patch',
    'service',
    RELEASE,
    '--namespace',
    NAMESPACE,
    '--patch',
    JSON.stringify({ spec }),
  );
}

/** What kube-proxy and the endpoints are to a Service: each connection goes to one of the targets in turn. */
export interface Balancer {
  readonly targets: Set<number>;
  close(): Promise<void>;
}

export async function startBalancer(port: number): Promise<Balancer> {
  const targets = new Set<number>();
  let turn = 0;
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const list = [...targets];
    const target = connect({ host: '127.0.0.1', port: list[turn++ % Math.max(1, list.length)] ?? 1 });
    client.pipe(target).pipe(client);
    client.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const client of clients) client.destroy();
    });
  return { targets, close };
}

export interface Webhook {
  readonly folder: string;
  readonly port: number;
  /** Ends it as the kubelet would, and waits. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  ready(): Promise<boolean>;
}

/** Starts `dist/server.mjs` and waits until it is ready. */
export async function startWebhook(cluster: Cluster, port: number, name = 'a'): Promise<Webhook> {
  const folder = join(dirname(cluster.kubeconfig), `webhook-${name}`);
  await writeSecrets(cluster, folder);
  const child = spawn(process.execPath, [join(ROOT, 'dist/server.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      KUBECONFIG: await cluster.kubeconfigFor(NAMESPACE, RELEASE),
      LAYERGAUGE_PORT: String(port),
      LAYERGAUGE_METRICS_PORT: '0',
      LAYERGAUGE_TLS_DIR: folder,
      LAYERGAUGE_PATH_FILE: join(folder, 'path'),
      LAYERGAUGE_LOG_LEVEL: 'silent',
      LAYERGAUGE_DRAIN_SECONDS: '1',
    },
  });
  await cluster.eventually('the webhook is ready', () => isReady(port), { seconds: 30 });
  return {
    folder,
    port,
    stop: (signal = 'SIGTERM') => ended(child, signal),
    ready: async () => (await isReady(port)) === true,
  };
}

/** What the kubelet would mount. */
export async function writeSecrets(cluster: Cluster, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { items } = await cluster.api.get<{ items: Secret[] }>(`/api/v1/namespaces/${NAMESPACE}/secrets`);
  for (const { data = {} } of items) {
    for (const key of ['tls.crt', 'tls.key', 'path']) {
      const value = data[key];
      if (value !== undefined) await writeFile(join(folder, key), Buffer.from(value, 'base64'));
    }
  }
}

function isReady(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: 'localhost', port, path: '/readyz', rejectUnauthorized: false, agent: false });
    call.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? true : undefined);
    });
    call.on('error', () => {
      resolve(undefined);
    });
    call.end();
  });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => {
      resolve();
    });
    child.kill(signal);
  });
}
