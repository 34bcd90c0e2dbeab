import { describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import supertest from 'supertest';
import { AdmissionError } from '../../src/admission/failures.js';
import type { AdmissionPorts } from '../../src/admission/ports.js';
import { createApp, deadlineMs } from '../../src/server/app.js';
import { runEstimate } from '../../src/server/estimate-task.js';
import { createMetrics } from '../../src/server/metrics.js';
import { Sizer } from '../../src/server/sizer.js';
import { gpuNode, pod, review, SECRET_PATH, testCluster } from '../helpers/webhook.js';
import { gpuNodeOf } from '../../src/placement/node.js';

const logged: object[] = [];
const log = {
  info: (fields: object) => logged.push(fields),
  warn: (fields: object) => logged.push(fields),
  error: (fields: object) => logged.push(fields),
};

function app(ports: Partial<AdmissionPorts> = {}, ready = true): ReturnType<typeof supertest> {
  const metrics = createMetrics('test');
  const sizer = new Sizer(testCluster(), runEstimate, metrics);
  return supertest(
    createApp({
      metrics,
      log,
      path: SECRET_PATH,
      ready: () => ready,
      draining: () => false,
      needsCertificate: false,
      ports: {
        version: 'test',
        size: (task) => sizer.size(task),
        nodes: () => [gpuNodeOf(gpuNode('t4', 'Tesla-T4', 15360))],
        remembered: (_, compute) => compute(),
        pinned: (_, compute) => compute(),
        ...ports,
      },
    }),
  );
}

const mutate = `/mutate/${SECRET_PATH}?timeout=5s`;

interface Reviewed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: string;
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly status?: { readonly message: string };
  };
}

async function answer(object: object, ports: Partial<AdmissionPorts> = {}, path = mutate): Promise<Reviewed> {
  const { status, body } = await app(ports).post(path).send(review(object));
  expect(status).toBe(200);
  return body as Reviewed;
}

describe('an annotated pod', () => {
  test('is answered with its UID and a patch that applies', async () => {
    const { apiVersion, kind, response } = await answer(pod());
    expect({ apiVersion, kind }).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    expect(response).toMatchObject({ uid: 'the-uid', allowed: true, patchType: 'JSONPatch' });
    const operations = JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()) as Operation[];
    const { newDocument } = jsonpatch.applyPatch(pod(), operations, true);
    expect(newDocument).toMatchObject({
      spec: {
        containers: [{ resources: { limits: { 'nvidia.com/gpu': '1' }, requests: { 'nvidia.com/gpu': '1' } } }],
        tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      },
    });
  });

  test.each([
    ['a missing ConfigMap', 'configmap://nowhere', 'SOURCE_NOT_FOUND'],
    ['a broken model', 'configmap://broken', 'MALFORMED'],
    ['a bad reference', 'resnet50', 'ANNOTATION_INVALID'],
  ])('with %s is admitted as it is, with a warning', async (_, model, code) => {
    const { response } = await answer(pod({ 'layergauge.dev/model': model }));
    expect(response).toMatchObject({ uid: 'the-uid', allowed: true });
    expect(response.patch).toBeUndefined();
    expect(response.patchType).toBeUndefined();
    expect(response.warnings?.[0]).toContain(`layergauge: not sized: ${code}`);
  });

  test('is denied where it asked for that', async () => {
    const { response } = await answer(
      pod({ 'layergauge.dev/model': 'configmap://nowhere', 'layergauge.dev/on-failure': 'deny' }),
    );
    expect(response.allowed).toBe(false);
    expect(response.status?.message).toContain('SOURCE_NOT_FOUND: namespace "team-a" has no ConfigMap "nowhere"');
  });

  test('is admitted as it is once the deadline is past', async () => {
    const { response } = await answer(
      pod(),
      { size: () => new Promise(() => undefined) },
      `/mutate/${SECRET_PATH}?timeout=200ms`,
    );
    expect(response.warnings?.[0]).toContain('TIMEOUT: no estimate within 120 ms');
  });

  test('is admitted where we make a mistake, which the log has and the user does not', async () => {
    const { response } = await answer(pod(), { size: () => Promise.reject(new Error('secret detail')) });
    expect(response).toMatchObject({ allowed: true });
    expect(JSON.stringify(response)).not.toContain('secret detail');
    expect(JSON.stringify(logged.map((fields) => String((fields as { err?: Error }).err)))).toContain('secret detail');
  });
});

test('a pod that did not opt in is admitted without a word', async () => {
  const { response } = await answer(pod({}));
  expect(response).toEqual({ uid: 'the-uid', allowed: true });
});

describe('transport', () => {
  test.each([
    ['no JSON', 'application/json', '{', 400],
    ['no review', 'application/json', '{"kind":"Pod"}', 400],
    [
      'a review of another version',
      'application/json',
      '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}',
      400,
    ],
    ['another type', 'text/plain', 'hello', 400],
    ['JSON under another type', 'text/plain', '{}', 415],
    ['more than 7 MiB', 'application/json', `"${'x'.repeat(8 * 1024 * 1024)}"`, 413],
  ])('%s is refused', async (_, type, body, status) => {
    const response = await app().post(mutate).set('content-type', type).send(body);
    expect(response.status).toBe(status);
    expect(response.text).not.toContain('at ');
  });

  test('without the secret part of the path there is nothing', async () => {
    for (const path of ['/mutate', '/mutate/', '/mutate/guess', '/mutate/secret2', '/']) {
      expect((await app().post(path).send(review(pod()))).status).toBe(404);
    }
  });

  test('health: alive always, ready when told', async () => {
    expect((await app({}, false).get('/livez')).status).toBe(200);
    expect((await app({}, false).get('/readyz')).status).toBe(503);
    expect((await app({}, true).get('/readyz')).status).toBe(200);
  });
});

test.each([
  ['5s', 3000],
  ['500ms', 300],
  ['1m', 18_000],
  ['10', 6000],
  [undefined, 6000],
  [['5s'], 6000],
])('of a timeout of %j, 60 %% are the deadline: %d ms', (timeout, ms) => {
  expect(deadlineMs(timeout)).toBe(ms);
});

test('an error of ours that is no mistake keeps its code', async () => {
  const { response } = await answer(pod(), {
    size: () => Promise.reject(new AdmissionError('SOURCE_UNAVAILABLE', 'ConfigMap "x" could not be read')),
  });
  expect(response.warnings).toEqual(['layergauge: not sized: SOURCE_UNAVAILABLE: ConfigMap "x" could not be read']);
});
