// A cluster with GPU nodes, the chart installed and the webhook running: what the tests of the webhook share.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { V1Pod } from '@kubernetes/client-node';
import { writeModel } from '../examples/onnx-writer.js';
import type { GraphDescription } from '../examples/onnx-writer.js';
import type { Answer } from './api.js';
import { GPU_MODELS, startCluster } from './cluster.js';
import type { Cluster } from './cluster.js';
import { freePort, installChart, RELEASE, startBalancer, startWebhook } from './webhook.js';
import type { Balancer, Webhook } from './webhook.js';

export const ROOT = join(import.meta.dirname, '..');
const RESNET = join(ROOT, 'test/fixtures/onnx/resnet50-training.onnx');
export const GPU = 'nvidia.com/gpu';
export const MODEL = { 'layergauge.dev/model': 'configmap://resnet50' };
export const CONTAINER = { name: 'train', image: 'registry.invalid/train' };

/** A net with an operator that nobody knows. */
const ODD: GraphDescription = {
  name: 'odd',
  nodes: [{ type: 'Mystery', inputs: ['x'], outputs: ['y'] }],
  initializers: [],
  inputs: [{ name: 'x', dims: ['batch', 4] }],
  outputs: [{ name: 'y', dims: ['batch', 4] }],
};

export interface Created extends Answer {
  readonly pod: V1Pod;
}

export class Session {
  private serial = 0;

  private constructor(
    readonly cluster: Cluster,
    readonly balancer: Balancer,
    public webhook: Webhook,
  ) {}

  static async start(): Promise<Session> {
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
    const cluster = await startCluster();
    await cluster.createNode({ name: 't4', gpus: { ...GPU_MODELS.t4, count: 8 } });
    await cluster.createNode({ name: 'a100', gpus: { ...GPU_MODELS.a100, count: 8 } });
    // Time-sliced: the newest GPU of all, and never to be chosen.
    await cluster.createNode({ name: 'shared', gpus: { ...GPU_MODELS.h100, count: 2, replicas: 4 } });
    const port = await freePort();
    await installChart(cluster, port);
    const balancer = await startBalancer(port);
    const session = new Session(cluster, balancer, await startWebhook(cluster, await freePort(), 'a'));
    balancer.targets.add(session.webhook.port);
    await session.makeNamespace('team');
    return session;
  }

  async stop(): Promise<void> {
    await this.webhook.stop();
    await this.cluster.stop();
    await this.balancer.close();
  }

  /** One more process behind the Service. */
  async startServing(name: string): Promise<Webhook> {
    const started = await startWebhook(this.cluster, await freePort(), name);
    this.balancer.targets.add(started.port);
    return started;
  }

  async makeNamespace(name: string): Promise<void> {
    const { api } = this.cluster;
    await api.ask('POST', '/api/v1/namespaces', { metadata: { name } });
    await this.cluster.eventually(`namespace ${name} has its account`, () =>
      api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`),
    );
    await api.ask('POST', `/api/v1/namespaces/${name}/configmaps`, {
      metadata: { name: 'resnet50' },
      immutable: true,
      binaryData: { 'model.onnx.gz': gzipSync(readFileSync(RESNET)).toString('base64') },
    });
    await api.ask('POST', `/api/v1/namespaces/${name}/configmaps`, {
      metadata: { name: 'broken' },
      data: { 'model.onnx': 'no model at all' },
    });
    await api.ask('POST', `/api/v1/namespaces/${name}/configmaps`, {
      metadata: { name: 'odd' },
      binaryData: { 'model.onnx': Buffer.from(writeModel(ODD)).toString('base64') },
    });
  }

  pod(annotations: Readonly<Record<string, string>>, spec: object = {}): V1Pod {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${++this.serial}`, annotations },
      spec: { containers: [CONTAINER], ...spec },
    };
  }

  async create(object: V1Pod, namespace = 'team', query = ''): Promise<Created> {
    const answer = await this.cluster.api.send('POST', `/api/v1/namespaces/${namespace}/pods${query}`, object);
    return { ...answer, pod: JSON.parse(answer.text) as V1Pod };
  }

  nodeOf({ metadata }: V1Pod): Promise<string> {
    const name = metadata?.name ?? '';
    return this.cluster.eventually(`${name} is scheduled`, async () => {
      const now = await this.cluster.api.get<V1Pod>(`/api/v1/namespaces/team/pods/${name}`);
      return now.spec?.nodeName;
    });
  }

  /** What the API server counted of its calls to our webhooks. */
  async counted(metric: string): Promise<number> {
    const lines = (await this.cluster.metrics()).split('\n');
    const ours = lines.filter((line) => line.startsWith(metric) && line.includes(RELEASE));
    return ours.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}

export const limitOf = ({ spec }: V1Pod): string | undefined => spec?.containers[0]?.resources?.limits?.[GPU];
