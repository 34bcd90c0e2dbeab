import { describe, expect, test } from '@jest/globals';
import type { SizingTask } from '../../src/admission/ports.js';
import { AdmissionError } from '../../src/admission/failures.js';
import { admitted, apply, decisionOn, patchOf, ports } from '../helpers/admission.js';
import { GPU_TAINT, node } from '../helpers/nodes.js';
import { asking, GPU, pod } from '../helpers/pods.js';
import type { RawPod } from '../helpers/pods.js';
import { sizedModel } from '../helpers/sized.js';

const TOLERATION = { key: GPU, operator: 'Exists', effect: 'NoSchedule' };
const PRODUCT = 'nvidia.com/gpu.product';
const mode = (value: string): object => ({ 'layergauge.dev/mode': value });

const containersOf = ({ spec }: RawPod): unknown => spec['containers'];
const annotationsOf = ({ metadata }: RawPod): Record<string, string> =>
  metadata?.['annotations'] as Record<string, string>;
const estimateOf = (object: RawPod): Record<string, unknown> =>
  JSON.parse(annotationsOf(object)['layergauge.dev/estimate'] ?? 'null') as Record<string, unknown>;

describe('a pod that opted in', () => {
  test('gets a GPU, required and preferred affinity, a toleration and what was found', async () => {
    const { operations, warnings, auditAnnotations } = await patchOf(pod());
    // 10 GiB and the 881 MiB that a card keeps at most: 11121 MiB and more fit.
    expect(operations.map(({ op, path }) => `${op} ${path}`)).toEqual([
      'add /spec/containers/0/resources',
      'add /spec/containers/0/resources/requests',
      'add /spec/affinity',
      'add /spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution',
      'add /spec/tolerations',
      'add /metadata/annotations/layergauge.dev~1estimate',
      'add /metadata/annotations/layergauge.dev~1status',
    ]);
    const after = apply(pod(), operations);
    expect(after.spec).toEqual({
      containers: [{ ...asking('1'), image: 'train:1' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['11120'] },
                  { key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['mps', 'time-slicing'] },
                ],
              },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, preference: { matchExpressions: [{ key: PRODUCT, operator: 'In', values: ['Tesla-T4'] }] } },
          ],
        },
      },
      tolerations: [TOLERATION],
    });
    expect(annotationsOf(after)['layergauge.dev/status']).toBe(
      '1 GPU like Tesla-T4: training needs 10.00 GiB (expected 9.00 GiB) at batch 32, adamw, fp32; confidence high',
    );
    expect(estimateOf(after)).toMatchObject({
      container: 'main',
      original: { count: null },
      applied: { count: 1, product: null },
    });
    // A quota sees the pod after us, and this is then all that the user sees.
    expect(warnings).toEqual(['layergauge: training needs 10.00 GiB at batch 32, adamw, fp32']);
    expect(auditAnnotations).toEqual({
      status: '1 GPU like Tesla-T4',
      'upper-bytes': String(10 * 1024 ** 3),
      'inputs-hash': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });

  test.each([
    ['no metadata but its annotation', pod()],
    [
      'null all over',
      pod({
        spec: {
          containers: [{ name: 'main', resources: null, args: null, env: null }],
          affinity: null,
          tolerations: null,
          nodeSelector: null,
          initContainers: null,
        },
      }),
    ],
  ])('may have %s', async (_, object) => {
    const after = await admitted(object);
    expect(containersOf(after)).toMatchObject([asking('1')]);
    expect(after.spec['tolerations']).toEqual([TOLERATION]);
  });

  test('is sized in the namespace of the request, by what its annotations say', async () => {
    const tasks: SizingTask[] = [];
    const size = (task: SizingTask): Promise<never> => {
      tasks.push(task);
      return Promise.reject(new AdmissionError('TIMEOUT', 'late'));
    };
    const object = pod({ annotations: { 'layergauge.dev/batch-size': '8' } });
    await decisionOn({ ...object, metadata: { ...object.metadata, namespace: 'elsewhere' } }, ports({ size }));
    expect(tasks).toEqual([
      {
        reference: { kind: 'configmap', name: 'net' },
        namespace: 'team',
        setup: { batchSize: { value: 8, from: 'annotation' } },
      },
    ]);
  });

  test('that did not is not asked about', async () => {
    const size = (): never => {
      throw new Error('asked');
    };
    for (const object of [
      null,
      {},
      [],
      'pod',
      pod({ annotations: { 'layergauge.dev/model': null } }),
      pod({ annotations: mode('off') as Record<string, string> }),
    ]) {
      expect(await decisionOn(object, ports({ size }))).toMatchObject({ kind: 'skip', warnings: [] });
    }
  });
});

describe('only advice', () => {
  const untouched = async (object: RawPod, world = ports()): Promise<string | undefined> => {
    const { operations, warnings } = await patchOf(object, world);
    expect(operations.map(({ path }) => path.replace(/^\/metadata\/annotations$/, ''))).toEqual([
      '/metadata/annotations/layergauge.dev~1estimate',
      '/metadata/annotations/layergauge.dev~1status',
    ]);
    expect(warnings).toContain('layergauge: training needs 10.00 GiB at batch 32, adamw, fp32');
    return warnings[0];
  };

  test('is given in mode advise', async () => {
    expect(await untouched(pod({ annotations: mode('advise') as Record<string, string> }))).toBe(
      'layergauge: advice: 1 GPU like Tesla-T4',
    );
  });

  test('is given for a pod of another dialect', async () => {
    const mig = { name: 'main', resources: { limits: { 'nvidia.com/mig-1g.10gb': '1' } } };
    expect(await untouched(pod({ spec: { containers: [mig] } }))).toBe(
      'layergauge: not placed: the pod already asks for nvidia.com/mig-1g.10gb',
    );
  });

  test('is given where selectors exclude every fitting node', async () => {
    expect(await untouched(pod({ spec: { nodeSelector: { zone: 'nowhere' } } }))).toBe(
      "layergauge: not placed: the pod's own selectors and tolerations exclude every node with a GPU that fits",
    );
  });

  test('says the amount of a model that no GPU holds', async () => {
    const { operations, warnings } = await patchOf(
      pod(),
      ports({ size: () => Promise.resolve(sizedModel({ gib: 1500 })) }),
    );
    expect(operations).toHaveLength(2);
    expect(warnings).toEqual([
      'layergauge: not placed: training needs 1500.0 GiB, more than one GPU has: shard the model or lower the batch size',
      'layergauge: training needs 1500.00 GiB at batch 32, adamw, fp32',
    ]);
  });
});

describe("the user's count", () => {
  const overwritten = (policy: string, count: unknown): Promise<RawPod> =>
    admitted(pod({ annotations: { 'layergauge.dev/overwrite': policy }, spec: { containers: [asking(count)] } }));

  test.each([
    ['raise-only', '0', '1'],
    ['raise-only', '1', '1'],
    ['raise-only', '8', '8'],
    ['raise-only', 1, 1],
    ['always', '8', '1'],
    ['always', '0', '1'],
    ['never', '0', '0'],
    ['never', '8', '8'],
    ['raise-only', '1500m', '1500m'],
    ['always', '$N', '$N'],
  ])('under %s is %j before and %j after', async (policy, before, after) => {
    expect(containersOf(await overwritten(policy, before))).toEqual([asking(after)]);
  });

  test('that is kept is what the status says', async () => {
    const after = await overwritten('raise-only', '8');
    expect(annotationsOf(after)['layergauge.dev/status']).toMatch(/^8 GPUs like Tesla-T4: /);
    expect(estimateOf(after)).toMatchObject({ original: { count: 8 }, applied: { count: null } });
  });

  test('of a LimitRange is not theirs', async () => {
    const note =
      'LimitRanger plugin set: nvidia.com/gpu request for container main; nvidia.com/gpu limit for container main';
    const spec = { containers: [asking('2')] };
    expect(containersOf(await admitted(pod({ annotations: { 'kubernetes.io/limit-ranger': note }, spec })))).toEqual([
      asking('1'),
    ]);
  });

  test('of more than a node has leaves affinity out', async () => {
    const after = await admitted(pod({ spec: { containers: [asking('16')] } }));
    expect(after.spec['affinity']).toBeUndefined();
  });
});

describe('in a pod of several containers', () => {
  test('only the one that trains gets a count', async () => {
    const containers = [{ name: 'istio-proxy' }, { name: 'main' }, { name: 'log' }];
    expect(containersOf(await admitted(pod({ spec: { containers } })))).toEqual([
      { name: 'istio-proxy' },
      asking('1'),
      { name: 'log' },
    ]);
  });

  test('where another asks for a GPU, none is added', async () => {
    const containers = [{ name: 'log' }, asking('1', 'trainer'), asking('1', 'evaluator')];
    expect(containersOf(await admitted(pod({ spec: { containers } })))).toEqual(containers);
  });
});

describe('a target step time', () => {
  test('binds the pod to a product, and unmet says so', async () => {
    const world = ports({ nodes: () => [node('T4'), node('A10', { taints: [GPU_TAINT] })] });
    const annotations = { 'layergauge.dev/target-step-time': '500ms' };
    expect((await admitted(pod({ annotations }), world)).spec['nodeSelector']).toEqual({ [PRODUCT]: 'NVIDIA-A10' });
    const { warnings } = await patchOf(pod({ annotations: { 'layergauge.dev/target-step-time': '1ms' } }), world);
    expect(warnings[0]).toBe('layergauge: no GPU here trains a step in 0.001 s: the fastest that fits is NVIDIA-A10');
  });
});
