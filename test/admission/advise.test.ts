import { describe, expect, test } from '@jest/globals';
import { reasonToAdvise } from '../../src/admission/advise.js';
import { chooseContainer } from '../../src/admission/container.js';
import { gpuCountOf } from '../../src/admission/ownership.js';
import { userConstraints } from '../../src/admission/user-constraints.js';
import type { PlacementResult } from '../../src/placement/place.js';
import { affinity, asking, GPU, parsed, pod } from '../helpers/pods.js';

function advice(object: unknown, named?: string): PlacementResult | undefined {
  const read = parsed(object);
  const count = gpuCountOf(read, chooseContainer(read, named), undefined);
  return reasonToAdvise({ pod: read, count, constraints: userConstraints(read), isNamed: named !== undefined });
}

const SIDECAR = { ...asking('1', 'daemon'), restartPolicy: 'Always' };
const LIMIT_RANGED = {
  annotations: { 'kubernetes.io/limit-ranger': 'LimitRanger plugin set: nvidia.com/gpu limit for container main' },
  spec: { containers: [asking('0')] },
};

describe('we only say what a pod needs', () => {
  test.each([
    [
      'asks for another accelerator',
      pod({ spec: { containers: [{ name: 'main', resources: { limits: { 'amd.com/gpu': 1 } } }] } }),
      'OTHER_ACCELERATOR',
      'the pod already asks for amd.com/gpu',
    ],
    [
      'has its GPU in a sidecar among the init containers',
      pod({ spec: { containers: [{ name: 'main' }], initContainers: [SIDECAR] } }),
      'GPU_IN_SIDECAR',
      'the GPU is init container "daemon"\'s',
    ],
    [
      'may have no GPU by a LimitRange',
      pod(LIMIT_RANGED),
      'LIMIT_RANGE',
      'a LimitRange of the namespace allows no nvidia.com/gpu',
    ],
    [
      'has a placeholder for its count',
      pod({ spec: { containers: [asking('$N')] } }),
      'COUNT_UNREADABLE',
      'its nvidia.com/gpu is no whole number',
    ],
    [
      'has thousands of tolerations',
      pod({ spec: { tolerations: Array.from({ length: 3000 }, () => ({ operator: 'Exists' })) } }),
      'TOO_COMPLEX',
      'its selectors and tolerations are too many to be compared with every node',
    ],
    [
      'has thousands of terms',
      pod({ spec: { affinity: affinity(...Array.from({ length: 3000 }, () => ({}))) } }),
      'TOO_COMPLEX',
      'its selectors and tolerations are too many to be compared with every node',
    ],
  ])('that %s', (_, object, code, reason) => {
    expect(advice(object)).toEqual({ kind: 'advise', code, reason });
  });
});

describe('we may place a pod', () => {
  test.each([
    ['with nothing', pod()],
    ['with a count', pod({ spec: { containers: [asking('8')] } })],
    [
      'with a GPU in an init container that ends',
      pod({ spec: { containers: [{ name: 'main' }], initContainers: [asking('1', 'warm-up')] } }),
    ],
    [
      'with GPUs in a sidecar and in a container',
      pod({ spec: { containers: [asking('1')], initContainers: [SIDECAR] } }),
    ],
    [
      'with a sidecar that asks for none',
      pod({
        spec: {
          containers: [{ name: 'main' }],
          initContainers: [{ ...SIDECAR, resources: { limits: { [GPU]: '0' } } }],
        },
      }),
    ],
    [
      'with the names of five hundred nodes',
      pod({
        spec: {
          affinity: affinity({
            matchExpressions: [
              { key: 'host', operator: 'In', values: Array.from({ length: 500 }, (_, at) => `n${at}`) },
            ],
          }),
        },
      }),
    ],
  ])('%s', (_, object) => {
    expect(advice(object)).toBeUndefined();
  });

  test('where the user said which container trains, whatever a sidecar asks for', () => {
    expect(
      advice(pod({ spec: { containers: [{ name: 'main' }], initContainers: [SIDECAR] } }), 'main'),
    ).toBeUndefined();
  });
});
