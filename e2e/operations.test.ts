// What platform teams see of the webhook: nodes that come, certificates, upgrades, neighbours, replicas that end.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { GPU_MODELS } from './cluster.js';
import { startMeddler } from './meddler.js';
import { GPU, limitOf, MODEL, ROOT, Session } from './session.js';
import { helm, NAMESPACE, RELEASE, turnService, writeSecrets } from './webhook.js';

let session: Session;

beforeAll(async () => {
  session = await Session.start();
}, 180_000);

afterAll(() => session.stop());

/** The keys of the node requirements, term by term. */
function requiredKeys({ spec }: V1Pod): string[][] {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (required?.nodeSelectorTerms ?? []).map((term) => (term.matchExpressions ?? []).map(({ key }) => key));
}

describe('operations', () => {
  test('a node that joins is known at once', async () => {
    await session.cluster.createNode({
      name: 'small',
      gpus: { ...GPU_MODELS.t4, product: 'Tesla-P4', memoryMiB: 7680, count: 1 },
    });
    const made = await session.cluster.eventually('a pod is placed on it', async () => {
      const { pod: object } = await session.create(session.pod({ ...MODEL, 'layergauge.dev/batch-size': '2' }));
      return object.metadata?.annotations?.['layergauge.dev/status']?.includes('Tesla-P4') === true
        ? object
        : undefined;
    });
    expect(await session.nodeOf(made)).toBe('small');
    await session.cluster.api.ask<V1Node>('DELETE', '/api/v1/nodes/small');
  });

  test('the certificate is replaced while serving', async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    const { items } = await session.cluster.api.get<{ items: { metadata: { name: string }; data?: object }[] }>(path);
    const name = items.find(({ data = {} }) => 'tls.crt' in data)?.metadata.name ?? '';
    await session.cluster.api.ask('DELETE', `${path}/${name}`);
    await helm(session.cluster)(
      'upgrade',
      RELEASE,
      join(ROOT, 'charts/layergauge'),
      '--namespace',
      NAMESPACE,
      '--reuse-values',
    );
    await turnService(session.cluster);
    await writeSecrets(session.cluster, session.webhook.folder);
    const status = await session.cluster.eventually('the new certificate is served', async () => {
      const { pod: made } = await session.create(session.pod(MODEL));
      return limitOf(made);
    });
    expect(status).toBe('1');
  });

  test('an upgrade keeps certificate and path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));
    await writeSecrets(session.cluster, folder);
    await helm(session.cluster)(
      'upgrade',
      RELEASE,
      join(ROOT, 'charts/layergauge'),
      '--namespace',
      NAMESPACE,
      '--reuse-values',
    );
    await turnService(session.cluster);
    const after = mkdtempSync(join(tmpdir(), 'layergauge-'));
    await writeSecrets(session.cluster, after);
    for (const file of ['tls.crt', 'tls.key', 'path']) {
      expect(readFileSync(join(after, file), 'utf8')).toBe(readFileSync(join(folder, file), 'utf8'));
    }
    const limit = await session.cluster.eventually('the turned Service is seen', async () => {
      return limitOf((await session.create(session.pod(MODEL))).pod);
    });
    expect(limit).toBe('1');
  });

  test('while the webhook is down pods are admitted, and denied where they asked for that', async () => {
    await session.webhook.stop('SIGKILL');
    const plain = await session.create(session.pod({}));
    const annotated = await session.create(session.pod(MODEL));
    const strict = await session.create(session.pod({ ...MODEL, 'layergauge.dev/on-failure': 'deny' }));
    session.balancer.targets.clear();
    session.webhook = await session.startServing('b');
    expect([plain.status, annotated.status]).toEqual([201, 201]);
    expect(limitOf(annotated.pod)).toBeUndefined();
    expect(annotated.warnings.join()).toContain('not sized');
    expect(strict.status).toBeGreaterThanOrEqual(400);
  });

  test('a second webhook that changes the pod has us called again, to the same end', async () => {
    const other = await startMeddler(session.cluster);
    const metric = 'apiserver_admission_webhook_request_total';
    const before = await session.counted(metric);
    const { pod: made } = await session.create(session.pod(MODEL));
    const calls = (await session.counted(metric)) - before;
    await other.stop();
    expect(calls).toBe(2);
    expect(made.spec?.containers.map(({ name }) => name)).toEqual(['train', 'meddled']);
    expect(made.spec?.containers[0]?.resources?.limits).toEqual({ [GPU]: '1' });
    const terms = requiredKeys(made);
    expect(terms).toHaveLength(1);
    expect(new Set(terms[0]).size).toBe(terms[0]?.length);
  });

  test('of two replicas one ends under load, and the API server never fails open', async () => {
    const second = await session.startServing('c');
    const failOpen = 'apiserver_admission_webhook_fail_open_count';
    const before = await session.counted(failOpen);
    const load = Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 25));
        return limitOf((await session.create(session.pod(MODEL))).pod);
      }),
    );
    const stopped = session.webhook.stop();
    await session.cluster.eventually(
      'it is no longer ready',
      async () => !(await session.webhook.ready()) || undefined,
    );
    session.balancer.targets.delete(session.webhook.port);
    await stopped;
    expect(new Set(await load)).toEqual(new Set(['1']));
    expect(await session.counted(failOpen)).toBe(before);
    session.webhook = second;
  });

  test('helm uninstall leaves nothing that calls us', async () => {
    await helm(session.cluster)('uninstall', RELEASE, '--namespace', NAMESPACE);
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    expect((await session.cluster.api.get<{ items: unknown[] }>(path)).items).toEqual([]);
    const { status, pod: made } = await session.create(session.pod(MODEL));
    expect({ status, limit: limitOf(made) }).toEqual({ status: 201, limit: undefined });
  });
});
