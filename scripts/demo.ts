/**
 * The main job on an example the project makes itself: a ResNet-50 as an inference export would hold it is estimated and
 * packed; then the real webhook serves HTTPS on loopback, with files standing in for the cluster, and is sent the example
 * pod as the API server would send it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { parse, stringify } from 'yaml';
import { applyPatch } from '../src/admission/json-patch.js';
import type { Operation } from '../src/admission/types.js';
import { VERSION } from '../src/cli/version.js';
import type { ApiNode } from '../src/placement/node.js';
import { readConfig } from '../src/server/config.js';
import { runEstimate } from '../src/server/estimate-task.js';
import { OfflineCluster } from './offline-cluster.js';
import type { StoredConfigMap } from './offline-cluster.js';
import { serve } from '../src/server/serve.js';

const FOLDER = join('.cache', 'demo');
const MODEL = join(FOLDER, 'resnet50.onnx');
const CONFIG_MAP = join(FOLDER, 'configmap.yaml');
const CLI = join('dist', 'cli.mjs');
const SECRET_PATH = 'demo-secret-path';

interface Response {
  readonly response: { readonly allowed: boolean; readonly patch?: string; readonly warnings?: readonly string[] };
}

/** Runs a command and shows it; the demo ends with the first that fails. */
function run(command: string, args: readonly string[]): void {
  console.log(`\n$ ${[command, ...args].join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const readYaml = (path: string): unknown => parse(readFileSync(path, 'utf8'));

/** A certificate for a quarter of an hour, and the secret path, where a Secret would be mounted. */
async function writeSecrets(): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    notAfterDate: new Date(Date.now() + 15 * 60_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  writeFileSync(join(FOLDER, 'tls.crt'), cert);
  writeFileSync(join(FOLDER, 'tls.key'), key, { mode: 0o600 });
  writeFileSync(join(FOLDER, 'path'), SECRET_PATH);
  return cert;
}

function post(port: number, ca: string, review: object): Promise<Response> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      {
        host: 'localhost',
        port,
        ca,
        method: 'POST',
        path: `/mutate/${SECRET_PATH}?timeout=5s`,
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => {
          resolve(JSON.parse(text) as Response);
        });
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(review));
  });
}

mkdirSync(FOLDER, { recursive: true });
run(join('node_modules', '.bin', 'tsx'), [join('examples', 'make-resnet50.ts'), MODEL]);
run('node', [CLI, 'estimate', MODEL, '--batch-size', '64', '--optimizer', 'sgd-momentum', '--precision', 'amp-fp16']);
run('node', [CLI, 'pack', MODEL, '-o', CONFIG_MAP]);

const ca = await writeSecrets();
const nodes = (readYaml(join('examples', 'nodes.yaml')) as { items: ApiNode[] }).items;
const running = await serve({
  config: readConfig({
    LAYERGAUGE_PORT: '0',
    LAYERGAUGE_METRICS_PORT: '0',
    LAYERGAUGE_TLS_DIR: FOLDER,
    LAYERGAUGE_PATH_FILE: join(FOLDER, 'path'),
    LAYERGAUGE_DRAIN_SECONDS: '0',
  }),
  cluster: new OfflineCluster([readYaml(CONFIG_MAP) as StoredConfigMap], nodes),
  estimate: runEstimate,
  log: { info: () => undefined, warn: console.warn, error: console.error },
  version: VERSION,
});
console.log(`\nthe webhook serves https://localhost:${running.port}; it is sent examples/pod.yaml`);
const pod = readYaml(join('examples', 'pod.yaml')) as { metadata: { namespace: string } };
const began = performance.now();
const { response } = await post(running.port, ca, {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'demo', operation: 'CREATE', namespace: pod.metadata.namespace, object: pod },
});
console.log(`answered in ${(performance.now() - began).toFixed(0)} ms: allowed ${String(response.allowed)}`);
for (const warning of response.warnings ?? []) console.log(`warning: ${warning}`);
await running.drain();
if (response.patch === undefined) process.exit(1);
const operations = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as Operation[];
console.log('\npatch');
for (const operation of operations) console.log(`  ${JSON.stringify(operation)}`);
console.log(`\npatched pod\n${stringify(applyPatch(pod, operations), { lineWidth: 0 })}`);
