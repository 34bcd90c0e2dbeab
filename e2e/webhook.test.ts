// What users see of the webhook, through a real API server and scheduler.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1Job, V1PodList } from '@kubernetes/client-node';
import { GPU_MODELS } from './cluster.js';
import { CONTAINER, GPU, limitOf, MODEL, Session } from './session.js';

let session: Session;

beforeAll(async () => {
  session = await Session.start();
}, 180_000);

afterAll(() => session.stop());

describe('an annotated pod', () => {
  test('is patched and scheduled to the smallest GPU that fits', async () => {
    const { status, pod: made } = await session.create(session.pod({ ...MODEL, 'layergauge.dev/batch-size': '32' }));
    expect(status).toBe(201);
    expect(made.spec?.containers[0]?.resources).toEqual({ limits: { [GPU]: '1' }, requests: { [GPU]: '1' } });
    expect(made.metadata?.annotations?.['layergauge.dev/status']).toMatch(/^1 GPU like Tesla-T4/);
    expect(await session.nodeOf(made)).toBe('t4');
  });

  test('that needs more is scheduled to a larger GPU, and not to a time-sliced one', async () => {
    const { pod: made } = await session.create(session.pod({ ...MODEL, 'layergauge.dev/batch-size': '256' }));
    expect(await session.nodeOf(made)).toBe('a100');
  });

  test('with a target step time is bound to the product that meets it', async () => {
    const { pod: made } = await session.create(
      session.pod({ ...MODEL, 'layergauge.dev/batch-size': '32', 'layergauge.dev/target-step-time': '100ms' }),
    );
    expect(made.spec?.nodeSelector?.['nvidia.com/gpu.product']).toBe(GPU_MODELS.a100.product);
    expect(await session.nodeOf(made)).toBe('a100');
  });

  test('that no GPU here holds asks for one all the same, so that a node may be added, and says so', async () => {
    const object = session.pod({ ...MODEL, 'layergauge.dev/batch-size': '1024' });
    const { warnings, pod: made } = await session.create(object);
    expect(limitOf(made)).toBe('1');
    expect(made.spec?.affinity).toBeUndefined();
    expect(warnings.join()).toContain('a larger node must be added');
  });

  test('that no GPU holds is admitted unpatched, and says so', async () => {
    const {
      status,
      warnings,
      pod: made,
    } = await session.create(session.pod({ ...MODEL, 'layergauge.dev/batch-size': '100000' }));
    expect(status).toBe(201);
    expect(limitOf(made)).toBeUndefined();
    expect(warnings.join()).toContain('more than one GPU has');
  });

  test('keeps a larger request of its own', async () => {
    const resources = { limits: { [GPU]: '4' } };
    const containers = [{ ...CONTAINER, resources }];
    const { pod: made } = await session.create(session.pod(MODEL, { containers }));
    expect(limitOf(made)).toBe('4');
    expect(await session.nodeOf(made)).toBe('t4');
  });

  test('whose own selector excludes every GPU that fits is advised only', async () => {
    const { warnings, pod: made } = await session.create(
      session.pod(MODEL, { nodeSelector: { 'kubernetes.io/hostname': 'shared' } }),
    );
    expect(limitOf(made)).toBeUndefined();
    expect(warnings.join()).toContain('exclude every node with a GPU that fits');
  });

  test('under dry run is answered, and nothing is left behind', async () => {
    const object = session.pod(MODEL);
    const { status, pod: made } = await session.create(object, 'team', '?dryRun=All');
    expect({ status, limit: limitOf(made) }).toEqual({ status: 201, limit: '1' });
    const path = `/api/v1/namespaces/team/pods/${object.metadata?.name ?? ''}`;
    expect((await session.cluster.api.send('GET', path)).status).toBe(404);
  });
});

test('a plain pod is untouched, and the webhook is not called', async () => {
  const metric = 'apiserver_admission_webhook_request_total';
  const before = await session.counted(metric);
  const { pod: made } = await session.create(session.pod({}));
  expect(made.spec?.containers[0]?.resources).toEqual({});
  expect(made.metadata?.annotations).toBeUndefined();
  expect(await session.counted(metric)).toBe(before);
});

test('the pods of a Job are patched alike', async () => {
  const job: V1Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'ranks' },
    spec: {
      parallelism: 3,
      completions: 3,
      template: {
        metadata: { annotations: { ...MODEL, 'layergauge.dev/batch-size': '16' } },
        spec: { restartPolicy: 'Never', containers: [CONTAINER] },
      },
    },
  };
  await session.cluster.api.ask('POST', '/apis/batch/v1/namespaces/team/jobs', job);
  const pods = await session.cluster.eventually('three pods are made', async () => {
    const { items } = await session.cluster.api.get<V1PodList>(
      '/api/v1/namespaces/team/pods?labelSelector=job-name=ranks',
    );
    return items.length === 3 ? items : undefined;
  });
  const shapes = pods.map(({ spec, metadata }) =>
    JSON.stringify([spec?.containers[0]?.resources, spec?.affinity, metadata?.annotations]),
  );
  expect(new Set(shapes).size).toBe(1);
  expect(pods.map(limitOf)).toEqual(['1', '1', '1']);
});

describe('an annotation that nobody reads is warned of', () => {
  const misspelt = { 'layergauge.dev/modle': 'configmap://resnet50' };
  const template = (annotations: object): object => ({
    metadata: { annotations },
    spec: { restartPolicy: 'Never', containers: [CONTAINER] },
  });
  const job = (annotations: object, ofPods: object): object => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'asked', annotations },
    spec: { template: template(ofPods) },
  });
  const cronJob = (annotations: object, ofPods: object): object => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'asked', annotations },
    spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: template(ofPods) } } },
  });

  const podOf = (annotations: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'asked', annotations },
    spec: { containers: [CONTAINER] },
  });
  const warningsFor = async (group: string, object: object): Promise<readonly string[]> => {
    const { kind } = object as { readonly kind: string };
    const path = `${group}/namespaces/team/${kind.toLowerCase()}s?dryRun=All`;
    const { status, warnings } = await session.cluster.api.send('POST', path, object);
    expect(status).toBe(201);
    return warnings;
  };

  test.each([
    ['a misspelt one', '/api/v1', podOf(misspelt), 'layergauge.dev/modle is read of a pod that names its model'],
    ['one of a Job', '/apis/batch/v1', job(MODEL, {}), 'layergauge.dev/model is not read of a Job, but of its pods'],
    [
      'a misspelt one of the pods of a Job',
      '/apis/batch/v1',
      job({}, misspelt),
      'layergauge.dev/modle is read of a pod that names its model',
    ],
    ['one of a CronJob', '/apis/batch/v1', cronJob(MODEL, {}), 'layergauge.dev/model is not read of a CronJob'],
  ])('%s', async (_, group, object, warning) => {
    expect((await warningsFor(group, object)).join()).toContain(warning);
  });

  test.each([
    ['a pod that is switched off', '/api/v1', podOf({ 'layergauge.dev/mode': 'off' })],
    ['a pod of somebody else', '/api/v1', podOf({ 'example.com/model': 'x' })],
    ['a Job without annotations', '/apis/batch/v1', job({}, {})],
    ['a Job whose pods alone are annotated', '/apis/batch/v1', job({}, MODEL)],
    ['a Job whose pods are annotated too', '/apis/batch/v1', job(MODEL, MODEL)],
    ['a CronJob whose pods are annotated too', '/apis/batch/v1', cronJob(MODEL, MODEL)],
  ])('but not of %s', async (_, group, object) => {
    expect(await warningsFor(group, object)).toEqual([]);
  });
});

describe('what cannot be sized', () => {
  test.each([
    ['a missing ConfigMap', { 'layergauge.dev/model': 'configmap://nowhere' }, 'SOURCE_NOT_FOUND'],
    ['a broken model', { 'layergauge.dev/model': 'configmap://broken' }, 'MALFORMED'],
    ['a bad annotation', { ...MODEL, 'layergauge.dev/optimizer': 'adamv' }, 'ANNOTATION_INVALID'],
  ])('is admitted with a warning, and denied under on-failure: %s', async (_, annotations, code) => {
    const admitted = await session.create(session.pod(annotations));
    expect(admitted.status).toBe(201);
    expect(admitted.warnings.join()).toContain(code);
    expect(limitOf(admitted.pod)).toBeUndefined();
    const denied = await session.create(session.pod({ ...annotations, 'layergauge.dev/on-failure': 'deny' }));
    expect(denied.status).toBe(403);
    expect(denied.text).toContain(code);
  });

  test('for certain is admitted with the lower bound and a warning, and denied under on-failure: an unknown operator', async () => {
    const annotations = { 'layergauge.dev/model': 'configmap://odd' };
    const admitted = await session.create(session.pod(annotations));
    expect(admitted.status).toBe(201);
    expect(admitted.warnings.join()).toContain('a lower bound: unknown operator Mystery (1x)');
    expect(admitted.pod.metadata?.annotations?.['layergauge.dev/status']).toContain('confidence low');
    expect(limitOf(admitted.pod)).toBe('1');
    const denied = await session.create(session.pod({ ...annotations, 'layergauge.dev/on-failure': 'deny' }));
    expect(denied.status).toBe(403);
    expect(denied.text).toContain('ESTIMATE_INCOMPLETE');
  });
});

describe('the namespace', () => {
  test('with a LimitRange: its default counts as unset, and the pod still fits it', async () => {
    await session.makeNamespace('limited');
    await session.cluster.api.ask('POST', '/api/v1/namespaces/limited/limitranges', {
      metadata: { name: 'gpus' },
      spec: {
        limits: [{ type: 'Container', default: { [GPU]: '2' }, defaultRequest: { [GPU]: '2' }, max: { [GPU]: '4' } }],
      },
    });
    const { status, pod: made } = await session.create(session.pod(MODEL), 'limited');
    expect({ status, limit: limitOf(made) }).toEqual({ status: 201, limit: '1' });
  });

  test('with a ResourceQuota that is spent: the pod is rejected by it, and our patch is what it counts', async () => {
    await session.makeNamespace('poor');
    await session.cluster.api.ask('POST', '/api/v1/namespaces/poor/resourcequotas', {
      metadata: { name: 'gpus' },
      spec: { hard: { [`requests.${GPU}`]: '0' } },
    });
    await session.cluster.eventually('the quota is counted', async () => {
      const path = '/api/v1/namespaces/poor/resourcequotas/gpus';
      const { status } = await session.cluster.api.get<{ status?: { hard?: object } }>(path);
      return status?.hard;
    });
    const { status, text } = await session.create(session.pod(MODEL), 'poor');
    expect(status).toBe(403);
    expect(text).toContain(`exceeded quota`);
  });
});
