/**
 * What an admission costs once the estimate is cached: requests per second of the webhook's own application over HTTPS,
 * beside an express handler that parses the same body and answers nothing, in one process, round after round in turn.
 */
import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import express from 'express';
import type * as estimating from '../src/server/estimate-task.js';
import type * as serving from '../src/server/serve.js';
import { formatTable } from '../src/cli/table.js';
import { configMap, gpuNode, pod, review, SECRET_PATH, secrets, testConfig } from '../test/helpers/webhook.js';
import { OfflineCluster } from '../scripts/offline-cluster.js';
import { loadCertificate } from '../src/server/certificates.js';
import { bundled } from './bundled.js';
import { median, publish } from './publish.js';

const ROUNDS = 9;
const SECONDS = 2;
const CONNECTIONS = 10;

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const body = JSON.stringify(review(pod()));

async function measure(url: string): Promise<{ perSecond: number; p99Ms: number }> {
  const result = await autocannon({
    url,
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} calls failed at ${url}`);
  return { perSecond: result.requests.average, p99Ms: result.latency.p99 };
}

process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
process.removeAllListeners('warning');
process.on('warning', () => undefined);
const { serve } = await bundled<typeof serving>('src/server/serve.ts');
const { runEstimate } = await bundled<typeof estimating>('src/server/estimate-task.ts');
const { folder } = await secrets(mkdtempSync(join(tmpdir(), 'layergauge-')));
const nodes = Array.from({ length: 500 }, (_, index) => gpuNode(`node-${index}`, 'NVIDIA-A100-SXM4-80GB', 81920));
const running = await serve({
  config: testConfig(folder),
  cluster: new OfflineCluster([configMap('resnet50')], nodes),
  estimate: runEstimate,
  log: silent,
  version: 'bench',
});
const { cert, key } = await loadCertificate(folder);
const empty = express();
empty.post('/', express.json({ limit: '7mb' }), (_, response) => {
  response.json({ response: { allowed: true } });
});
const emptyServer = createServer({ cert, key }, empty);
await new Promise<void>((resolve) => emptyServer.listen(0, resolve));
const urls = {
  webhook: `https://localhost:${running.port}/mutate/${SECRET_PATH}?timeout=5s`,
  empty: `https://localhost:${(emptyServer.address() as AddressInfo).port}/`,
};
await measure(urls.webhook);
await measure(urls.empty);
const rounds: { webhook: number; empty: number; p99: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const webhook = await measure(urls.webhook);
  const nothing = await measure(urls.empty);
  rounds.push({ webhook: webhook.perSecond, empty: nothing.perSecond, p99: webhook.p99Ms });
}
const ratios = rounds.map((round) => round.webhook / round.empty);
const columns = ['what', 'median', 'lowest', 'highest'].map((heading) => ({ heading, align: 'left' as const }));
const row = (what: string, values: readonly number[], digits: number): string[] => [
  what,
  ...[median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)),
];
const lines = formatTable(columns, [
  row(
    'warm admissions a second, 500 nodes known',
    rounds.map(({ webhook }) => webhook),
    0,
  ),
  row(
    'empty express handler, answers a second',
    rounds.map((round) => round.empty),
    0,
  ),
  row('ratio of the two, by round', ratios, 2),
  row(
    '99th percentile of an admission, ms',
    rounds.map(({ p99 }) => p99),
    0,
  ),
]);
publish('benchmarks', 'admission', lines);
emptyServer.close();
emptyServer.closeAllConnections();
await running.drain();
