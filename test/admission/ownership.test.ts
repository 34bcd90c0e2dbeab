import { describe, expect, test } from '@jest/globals';
import { chooseContainer } from '../../src/admission/container.js';
import { gpuCountOf, podGpus } from '../../src/admission/ownership.js';
import type { GpuCount } from '../../src/admission/ownership.js';
import { NOTHING_APPLIED } from '../../src/admission/provenance.js';
import type { Provenance } from '../../src/admission/provenance.js';
import { cpuMs } from '../helpers/cpu.js';
import { asking, GPU, parsed, pod } from '../helpers/pods.js';

const LIMIT_RANGER = 'kubernetes.io/limit-ranger';

function countOf(resources: unknown, { note, ours }: { note?: string; ours?: Provenance } = {}): GpuCount {
  const annotations = note === undefined ? {} : { [LIMIT_RANGER]: note };
  const read = parsed(pod({ annotations, spec: { containers: [{ name: 'main', resources }] } }));
  return gpuCountOf(read, chooseContainer(read, undefined), ours);
}

function wrote(count: number, original: number | null, container = 'main'): Provenance {
  return { container, original: { count: original }, applied: { ...NOTHING_APPLIED, count }, inputsHash: 'h' };
}

const both = (count: unknown): object => ({ limits: { [GPU]: count }, requests: { [GPU]: count } });
const nobody = { by: 'nobody', count: null, standing: null, isOurs: false };

describe('the GPU count', () => {
  test.each([
    ['no resources', undefined],
    ['null for resources', null],
    ['empty maps', { limits: {}, requests: {} }],
    ['null for its maps', { limits: null, requests: null }],
    ['null for its amount', both(null)],
    ['other resources', { limits: { cpu: '1' } }],
  ])("is nobody's with %s", (_, resources) => {
    expect(countOf(resources)).toEqual(nobody);
  });

  test.each([
    ['limit and request', both('2'), 2],
    ['numbers', both(2), 2],
    ['the limit alone', { limits: { [GPU]: '2' } }, 2],
    ['the request alone', { requests: { [GPU]: '2' } }, 2],
    ['a limit of null beside a request', { limits: { [GPU]: null }, requests: { [GPU]: '2' } }, 2],
    ['another limit than request: the limit counts', { limits: { [GPU]: '2' }, requests: { [GPU]: '1' } }, 2],
    ['another spelling', both('2000m'), 2],
    ['0', both('0'), 0],
  ])("is the user's where they state %s", (_, resources, count) => {
    expect(countOf(resources)).toEqual({ by: 'user', count, standing: count, isOurs: false });
  });

  test.each(['1500m', '$GPU_PER_NODE', '-1', '0.5', 1.5, ''])('cannot be read where it is %j', (amount) => {
    expect(countOf(both(amount))).toEqual({ by: 'unreadable', count: null, standing: null, isOurs: false });
  });
});

describe('what a LimitRange wrote', () => {
  const NOTE =
    'LimitRanger plugin set: cpu, nvidia.com/gpu request for container main; nvidia.com/gpu limit for container main';

  test("is nobody's", () => {
    expect(countOf(both('2'), { note: NOTE })).toEqual({ by: 'nobody', count: null, standing: 2, isOurs: false });
  });

  test('as 0 allows no GPU', () => {
    expect(countOf(both('0'), { note: NOTE })).toEqual({ by: 'limit-range', count: null, standing: 0, isOurs: false });
  });

  test("as the limit beside the user's request leaves the count the user's", () => {
    const note = 'LimitRanger plugin set: nvidia.com/gpu limit for container main';
    const resources = { limits: { [GPU]: '4' }, requests: { [GPU]: '2' } };
    expect(countOf(resources, { note })).toEqual({ by: 'user', count: 2, standing: 2, isOurs: false });
  });

  test.each([
    [
      'of another container',
      'LimitRanger plugin set: nvidia.com/gpu limit for container other; nvidia.com/gpu request for container other',
    ],
    ['of an init container', 'LimitRanger plugin set: nvidia.com/gpu limit for init container main'],
    [
      'of another resource',
      'LimitRanger plugin set: cpu, memory limit for container main; nvidia.com/gpux request for container main',
    ],
    ['of a container whose name begins alike', 'LimitRanger plugin set: nvidia.com/gpu limit for container main-2'],
    ['in other words', 'nvidia.com/gpu'],
    [
      'of more than it ever says',
      `LimitRanger plugin set: nvidia.com/gpu limit for container main; nvidia.com/gpu request for container main;${' '.repeat(70_000)}`,
    ],
    ['of nothing', ''],
  ])("%s leaves the count the user's", (_, note) => {
    expect(countOf(both('2'), { note })).toMatchObject({ by: 'user', count: 2 });
  });

  test('as 0 into another container forbids GPUs here as well', () => {
    const annotations = { [LIMIT_RANGER]: 'LimitRanger plugin set: nvidia.com/gpu limit for container sidecar' };
    for (const main of [asking('0'), { name: 'main' }]) {
      const containers = [main, { name: 'sidecar', resources: { limits: { [GPU]: '0' } } }];
      const read = parsed(pod({ annotations, spec: { containers } }));
      expect(gpuCountOf(read, chooseContainer(read, 'main'), undefined).by).toBe('limit-range');
    }
  });

  test('is read in no time, however hostile the note', async () => {
    const took = await cpuMs(() => {
      countOf(both('2'), { note: ' '.repeat(65_000) });
      countOf(both('2'), { note: `:${' limit for container '.repeat(3000)}` });
    });
    expect(took).toBeLessThan(500);
  });
});

describe('what we wrote before', () => {
  test('is ours while it stands, and what was there before counts', () => {
    expect(countOf(both('1'), { ours: wrote(1, null) })).toEqual({
      by: 'nobody',
      count: null,
      standing: 1,
      isOurs: true,
    });
    expect(countOf(both('1'), { ours: wrote(1, 0) })).toEqual({ by: 'user', count: 0, standing: 1, isOurs: true });
  });

  test.each([
    ['another value stands', both('2'), wrote(1, null)],
    ['we wrote into another container', both('2'), wrote(2, null, 'other')],
  ])("is the user's once %s", (_, resources, ours) => {
    expect(countOf(resources, { ours })).toEqual({ by: 'user', count: 2, standing: 2, isOurs: false });
  });

  test('is nothing once it is gone', () => {
    expect(countOf({}, { ours: wrote(1, null) })).toEqual(nobody);
  });

  test('over what a LimitRange wrote is ours', () => {
    const note =
      'LimitRanger plugin set: nvidia.com/gpu limit for container main; nvidia.com/gpu request for container main';
    expect(countOf(both('1'), { note, ours: wrote(1, null) })).toMatchObject({ by: 'nobody', isOurs: true });
  });
});

describe('the GPUs a pod asks of its node', () => {
  const of = (spec: Record<string, unknown>, gpus = 1): number => podGpus(parsed(pod({ spec })), { index: 0, gpus });
  const always = (count: unknown, name: string): object => ({ ...asking(count, name), restartPolicy: 'Always' });

  // Pod requests as component-helpers/resource sums them.
  test.each([
    ['those of the trainer', { containers: [{ name: 'a' }] }, 1],
    ['what the trainer will have, not what it has', { containers: [asking('8', 'a')] }, 1],
    ['and those of other containers', { containers: [{ name: 'a' }, asking('2', 'b'), asking('x', 'c')] }, 3],
    [
      'or those of an init container, where they are more',
      { containers: [{ name: 'a' }], initContainers: [asking('4', 'b')] },
      4,
    ],
    [
      'not those of an init container that asks for less',
      { containers: [{ name: 'a' }], initContainers: [asking('1', 'b')] },
      1,
    ],
    ['and those of sidecars', { containers: [{ name: 'a' }], initContainers: [always('2', 'b'), always('1', 'c')] }, 4],
    [
      'or those of an init container and the sidecars before it',
      { containers: [{ name: 'a' }], initContainers: [always('2', 'b'), asking('4', 'c'), always('1', 'd')] },
      6,
    ],
    ['with null for the init containers', { containers: [{ name: 'a' }], initContainers: null }, 1],
  ])('are %s', (_, spec, expected) => {
    expect(of(spec)).toBe(expected);
  });
});
