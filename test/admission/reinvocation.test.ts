import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Applied } from '../../src/admission/provenance.js';
import type { AdmissionPorts } from '../../src/admission/ports.js';
import { LABELS } from '../../src/placement/inventory.js';
import { admitted, decisionOn, lostLeaves, patchOf, ports } from '../helpers/admission.js';
import { arbitraryCluster, arbitraryNeed } from '../helpers/arbitrary-cluster.js';
import { arbitraryPod } from '../helpers/arbitrary-pod.js';
import { node } from '../helpers/nodes.js';
import { affinity, asking, GPU, pod } from '../helpers/pods.js';
import type { RawPod } from '../helpers/pods.js';
import { GPUS, sizedModel } from '../helpers/sized.js';

const PATHS = ['/metadata/annotations/layergauge.dev~1estimate', '/metadata/annotations/layergauge.dev~1status'];
const pathsOf = async (object: unknown, world?: AdmissionPorts): Promise<string[]> =>
  (await patchOf(object, world)).operations.map(({ path }) => path);
const withSpec = (object: RawPod, spec: object): RawPod => ({ ...object, spec: { ...object.spec, ...spec } });
const withAnnotations = (object: RawPod, annotations: object): RawPod => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...(object.metadata?.['annotations'] as object), ...annotations } },
});
const containersOf = ({ spec }: RawPod): object[] => spec['containers'] as object[];

describe('another webhook between two calls', () => {
  test('that injects a sidecar before the trainer does not get a GPU for it', async () => {
    const first = await admitted(pod());
    const injected = withSpec(first, { containers: [{ name: 'unknown-proxy' }, ...containersOf(first)] });
    expect(await pathsOf(injected)).toEqual([]);
  });

  test('that changes our count has the last word: it is as if the user had said so', async () => {
    const first = await admitted(pod());
    const changed = withSpec(first, { containers: [asking('4')] });
    const second = await admitted(changed);
    expect(containersOf(second)).toEqual([asking('4')]);
    expect(await pathsOf(second)).toEqual([]);
  });

  test('that takes our count away gets it written again', async () => {
    const first = await admitted(pod());
    expect(containersOf(await admitted(withSpec(first, { containers: [{ name: 'main' }] })))).toEqual([asking('1')]);
  });

  test('that narrows the nodes is followed', async () => {
    const first = await admitted(pod());
    const narrowed = withSpec(first, { nodeSelector: { [LABELS.product]: GPUS.A100.product } });
    const second = await admitted(narrowed);
    expect(JSON.stringify(second.spec['affinity'])).toContain(GPUS.A100.product);
    expect(JSON.stringify(second.spec['affinity'])).not.toContain(GPUS.T4.product);
    expect(second.spec['nodeSelector']).toEqual({ [LABELS.product]: GPUS.A100.product });
    expect(await pathsOf(second)).toEqual([]);
  });

  test.each([
    ['adds a fraction of its own', { 'gpu-fraction': '0.5' }, {}],
    ['excludes every node', {}, { nodeSelector: { zone: 'nowhere' } }],
  ])('that %s finds what we wrote as it was, and hears why', async (_, annotations, spec) => {
    const first = await admitted(pod());
    const changed = withAnnotations(withSpec(first, spec), annotations);
    expect(await pathsOf(changed)).toEqual(PATHS);
    const second = await admitted(changed);
    expect(second.spec).toEqual({ ...first.spec, ...spec });
    expect(await pathsOf(second)).toEqual([]);
    // It stays ours: once the reason is gone, the count is still nobody's but ours.
    const third = await admitted(withSpec(withAnnotations(second, { 'gpu-fraction': null }), { nodeSelector: null }));
    expect(third.spec).toEqual({ ...first.spec, nodeSelector: null });
    expect(JSON.stringify(third.metadata)).toContain('\\"original\\":{\\"count\\":null}');
  });

  test('that adds a term gets ours into it, since terms are ORed', async () => {
    const first = await admitted(
      pod({ spec: { affinity: affinity({ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }) } }),
    );
    const { nodeAffinity } = first.spec['affinity'] as ReturnType<typeof affinity> as {
      nodeAffinity: Record<string, { nodeSelectorTerms: object[] }>;
    };
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const [term] = nodeAffinity[required]?.nodeSelectorTerms ?? [];
    const other = { matchExpressions: [{ key: 'disk', operator: 'DoesNotExist' }] };
    const changed = withSpec(first, {
      affinity: { nodeAffinity: { ...nodeAffinity, [required]: { nodeSelectorTerms: [term, other] } } },
    });
    const second = await admitted(changed);
    expect(JSON.stringify(second.spec['affinity']).match(/"nvidia.com\/gpu.memory"/g)).toHaveLength(2);
    expect(await pathsOf(second)).toEqual([]);
  });
});

describe('a changed cluster', () => {
  const world = (...nodes: ReturnType<typeof node>[]): AdmissionPorts => ports({ nodes: () => nodes });

  test('is followed: the answer is what it would have been had there been no other', async () => {
    const later = world(node('H100'), node('A100', { labels: { [LABELS.replicas]: '4' } }));
    expect((await admitted(await admitted(pod()), later)).spec).toEqual((await admitted(pod(), later)).spec);
  });

  test('without nodes takes affinity of ours away, and leaves none that nothing meets', async () => {
    const second = await admitted(await admitted(pod()), world());
    expect(second.spec['affinity']).toEqual({ nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } });
    expect(containersOf(second)).toMatchObject([asking('1')]);
    expect(await pathsOf(second, world())).toEqual([]);
  });

  test('frees a pod that a target step time bound to a product which is gone', async () => {
    const annotations = { 'layergauge.dev/target-step-time': '250ms' };
    const first = await admitted(pod({ annotations }));
    expect(first.spec['nodeSelector']).toEqual({ [LABELS.product]: GPUS.A100.product });
    const second = await admitted(first, world(node('H100')));
    expect(second.spec['nodeSelector']).toEqual({ [LABELS.product]: GPUS.H100.product });
    expect((await admitted(second, world())).spec['nodeSelector']).toEqual({});
  });

  const arbitraryWorld: fc.Arbitrary<AdmissionPorts> = fc
    .record({ nodes: arbitraryCluster, gib: arbitraryNeed })
    .map(({ nodes, gib }) => ports({ nodes: () => nodes, size: () => Promise.resolve(sizedModel({ gib })) }));

  test('whatever it is, costs the user nothing, and the next call changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPod, arbitraryWorld, arbitraryWorld, async (object, before, after) => {
        const second = await admitted(await admitted(object, before), after);
        const decision = await decisionOn(second, after);
        expect(decision.kind === 'patch' ? decision.operations : []).toEqual([]);
        const lost = lostLeaves(object, second).filter(
          ({ path, value }) => value !== null && !/nvidia\.com\/gpu$|layergauge\.dev\/(estimate|status)$/.test(path),
        );
        expect(lost).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an estimate that was copied from another pod, or made up', () => {
  const claimed = (applied: Partial<Applied>, original: number | null = null): object => ({
    container: 'main',
    original: { count: original },
    applied: { count: null, product: null, prefer: null, requirements: [], toleration: true, ...applied },
    inputsHash: 'sha256:00',
  });
  const claim = (...of: Parameters<typeof claimed>): Record<string, string> => ({
    'layergauge.dev/estimate': JSON.stringify(claimed(...of)),
  });

  test.each([
    ['that 8 GPUs are ours', { count: 8 }, null],
    ['that 8 GPUs are ours in place of 0', { count: 8 }, 0],
    ['that 8 GPUs are ours in place of 64', { count: 8 }, 64],
  ])('says %s: raise-only lowers and raises nothing', async (_, applied, original) => {
    const object = pod({
      annotations: claim(applied, original),
      spec: { containers: [asking('8')] },
    });
    const after = await admitted(object);
    expect(containersOf(after)).toEqual([asking('8')]);
    expect(await pathsOf(after)).toEqual([]);
  });

  test('about another container is not taken over for this one', async () => {
    const note = `LimitRanger plugin set: ${GPU} request for container main; ${GPU} limit for container main`;
    const elsewhere = { 'layergauge.dev/estimate': JSON.stringify({ ...claimed({ count: 8 }), container: 'other' }) };
    const annotations = { ...elsewhere, 'kubernetes.io/limit-ranger': note };
    const spec = { containers: [asking('8')], affinity: affinity({}) };
    const after = await admitted(pod({ annotations, spec }));
    expect(JSON.stringify(after.metadata)).toContain('\\"applied\\":{\\"count\\":null');
    expect(await pathsOf(after)).toEqual([]);
  });

  test('does not make requirements ours that we never write', async () => {
    const zone = { key: 'zone', operator: 'DoesNotExist', values: [] };
    const object = pod({
      annotations: claim({ requirements: [zone] }),
      spec: { affinity: affinity({ matchExpressions: [zone] }) },
    });
    expect(JSON.stringify((await admitted(object)).spec)).toContain('"zone"');
  });

  test('does not wake an empty term', async () => {
    const bound = { key: LABELS.memory, operator: 'Gt', values: ['1'] };
    const object = pod({
      annotations: claim({ requirements: [bound] }),
      spec: { affinity: affinity({}) },
    });
    for (const nodes of [[], [node('T4')]]) {
      expect((await admitted(object, ports({ nodes: () => nodes }))).spec['affinity']).toEqual(affinity({}));
    }
  });

  test('with which the pod was admitted elsewhere changes nothing here', async () => {
    const elsewhere = await admitted(pod());
    const copied = withAnnotations(
      pod({ spec: { nodeSelector: { zone: 'a' } } }),
      elsewhere.metadata?.['annotations'] as object,
    );
    const world = ports({ nodes: () => [node('T4', { labels: { zone: 'a' } })] });
    const [after, expected] = await Promise.all([
      admitted(copied, world),
      admitted(pod({ spec: { nodeSelector: { zone: 'a' } } }), world),
    ]);
    expect(after.spec).toEqual(expected.spec);
  });

  test('whatever it says, lowers no count, costs nothing but what looks like ours, and settles', async () => {
    const bound = fc
      .constantFrom('1', '11120', '15359')
      .map((value) => ({ key: LABELS.memory, operator: 'Gt', values: [value] }));
    const unshared = { key: LABELS.sharing, operator: 'NotIn', values: ['mps', 'time-slicing'] };
    const product = fc.option(fc.constantFrom(GPUS.T4.product, GPUS.A100.product, 'a'));
    const claims = fc.record({
      container: fc.constantFrom('c0', 'c1', 'x'),
      original: fc.record({ count: fc.option(fc.constantFrom(0, 1, 64)) }),
      applied: fc.record({
        count: fc.option(fc.constantFrom(0, 1, 2, 8)),
        product,
        prefer: product,
        requirements: fc.array(fc.oneof(bound, fc.constant(unshared)), { maxLength: 3 }),
        toleration: fc.boolean(),
      }),
      inputsHash: fc.constant('h'),
    });
    const mayGo = /nvidia\.com\/gpu$|layergauge\.dev\/(estimate|status)$|nodeSelector\/nvidia|\/nodeAffinity\//;
    await fc.assert(
      fc.asyncProperty(arbitraryPod, claims, arbitraryCluster, async (object, made, nodes) => {
        const world = ports({ nodes: () => nodes });
        const given = withAnnotations(object, { 'layergauge.dev/estimate': JSON.stringify(made) });
        const after = await admitted(given, world);
        const decision = await decisionOn(after, world);
        expect(decision.kind === 'patch' ? decision.operations : []).toEqual([]);
        const lost = lostLeaves(given, after);
        expect(lost.filter(({ path, value }) => value !== null && !mayGo.test(path))).toEqual([]);
        // Of the affinity only what has our keys.
        const requirements = lost.filter(({ path }) => path.endsWith('/key'));
        for (const { value } of requirements) expect(Object.values<unknown>(LABELS)).toContain(value);
      }),
      { numRuns: 500 },
    );
  });
});

test('a pod that waits at a count of 0 by a LimitRange is not raised by the next call', async () => {
  const note = { 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${GPU} limit for container main` };
  const object = pod({ annotations: note, spec: { containers: [asking('0')] } });
  const after = await admitted(object);
  expect(after.spec).toEqual(object.spec);
  expect(await pathsOf(after)).toEqual([]);
});
