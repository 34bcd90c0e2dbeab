import { describe, expect, test } from '@jest/globals';
import { isShared, memoryMiBOf } from '../../src/placement/inventory.js';
import { gpuNodeOf } from '../../src/placement/node.js';
import { node } from '../helpers/nodes.js';

const SHARING = 'nvidia.com/gpu.sharing-strategy';
const REPLICAS = 'nvidia.com/gpu.replicas';
const PRODUCT = 'nvidia.com/gpu.product';
const MEMORY = 'nvidia.com/gpu.memory';

describe('a node shares its GPUs', () => {
  test.each([
    ['by time-slicing', { [SHARING]: 'time-slicing' }, true],
    ['by MPS', { [SHARING]: 'mps' }, true],
    ['by the number of replicas', { [SHARING]: undefined, [REPLICAS]: '4' }, true],
    [
      'by the suffix of its product',
      { [SHARING]: undefined, [REPLICAS]: undefined, [PRODUCT]: 'Tesla-T4-SHARED' },
      true,
    ],
    ['not, where the strategy is none', {}, false],
    ['not, where it has no such labels', { [SHARING]: undefined, [REPLICAS]: undefined }, false],
    ['not, where MIG leaves 0 replicas', { [REPLICAS]: '0' }, false],
    ['not, where SHARED stands elsewhere in the product', { [PRODUCT]: 'NVIDIA-SHARED-T4' }, false],
  ])('%s', (_, labels, expected) => {
    expect(isShared(node('T4', { labels }))).toBe(expected);
  });
});

describe('the memory of a node', () => {
  // The scheduler compares with strconv.ParseInt: what that does not take, `Gt` never matches.
  test.each([
    ['81559', 81559],
    ['1', 1],
    ['0', undefined],
    ['', undefined],
    ['-1', undefined],
    ['81559.0', undefined],
    ['8e4', undefined],
    ['0x10', undefined],
    ['40Gi', undefined],
    [undefined, undefined],
  ])('%j is %s', (label, expected) => {
    expect(memoryMiBOf(node('T4', { labels: { [MEMORY]: label } }))).toBe(expected);
  });
});

describe('gpuNodeOf', () => {
  test('keeps the name, the labels, the taints and the whole GPUs that can be had', () => {
    const apiNode = {
      metadata: { name: 'n1', labels: { zone: 'a' } },
      spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] },
      status: { allocatable: { 'nvidia.com/gpu': '8', cpu: '96' }, capacity: { 'nvidia.com/gpu': '9' } },
    };
    expect(gpuNodeOf(apiNode)).toEqual({
      name: 'n1',
      labels: { zone: 'a' },
      taints: [{ key: 'k', value: '', effect: 'NoSchedule' }],
      allocatableGpus: 8,
    });
  });

  test.each([
    ['nothing', {}],
    ['null', { metadata: null, spec: null, status: null }],
    ['null lists and maps', { metadata: { labels: null }, spec: { taints: null }, status: { allocatable: null } }],
  ])('takes a node with %s for one without labels, taints and GPUs', (_, apiNode) => {
    expect(gpuNodeOf(apiNode)).toEqual({ name: '', labels: {}, taints: [], allocatableGpus: 0 });
  });

  test.each([
    ['0', 0],
    ['1500m', 0],
    ['many', 0],
  ])('%s allocatable GPUs are %d', (amount, expected) => {
    expect(gpuNodeOf({ status: { allocatable: { 'nvidia.com/gpu': amount } } }).allocatableGpus).toBe(expected);
  });
});
