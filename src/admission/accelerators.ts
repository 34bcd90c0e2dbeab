import { GPU_RESOURCE } from '../placement/inventory.js';
import { annotationsOf } from './pod.js';
import type { Container, Pod } from './pod.js';

/** Resources that hand out a GPU or the like in a way of their own: device plugins' documented names. */
const FOREIGN: readonly RegExp[] = [
  /^nvidia\.com\/(?!gpu$)/,
  /^(.*\.)?amd\.com\/gpu/,
  /^gpu\.intel\.com\//,
  /^habana\.ai\//,
  /^volcano\.sh\/vgpu/,
  /^aliyun\.com\/gpu/,
  /^tencent\.com\/vcuda/,
  /^aws\.amazon\.com\/neuron/,
  /^(cloud-tpus\.)?google\.com\/tpu/,
  /^huawei\.com\/ascend/i,
  /^cambricon\.com\//,
  /^alpha\.kubernetes\.io\/nvidia-gpu$/,
];

/** Annotations by which KAI and Run:ai share a GPU. */
const FOREIGN_ANNOTATIONS = ['gpu-fraction', 'gpu-memory'] as const;

/** What the pod already asks for beside `nvidia.com/gpu`: then it is somebody else's to place. Undefined where nothing. */
export function foreignAccelerator(pod: Pod): string | undefined {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const resource = containers.flatMap(resourceNames).find((name) => FOREIGN.some((pattern) => pattern.test(name)));
  if (resource !== undefined) return resource;
  if ((pod.spec.resourceClaims ?? []).length > 0) return 'a resource claim';
  if (containers.some(({ resources }) => (resources?.claims ?? []).length > 0)) return 'a resource claim';
  const annotations = annotationsOf(pod);
  return FOREIGN_ANNOTATIONS.find((name) => annotations[name] !== undefined);
}

function resourceNames({ resources }: Container): string[] {
  return Object.keys({ ...resources?.limits, ...resources?.requests }).filter((name) => name !== GPU_RESOURCE);
}
