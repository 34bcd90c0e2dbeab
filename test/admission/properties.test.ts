import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readPod } from '../../src/admission/pod.js';
import type { AdmissionPorts } from '../../src/admission/ports.js';
import { parseCount } from '../../src/admission/quantity.js';
import type { Operation } from '../../src/admission/types.js';
import { userConstraints } from '../../src/admission/user-constraints.js';
import { admits } from '../../src/placement/constraints.js';
import type { GpuNode } from '../../src/placement/inventory.js';
import { admitted, apply, decisionOn, lostLeaves, ports, stored } from '../helpers/admission.js';
import { arbitraryCluster, arbitraryNeed } from '../helpers/arbitrary-cluster.js';
import { arbitraryPod } from '../helpers/arbitrary-pod.js';
import { cpuMs } from '../helpers/cpu.js';
import { GPU, parsed } from '../helpers/pods.js';
import type { RawPod } from '../helpers/pods.js';
import { sizedModel } from '../helpers/sized.js';

const arbitraryWorld: fc.Arbitrary<AdmissionPorts> = fc
  .record({ nodes: arbitraryCluster, gib: arbitraryNeed })
  .map(({ nodes, gib }) => ports({ nodes: () => nodes, size: () => Promise.resolve(sizedModel({ gib })) }));

type Check = (pod: RawPod, world: AdmissionPorts) => Promise<void>;

const check = (property: Check, numRuns = 300): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitraryPod, arbitraryWorld, property), { numRuns });

async function operationsOn(pod: unknown, world: AdmissionPorts): Promise<readonly Operation[]> {
  const decision = await decisionOn(pod, world);
  return decision.kind === 'patch' ? decision.operations : [];
}

interface Amounts {
  readonly limits?: Record<string, string | number | null> | null;
  readonly requests?: Record<string, string | number | null> | null;
}

const resourcesOf = ({ spec }: RawPod): Amounts[] =>
  (spec['containers'] as { resources?: Amounts | null }[]).map(({ resources }) => resources ?? {});
const stated = ({ limits, requests }: Amounts): string | number => limits?.[GPU] ?? requests?.[GPU] ?? '';

describe('whatever pod and whatever cluster', () => {
  test('the patch applies, as another hand applies it, and leaves a pod', async () => {
    let patches = 0;
    await check(async (pod, world) => {
      const decision = await decisionOn(pod, world);
      if (decision.kind !== 'patch') return;
      patches++;
      expect(readPod(apply(pod, decision.operations))).toBeDefined();
    });
    expect(patches).toBeGreaterThan(150);
  });

  test('a second call changes nothing', async () => {
    await check(async (pod, world) => {
      expect(await operationsOn(await admitted(pod, world), world)).toEqual([]);
    });
  });

  test('a second call changes nothing either once the API server has encoded the pod anew', async () => {
    await check(async (pod, world) => {
      expect(await operationsOn(stored(await admitted(stored(pod), world)), world)).toEqual([]);
    });
  });

  test('the same pod gets the same patch', async () => {
    await check(async (pod, world) => {
      expect(await decisionOn(structuredClone(pod), world)).toEqual(await decisionOn(pod, world));
    }, 200);
  });

  test('only what is ours to write is touched, and no operation is without effect', async () => {
    const OURS =
      /^\/metadata\/annotations(\/layergauge\.dev~1(estimate|status))?$|^\/spec\/containers\/\d+\/resources(\/(limits|requests)(\/nvidia\.com~1gpu)?)?$|^\/spec\/nodeSelector(\/nvidia\.com~1gpu\.product)?$|^\/spec\/tolerations(\/-)?$|^\/spec\/affinity(\/nodeAffinity(\/required.*|\/preferred.*)?)?$/;
    await check(async (pod, world) => {
      let before: unknown = pod;
      for (const operation of await operationsOn(pod, world)) {
        expect(operation.path).toMatch(OURS);
        const after = apply(before, [operation]);
        expect(after).not.toEqual(before);
        before = after;
      }
    }, 300);
  });

  test('nothing the user wrote is lost but a count, and our annotations', async () => {
    const replaced = ({ path, value }: { path: string; value: unknown }): boolean =>
      value === null ||
      /^\/spec\/containers\/\*\/resources\/(limits|requests)\/nvidia\.com\/gpu$/.test(path) ||
      /^\/metadata\/annotations\/layergauge\.dev\/(estimate|status)$/.test(path);
    await check(async (pod, world) => {
      const lost = lostLeaves(pod, await admitted(pod, world));
      expect(lost.filter((leaf) => !replaced(leaf))).toEqual([]);
    });
  });

  test('no count is lowered unless the user said always, or a LimitRange wrote it', async () => {
    await check(async (pod, world) => {
      const annotations = pod.metadata?.['annotations'] as Record<string, string>;
      if (annotations['layergauge.dev/overwrite'] === 'always' || annotations['kubernetes.io/limit-ranger']) return;
      const after = resourcesOf(await admitted(pod, world));
      for (const [at, resources] of resourcesOf(pod).entries()) {
        const count = parseCount(stated(resources));
        const now = stated(after[at] ?? {});
        if (count === undefined) expect([stated(resources), '1']).toContain(now);
        else expect(parseCount(now)).toBeGreaterThanOrEqual(count);
      }
    });
  });

  test('a count that is written is whole, and the request equals the limit', async () => {
    await check(async (pod, world) => {
      const operations = await operationsOn(pod, world);
      const after = resourcesOf(apply(pod, operations));
      for (const { path } of operations) {
        const container = /^\/spec\/containers\/(\d+)\/resources\/.*nvidia/.exec(path)?.[1];
        if (container === undefined) continue;
        const { limits, requests } = after[Number(container)] ?? {};
        expect(String(limits?.[GPU])).toMatch(/^\d+$/);
        expect(String(requests?.[GPU])).toBe(String(limits?.[GPU]));
      }
    });
  });

  test('affinity that matched nothing still matches nothing, and no node is let in that was not', async () => {
    await check(async (pod, world) => {
      const after = await admitted(pod, world);
      const [was, is] = [pod, after].map((each) => ({
        ...userConstraints(parsed(each)),
        tolerations: [{ operator: 'Exists' }],
      }));
      if (!was || !is) throw new Error('no constraints');
      for (const node of world.nodes()) if (admits(node, is)) expect(admits(node, was)).toBe(true);
    });
  });

  test('warnings are short, printable and few', async () => {
    await check(async (pod, world) => {
      const decision = await decisionOn(pod, world);
      if (decision.kind === 'deny') throw new Error('nobody asked for that');
      expect(decision.warnings.length).toBeLessThanOrEqual(3);
      for (const text of decision.warnings) expect(text).toMatch(/^layergauge: [\x20-\x7e]{1,108}$/);
    }, 300);
  });

  test('a pod that was placed finds a node, where affinity was set', async () => {
    await check(async (pod, world) => {
      const operations = await operationsOn(pod, world);
      if (!operations.some(({ path }) => path.includes('requiredDuring') || path.includes('nodeSelector'))) return;
      const after = userConstraints(parsed(apply(pod, operations)));
      const open = world.nodes().filter((node: GpuNode) => node.allocatableGpus > 0 && admits(node, after));
      expect(open).not.toEqual([]);
    });
  });
});

describe('whatever is sent', () => {
  test('there is an answer, never a throw', async () => {
    const anything = fc.oneof(fc.anything({ withNullPrototype: true }), fc.jsonValue());
    const hostile = fc.oneof(
      anything,
      fc.record({ metadata: anything, spec: anything }),
      fc
        .tuple(
          arbitraryPod,
          fc.constantFrom('metadata', 'spec'),
          fc.constantFrom('annotations', 'containers', 'affinity', 'tolerations', 'nodeSelector'),
          anything,
        )
        .map(([pod, part, key, value]) => ({
          ...pod,
          [part]: { ...(pod as unknown as Record<string, object>)[part], [key]: value },
        })),
      fc.tuple(arbitraryPod, fc.string(), fc.string()).map(([pod, key, value]) => ({
        ...pod,
        metadata: { annotations: { 'layergauge.dev/model': 'configmap://net', [`layergauge.dev/${key}`]: value } },
      })),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (object) => {
        expect(['skip', 'patch']).toContain((await decisionOn(object)).kind);
      }),
      { numRuns: 2000 },
    );
  });

  test('members called __proto__ change no prototype', async () => {
    const text = `{"__proto__":{"polluted":1},"metadata":{"annotations":{"layergauge.dev/model":"configmap://net","__proto__":"x"}},
      "spec":{"__proto__":{"affinity":{}},"nodeSelector":{"__proto__":"x"},"containers":[{"name":"main","resources":{"limits":{"__proto__":"1"}}}]}}`;
    const object = JSON.parse(text) as RawPod;
    const decision = await decisionOn(object);
    // No node has a label of that name.
    expect(['patch', 'skip']).toContain(decision.kind);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(JSON.stringify(object)).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.each([
    [
      'a term for every node of a large cluster',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: Array.from({ length: 20_000 }, () => ({
                matchExpressions: [{ key: 'a', operator: 'Exists' }],
              })),
            },
          },
        },
      },
    ],
    [
      'twenty thousand tolerations',
      { tolerations: Array.from({ length: 20_000 }, () => ({ key: 'a', operator: 'Exists' })) },
    ],
    [
      'twenty thousand containers',
      {
        containers: Array.from({ length: 20_000 }, (_, at) => ({
          name: `c${at}`,
          resources: { limits: { [GPU]: '1' } },
        })),
      },
    ],
  ])('a pod with %s is answered soon', async (_, spec) => {
    const annotations = { 'layergauge.dev/model': 'configmap://net', 'kubernetes.io/limit-ranger': ';'.repeat(60_000) };
    const object = { metadata: { annotations }, spec: { containers: [{ name: 'main' }], ...spec } };
    const took = await cpuMs(async () => {
      expect((await decisionOn(object)).kind).toBe('patch');
    });
    // What is quadratic here takes minutes.
    expect(took).toBeLessThan(5000);
  });

  test('a pod nested deeper than a stack is answered', async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as unknown;
    const object = {
      metadata: { annotations: { 'layergauge.dev/model': 'configmap://net' } },
      spec: { containers: [{ name: 'main', resources: { claims: [deep] } }] },
    };
    expect(await decisionOn(object)).toMatchObject({ kind: 'skip', reason: 'INTERNAL' });
  });
});
