import { GPU_RESOURCE } from '../placement/inventory.js';
import { annotationsOf } from './pod.js';
import type { Container, Pod } from './pod.js';
import { parseCount } from './quantity.js';

/** Resources that hand out a GPU or the like in a way of their own: device plugins' documented names. */
const FOREIGN: readonly RegExp[] = [
  // Network cards carry NVIDIA's prefix too (Network Operator: `nvidia.com/hostdev`).
  /^nvidia\.com\/(?!gpu$|hostdev$|.*(?:rdma|sriov|mlnx))/,
  /^(?:[^/]*\.)?amd\.com\/gpu/,
  /^gpu\.intel\.com\//,
  /^habana\.ai\//,
  /^volcano\.sh\/vgpu/,
  /^aliyun\.com\/gpu/,
  /^tencent\.com\/vcuda/,
  /^koordinator\.sh\/gpu/,
  /^aws\.amazon\.com\/neuron/,
  /^(?:cloud-tpus\.)?google\.com\/tpu/,
  /^huawei\.com\/ascend/i,
  // HAMi's other devices (charts/hami/templates/scheduler/device-configmap.yaml).
  /^(?:cambricon|hygon|metax-tech|mthreads|enflame|kunlunxin)\.com\//,
  /^iluvatar\.(?:ai|com)\//,
  /^alpha\.kubernetes\.io\/nvidia-gpu$/,
];

/** Annotations by which KAI and Run:ai share a GPU. */
const FOREIGN_ANNOTATIONS = ['gpu-fraction', 'gpu-memory', 'gpu-fraction-num-devices'] as const;

/** What the pod already asks for beside `nvidia.com/gpu`: then it is somebody else's to place. Undefined where nothing. */
export function foreignAccelerator(pod: Pod): string | undefined {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const resource = containers.flatMap(resourceNames).find((name) => FOREIGN.some((pattern) => pattern.test(name)));
  if (resource !== undefined) return resource;
  if ((pod.spec.resourceClaims ?? []).length > 0) return 'a resource claim';
  if (containers.some(({ resources }) => (resources?.claims ?? []).length > 0)) return 'a resource claim';
  const annotations = annotationsOf(pod);
  return FOREIGN_ANNOTATIONS.find((name) => annotations[name]);
}

/** What is asked for; 0, which a LimitRange may have written, asks for nothing. */
function resourceNames({ resources }: Container): string[] {
  return [resources?.limits, resources?.requests]
    .flatMap((amounts) => Object.entries(amounts ?? {}))
    .filter(([name, amount]) => name !== GPU_RESOURCE && (amount ?? '') !== '' && parseCount(amount ?? '') !== 0)
    .map(([name]) => name);
}
