import { describe, expect, test } from '@jest/globals';
import { chooseContainer } from '../../src/admission/container.js';
import { AdmissionError } from '../../src/admission/failures.js';
import { asking, GPU, parsed, pod } from '../helpers/pods.js';

function chosen(
  containers: readonly unknown[],
  { named, annotations = {} }: { named?: string; annotations?: Record<string, unknown> } = {},
): string {
  const { name, index, container } = chooseContainer(parsed(pod({ spec: { containers }, annotations })), named);
  expect(container.name ?? '').toBe(name);
  expect((containers[index] as { name?: string | null }).name ?? '').toBe(name);
  return name;
}

const plain = (name: string | null): object => ({ name });
const DEFAULT = { 'kubectl.kubernetes.io/default-container': 'b' };

describe('the container that trains', () => {
  test.each([
    ['the only one', [plain('a')], 'a'],
    ['the first', [plain('a'), plain('b')], 'a'],
    ['the first that is no sidecar', [plain('istio-proxy'), plain('vault-agent'), plain('b')], 'b'],
    ['the first where all are sidecars', [plain('istio-proxy'), plain('envoy')], 'istio-proxy'],
    ['the one that asks for a GPU', [plain('a'), asking('1', 'b')], 'b'],
    ['the one that asks by its limit alone', [plain('a'), { name: 'b', resources: { limits: { [GPU]: 1 } } }], 'b'],
    [
      'the one that asks by its request alone',
      [plain('a'), { name: 'b', resources: { requests: { [GPU]: '2' } } }],
      'b',
    ],
    ['the one that asks with a placeholder', [plain('a'), asking('$GPU_PER_NODE', 'b')], 'b'],
    ['not the one that asks for none', [plain('a'), asking('0', 'b')], 'a'],
    ['not the one that asks for null', [plain('a'), asking(null, 'b')], 'a'],
    [
      'of several that ask the first, and never one that asks for none',
      [plain('a'), asking('1', 'b'), asking('1', 'c')],
      'b',
    ],
    ['of several that ask the first that is no sidecar', [asking('1', 'envoy'), asking('1', 'c')], 'c'],
    ['one without a name', [plain(null)], ''],
  ])('is %s', (_, containers, expected) => {
    expect(chosen(containers)).toBe(expected);
  });

  test('is the one that is named, whatever asks for a GPU', () => {
    expect(chosen([plain('a'), asking('1', 'b')], { named: 'a' })).toBe('a');
  });

  test("is kubectl's default container where nothing asks for a GPU, or several do", () => {
    expect(chosen([plain('a'), plain('b')], { annotations: DEFAULT })).toBe('b');
    expect(chosen([asking('1', 'a'), asking('1', 'b')], { annotations: DEFAULT })).toBe('b');
  });

  test("is not kubectl's default container where another alone asks for a GPU, or it is not there", () => {
    expect(chosen([asking('1', 'a'), plain('b')], { annotations: DEFAULT })).toBe('a');
    expect(chosen([plain('a'), plain('c')], { annotations: DEFAULT })).toBe('a');
  });

  test('is the one whose count the user wrote, not those where a LimitRange did', () => {
    const note = 'LimitRanger plugin set: nvidia.com/gpu request for container a; nvidia.com/gpu limit for container a';
    const annotations = { 'kubernetes.io/limit-ranger': note };
    expect(chosen([asking('1', 'a'), asking('2', 'b')], { annotations })).toBe('b');
  });

  test('named, but not in the pod, is refused with the names there are', () => {
    const act = (): unknown => chosen([plain('a'), plain(null)], { named: 'c' });
    expect(act).toThrow(new AdmissionError('CONTAINER_UNKNOWN', 'container "c" is not in the pod, which has "a", ""'));
  });

  test('is never an init container', () => {
    const object = pod({ spec: { containers: [plain('a')], initContainers: [asking('1', 'b')] } });
    expect(chooseContainer(parsed(object), undefined).name).toBe('a');
    expect(() => chooseContainer(parsed(object), 'b')).toThrow('container "b" is not in the pod');
  });
});
