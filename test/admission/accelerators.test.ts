import { describe, expect, test } from '@jest/globals';
import { foreignAccelerator } from '../../src/admission/accelerators.js';
import { GPU, parsed, pod } from '../helpers/pods.js';

const foreign = (container: object, rest: object = {}): string | undefined =>
  foreignAccelerator(parsed(pod({ spec: { containers: [{ name: 'main', ...container }], ...rest } })));

const limits = (amounts: object): object => ({ resources: { limits: amounts } });

describe("somebody else's to place is a pod that asks for", () => {
  // Names as published in device plugins' documentation and in the manifests of ../shared/manifests.
  test.each([
    'nvidia.com/mig-1g.10gb',
    'nvidia.com/gpu.shared',
    'nvidia.com/gpumem',
    'nvidia.com/gpumem-percentage',
    'nvidia.com/gpucores',
    'nvidia.com/a100',
    'nvidia.com/gpux',
    'amd.com/gpu',
    'amd.com/gpumem',
    'beta.amd.com/gpu',
    'gpu.intel.com/i915',
    'gpu.intel.com/xe',
    'habana.ai/gaudi',
    'volcano.sh/vgpu-number',
    'aliyun.com/gpu-mem',
    'tencent.com/vcuda-core',
    'koordinator.sh/gpu-core',
    'aws.amazon.com/neuron',
    'aws.amazon.com/neuroncore',
    'google.com/tpu',
    'cloud-tpus.google.com/tpu',
    'huawei.com/Ascend910B2',
    'cambricon.com/vmlu',
    'hygon.com/dcunum',
    'metax-tech.com/sgpu',
    'mthreads.com/vgpu',
    'enflame.com/drs-gcu',
    'kunlunxin.com/vxpu',
    'iluvatar.ai/BI-V100-vgpu',
    'alpha.kubernetes.io/nvidia-gpu',
  ])('%s', (name) => {
    expect(foreign(limits({ [name]: '1' }))).toBe(name);
    expect(foreign({ resources: { requests: { [name]: 1 } } })).toBe(name);
    expect(foreign(limits({ [GPU]: '1', cpu: '4', [name]: '$N' }))).toBe(name);
  });

  test('one in another container, or in an init container', () => {
    expect(foreign({}, { containers: [{ name: 'a' }, { name: 'b', ...limits({ 'amd.com/gpu': 1 }) }] })).toBe(
      'amd.com/gpu',
    );
    expect(foreign({}, { initContainers: [{ name: 'b', ...limits({ 'amd.com/gpu': 1 }) }] })).toBe('amd.com/gpu');
  });

  test('a claim of the pod, or of a container', () => {
    expect(foreign({}, { resourceClaims: [{ name: 'gpu' }] })).toBe('a resource claim');
    expect(foreign({ resources: { claims: [{ name: 'gpu' }] } })).toBe('a resource claim');
  });

  test.each(['gpu-fraction', 'gpu-memory', 'gpu-fraction-num-devices'])('a share by the annotation %s', (name) => {
    expect(foreignAccelerator(parsed(pod({ annotations: { [name]: '0.5' } })))).toBe(name);
  });
});

describe('nobody else is asked by a pod that has', () => {
  test.each([
    ['nothing', {}],
    ['whole GPUs', limits({ [GPU]: '8' })],
    ['null for everything', { resources: null }],
    ['null for its maps', { resources: { limits: null, requests: null, claims: null } }],
    ['0 of a slice, which a LimitRange wrote', limits({ 'nvidia.com/mig-1g.10gb': '0' })],
    ['null of a slice', limits({ 'nvidia.com/mig-1g.10gb': null })],
    [
      'processors, memory and network cards',
      limits({ cpu: 1, memory: '1Gi', 'nvidia.com/hostdev': '1', 'nvidia.com/sriov_rdma_vf': 1, 'rdma/hca': 1 }),
    ],
    [
      'names that only look alike',
      limits({ 'xnvidia.com/mig-1g.10gb': 1, 'example.com/amd.com/gpu': 1, 'notamd.com/gpu': 1 }),
    ],
    ['an empty list of claims', { resources: { claims: [] } }],
  ])('%s', (_, container) => {
    expect(foreign(container, { resourceClaims: null, initContainers: null })).toBeUndefined();
  });

  test('annotations without a value', () => {
    expect(
      foreignAccelerator(parsed(pod({ annotations: { 'gpu-memory': null, 'gpu-fraction': '' } }))),
    ).toBeUndefined();
  });
});
