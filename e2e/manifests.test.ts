// Other people's published manifests through `explain`, and what it gives through the real API server. Uses
// ../shared/manifests, which is no part of the project: where it is missing nothing is tested, and that is said loudly.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { explainCommand } from '../src/cli/explain.js';
import { lostLeaves } from '../test/helpers/admission.js';
import { publishedPods } from './published.js';
import { GPU, ROOT, Session } from './session.js';

const DATA = join(ROOT, '../shared/manifests');
const MODEL = join(ROOT, 'test/fixtures/onnx/transformer-native.onnx');
const NAMESPACE = 'published';
const isThere = existsSync(DATA);
if (!isThere) console.warn(`SKIPPED: published manifests are not tested, for ${DATA} is not there`);

let session: Session;
let files: { readonly configMap: string; readonly nodes: string; readonly pod: string };

/** What `explain` makes of a pod. */
async function explained(pod: V1Pod): Promise<{ decision: string; after: V1Pod }> {
  writeFileSync(files.pod, stringify(pod));
  const lines: string[] = [];
  await explainCommand([files.pod, '--configmap', files.configMap, '--nodes', files.nodes], (line) => lines.push(line));
  const at = lines.indexOf('pod');
  return { decision: lines[0] ?? '', after: at === -1 ? pod : (parse(lines.slice(at + 1).join('\n')) as V1Pod) };
}

function annotated(pod: V1Pod): V1Pod {
  const annotations = { ...pod.metadata?.annotations, 'layergauge.dev/model': 'configmap://net' };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

/** What the API server says to a pod without keeping it: the status, and of a refusal what it complains of. */
async function dryRun(pod: V1Pod): Promise<string> {
  const { status, text } = await session.create(pod, NAMESPACE, '?dryRun=All');
  if (status < 300) return 'valid';
  return `${status} ${(JSON.parse(text) as { message?: string }).message ?? ''}`;
}

/** What pods name and the API server wants to exist. */
async function prepare(pods: readonly V1Pod[]): Promise<void> {
  const { api } = session.cluster;
  const named = (pick: (spec: NonNullable<V1Pod['spec']>) => string | undefined): string[] => [
    ...new Set(pods.flatMap(({ spec }) => (spec && pick(spec)) ?? [])),
  ];
  const make = (path: string, body: object): Promise<unknown> => api.send('POST', path, body);
  for (const name of named((spec) => spec.serviceAccountName ?? spec.serviceAccount))
    await make(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name } });
  for (const name of named(({ priorityClassName }) => priorityClassName))
    await make('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name }, value: 1 });
  for (const name of named(({ runtimeClassName }) => runtimeClassName))
    await make('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name }, handler: 'runc' });
}

(isThere ? describe : describe.skip)('published manifests', () => {
  const published = isThere ? publishedPods(DATA) : [];

  beforeAll(async () => {
    session = await Session.start();
    await session.makeNamespace(NAMESPACE);
    const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));
    const path = (name: string): string => join(folder, name);
    files = { configMap: path('net.json'), nodes: path('nodes.json'), pod: path('pod.yaml') };
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'net' },
      binaryData: { 'model.onnx.gz': gzipSync(readFileSync(MODEL)).toString('base64') },
    };
    await session.cluster.api.ask('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, configMap);
    writeFileSync(files.configMap, JSON.stringify(configMap));
    const { stdout } = await session.cluster.adminKubectl('get', 'nodes', '--output', 'json');
    writeFileSync(files.nodes, stdout);
    await prepare(published.map(({ pod }) => pod));
  }, 180_000);

  afterAll(() => session.stop());

  test('that did not opt in are left as they are', async () => {
    const changed: string[] = [];
    for (const { from, pod } of published) {
      const { decision, after } = await explained(pod);
      if (!decision.startsWith('decision  left as it is') || after !== pod) changed.push(`${from}: ${decision}`);
    }
    expect(changed).toEqual([]);
  });

  test('that opted in lose nothing, and are as valid for the API server as they were', async () => {
    const problems: string[] = [];
    let [valid, patched] = [0, 0];
    for (const { from, pod } of published) {
      const { decision, after } = await explained(annotated(pod));
      // A count of zero is raised: that is what opting in asks for.
      const lost = lostLeaves(annotated(pod), after).filter(
        ({ path, value }) => !path.endsWith(GPU) || Number(value) > 0,
      );
      if (lost.length > 0) problems.push(`${from}: lost ${JSON.stringify(lost)}`);
      const [before, now, twice] = [await dryRun(pod), await dryRun(after), await dryRun(annotated(pod))];
      if (before !== now || before !== twice) problems.push(`${from}: ${before} → ${now} | ${twice}`);
      valid += before === 'valid' ? 1 : 0;
      patched += decision.startsWith('decision  patched') ? 1 : 0;
    }
    console.log(`${published.length} pods: ${valid} valid as published, ${patched} patched`);
    expect(problems).toEqual([]);
  }, 300_000);
});
