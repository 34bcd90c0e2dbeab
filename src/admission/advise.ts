import type { Constraints } from '../placement/constraints.js';
import type { PlacementResult } from '../placement/place.js';
import { foreignAccelerator } from './accelerators.js';
import type { GpuCount } from './ownership.js';
import { asksForGpu, isSidecar } from './ownership.js';
import type { Pod } from './pod.js';
import { complexityOf } from './user-constraints.js';

/** Every one is compared with every node; a pod that names 500 nodes has a quarter of this. */
const MAX_COMPLEXITY = 2_000;

interface Given {
  readonly pod: Pod;
  readonly count: GpuCount;
  readonly constraints: Constraints;
  /** True where the user said which container trains. */
  readonly isNamed: boolean;
}

type Adviser = (given: Given) => { code: string; reason: string } | undefined;

/** Where the pod is somebody else's to place; the first that objects is heard. */
const ADVISERS: readonly Adviser[] = [
  ({ pod }) => {
    const foreign = foreignAccelerator(pod);
    return foreign === undefined
      ? undefined
      : { code: 'OTHER_ACCELERATOR', reason: `the pod already asks for ${foreign}` };
  },
  ({ pod, isNamed }) => {
    const sidecar = pod.spec.initContainers?.find((one) => isSidecar(one) && asksForGpu(pod, one));
    if (!sidecar || isNamed || pod.spec.containers.some((one) => asksForGpu(pod, one))) return undefined;
    return { code: 'GPU_IN_SIDECAR', reason: `the GPU is init container "${sidecar.name ?? ''}"'s` };
  },
  ({ count }) =>
    count.by === 'limit-range'
      ? { code: 'LIMIT_RANGE', reason: 'a LimitRange of the namespace allows no nvidia.com/gpu' }
      : undefined,
  ({ count }) =>
    count.by === 'unreadable'
      ? { code: 'COUNT_UNREADABLE', reason: 'its nvidia.com/gpu is no whole number' }
      : undefined,
  ({ constraints }) =>
    complexityOf(constraints) > MAX_COMPLEXITY
      ? { code: 'TOO_COMPLEX', reason: 'its selectors and tolerations are too many to be compared with every node' }
      : undefined,
];

/** Why we only say what the pod needs, or undefined where we may place it. */
export function reasonToAdvise(given: Given): PlacementResult | undefined {
  for (const adviser of ADVISERS) {
    const advice = adviser(given);
    if (advice) return { kind: 'advise', ...advice };
  }
  return undefined;
}
