import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { OfflineCluster } from '../../scripts/offline-cluster.js';
import type { StoredConfigMap } from '../../scripts/offline-cluster.js';
import type { ApiNode } from '../../src/placement/node.js';
import { readConfig } from '../../src/server/config.js';
import type { Config } from '../../src/server/config.js';

export const SECRET_PATH = 'secret';
const RESNET = join(import.meta.dirname, '../fixtures/onnx/resnet50-training.onnx');

/** A folder with a certificate for localhost, as a mounted Secret is one. */
export async function secrets(
  folder = mkdtempSync(join(tmpdir(), 'layergauge-')),
): Promise<{ folder: string; ca: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  writeFileSync(join(folder, 'tls.crt'), cert);
  writeFileSync(join(folder, 'tls.key'), key);
  writeFileSync(join(folder, 'path'), `${SECRET_PATH}\n`);
  return { folder, ca: cert };
}

export function testConfig(folder: string): Config {
  return readConfig({
    LAYERGAUGE_PORT: '0',
    LAYERGAUGE_METRICS_PORT: '0',
    LAYERGAUGE_TLS_DIR: folder,
    LAYERGAUGE_PATH_FILE: join(folder, 'path'),
    LAYERGAUGE_DRAIN_SECONDS: '0',
  });
}

export function configMap(name: string, bytes: Uint8Array = readFileSync(RESNET)): StoredConfigMap {
  return {
    metadata: { name },
    binaryData: { 'model.onnx.gz': gzipSync(bytes).toString('base64') },
  };
}

export function gpuNode(name: string, product: string, memoryMiB: number): ApiNode {
  return {
    metadata: { name, labels: { 'nvidia.com/gpu.product': product, 'nvidia.com/gpu.memory': String(memoryMiB) } },
    status: { allocatable: { 'nvidia.com/gpu': '1' } },
  };
}

export function testCluster(): OfflineCluster {
  return new OfflineCluster(
    [configMap('resnet50'), { metadata: { name: 'broken' }, data: { 'model.onnx': 'no model' } }],
    [gpuNode('t4', 'Tesla-T4', 15360)],
  );
}

/** A pod that opted in, or one that did not. */
export function pod(
  annotations: Readonly<Record<string, string>> = { 'layergauge.dev/model': 'configmap://resnet50' },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'train-', annotations },
    spec: { containers: [{ name: 'main', image: 'example.com/train:1' }] },
  };
}

export function review(object: object, uid = 'the-uid'): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid, operation: 'CREATE', namespace: 'team-a', object },
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly connection: string | undefined;
}

interface Call {
  readonly port: number;
  readonly ca: string;
  readonly path?: string;
  /** The caller's own certificate. */
  readonly identity?: { readonly cert?: string; readonly key?: string };
}

/** One call over a real socket. */
export function call(
  { port, ca, path = `/mutate/${SECRET_PATH}?timeout=10s`, identity = {} }: Call,
  body?: object,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      ...identity,
      host: 'localhost',
      port,
      ca,
      path,
      method: body ? 'POST' : 'GET',
      agent: new Agent({ keepAlive: true }),
    } as const;
    const outgoing = request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text, connection: response.headers.connection });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body ? JSON.stringify(body) : undefined);
  });
}
