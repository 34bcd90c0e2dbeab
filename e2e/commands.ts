// The command lines of the parts of a cluster.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { PKI_FILES } from './pki.js';
import type { Program } from './programs.js';

export interface Ports {
  readonly etcd: number;
  readonly apiServer: number;
  readonly kwok: number;
}

export type CommandLine = readonly [program: Program, args: readonly string[]];

const STAGES = join(import.meta.dirname, 'kwok', 'stages.yaml');

/** The storage and the API server; everything else waits for it. */
export function serverCommands(folder: string, ports: Ports): CommandLine[] {
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const file = (name: keyof typeof PKI_FILES): string => join(folder, PKI_FILES[name]);
  return [
    [
      'etcd',
      [
        `--data-dir=${join(folder, 'etcd')}`,
        '--unsafe-no-fsync',
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        '--listen-peer-urls=http://127.0.0.1:0',
      ],
    ],
    [
      'kube-apiserver',
      [
        `--etcd-servers=${etcd}`,
        `--cert-dir=${folder}`,
        `--tls-cert-file=${file('servingCert')}`,
        `--tls-private-key-file=${file('servingKey')}`,
        `--client-ca-file=${file('ca')}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${ports.apiServer}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--allow-privileged',
        '--authorization-mode=RBAC',
        `--service-account-issuer=https://127.0.0.1:${ports.apiServer}/`,
        `--service-account-key-file=${file('tokenPublicKey')}`,
        `--service-account-signing-key-file=${file('tokenKey')}`,
      ],
    ],
  ];
}

/** The clients of the API server that make it a cluster. */
export function controllerCommands(folder: string, ports: Ports, kubeconfig: string): CommandLine[] {
  const common = [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
  ];
  return [
    [
      'kube-controller-manager',
      [
        ...common,
        // Otherwise every controller acts as the admin, and what RBAC would refuse goes unseen.
        '--use-service-account-credentials=true',
        // At the default of 20 a second its controllers' accounts and tokens alone take 4 s.
        '--kube-api-qps=1000',
        '--kube-api-burst=1000',
        `--service-account-private-key-file=${join(folder, PKI_FILES.tokenKey)}`,
        `--root-ca-file=${join(folder, PKI_FILES.ca)}`,
        // The node lifecycle controller must run, for it takes the not-ready taint away; it must not judge heartbeats.
        '--node-monitor-grace-period=24h',
      ],
    ],
    ['kube-scheduler', common],
    [
      'kwok',
      [
        `--kubeconfig=${kubeconfig}`,
        `--config=${STAGES}`,
        '--manage-all-nodes=false',
        '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
        `--server-address=127.0.0.1:${ports.kwok}`,
        // Pods' addresses, which must not be services'.
        '--cidr=10.64.0.0/16',
      ],
    ],
  ];
}

/** Ports of the loopback that nobody listens on; all are taken before any is let go, so they differ. */
export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all([listening(), listening(), listening()]);
  const [etcd = 0, apiServer = 0, kwok = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { etcd, apiServer, kwok };
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
