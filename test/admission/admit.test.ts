import { describe, expect, test } from '@jest/globals';
import type { SizingTask } from '../../src/admission/ports.js';
import { AdmissionError } from '../../src/admission/failures.js';
import { FormatError } from '../../src/formats/index.js';
import type { PlacementResult } from '../../src/placement/place.js';
import { admitted, apply, decisionOn, patchOf, ports } from '../helpers/admission.js';
import { GPU_TAINT, node } from '../helpers/nodes.js';
import { affinity, asking, GPU, pod } from '../helpers/pods.js';
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
      'add /spec/containers/0/resources/limits',
      'add /spec/containers/0/resources/limits/nvidia.com~1gpu',
      'add /spec/containers/0/resources/requests',
      'add /spec/containers/0/resources/requests/nvidia.com~1gpu',
      'add /spec/affinity',
      'add /spec/affinity/nodeAffinity',
      'add /spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution',
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

describe('what goes wrong becomes a decision', () => {
  test.each([
    [
      'a rejection',
      () => Promise.reject(new FormatError({ code: 'MALFORMED', format: 'onnx', message: 'short' })),
      'MALFORMED',
    ],
    [
      'a throw',
      () => {
        throw new AdmissionError('SOURCE_NOT_FOUND', 'none');
      },
      'SOURCE_NOT_FOUND',
    ],
    [
      'a mistake',
      () => {
        throw new TypeError('x is not a function');
      },
      'INTERNAL',
    ],
    ['an answer that is none', () => Promise.resolve(undefined as never), 'INTERNAL'],
    ['a rejection with nothing', () => Promise.reject(undefined as never), 'INTERNAL'],
  ])('where sizing ends in %s', async (_, size, code) => {
    expect(await decisionOn(pod(), ports({ size }))).toMatchObject({ kind: 'skip', reason: code });
    const denying = pod({ annotations: { 'layergauge.dev/on-failure': 'deny' } });
    expect(await decisionOn(denying, ports({ size }))).toMatchObject({ kind: 'deny', code });
  });

  test.each([
    [
      'nodes',
      {
        nodes: () => {
          throw new Error('x');
        },
      },
    ],
    [
      'pins',
      {
        pinned: () => {
          throw new Error('x');
        },
      },
    ],
  ])('where the %s cannot be had', async (_, broken) => {
    const object = pod();
    const controlled = {
      ...object,
      metadata: { ...object.metadata, ownerReferences: [{ uid: 'job', controller: true }] },
    };
    expect(await decisionOn(controlled, ports(broken))).toMatchObject({ kind: 'skip', reason: 'INTERNAL' });
  });

  test('where the pod cannot be read though it opted in, and says where', async () => {
    const object = pod({ annotations: { 'layergauge.dev/batch-size': 32, 'layergauge.dev/on-failure': 'deny' } });
    expect(await decisionOn(object)).toEqual({
      kind: 'deny',
      code: 'POD_UNREADABLE',
      message:
        'layergauge: POD_UNREADABLE: metadata.annotations.layergauge.dev/batch-size: Invalid input: expected string, received number',
    });
  });

  test('where an annotation is wrong, and denies only where exactly that was asked', async () => {
    const wrong = { 'layergauge.dev/mode': 'on', 'layergauge.dev/on-failure': 'dney' };
    expect(await decisionOn(pod({ annotations: wrong }))).toMatchObject({ kind: 'skip', reason: 'ANNOTATION_INVALID' });
    expect(await decisionOn(pod({ annotations: { ...wrong, 'layergauge.dev/on-failure': 'deny' } }))).toMatchObject({
      kind: 'deny',
      code: 'ANNOTATION_INVALID',
    });
  });

  test('where the patch would not be a pod the API takes', async () => {
    const huge = pod({ annotations: { 'example.com/notes': 'x'.repeat(256 * 1024) } });
    expect(await decisionOn(huge)).toMatchObject({ kind: 'skip', reason: 'PATCH_INVALID' });
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

describe('pods of one controller', () => {
  const owned = (spec: Record<string, unknown> = {}): RawPod => {
    const object = pod({ spec });
    return { ...object, metadata: { ...object.metadata, ownerReferences: [{ uid: 'job', controller: true }] } };
  };
  const pins = new Map<string, PlacementResult>();
  const pinned = (key: string, compute: () => PlacementResult): PlacementResult => {
    const known = pins.get(key) ?? compute();
    pins.set(key, known);
    return known;
  };
  const preferred = ({ spec }: RawPod): unknown =>
    /"weight":100,"preference":.*"values":\["([^"]*)"\]/.exec(JSON.stringify(spec['affinity']))?.[1];

  test('get one answer though the cluster changes', async () => {
    pins.clear();
    const first = await admitted(owned(), ports({ pinned }));
    const second = await admitted(owned(), ports({ pinned, nodes: () => [node('H100')] }));
    expect([preferred(first), preferred(second)]).toEqual(['Tesla-T4', 'Tesla-T4']);
    expect(preferred(await admitted(pod(), ports({ pinned, nodes: () => [node('H100')] })))).toBe(
      'NVIDIA-H100-80GB-HBM3',
    );
  });

  test('bound to nodes of their own, as those of a DaemonSet are, get answers of their own', async () => {
    pins.clear();
    const onNode = (name: string): RawPod =>
      owned({ affinity: affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }) });
    const first = await admitted(onNode('t4'), ports({ pinned }));
    const second = await admitted(onNode('a100'), ports({ pinned }));
    expect([preferred(first), preferred(second)]).toEqual(['Tesla-T4', 'NVIDIA-A100-SXM4-40GB']);
  });

  test('that differ in a wish get answers of their own', async () => {
    pins.clear();
    await admitted(owned(), ports({ pinned }));
    await admitted(
      {
        ...owned(),
        metadata: {
          ...owned().metadata,
          annotations: { ...annotationsOf(owned()), 'layergauge.dev/target-step-time': '1s' },
        },
      },
      ports({ pinned }),
    );
    expect(pins.size).toBe(2);
  });
});
