// Nodes as a GPU cluster has them: GPU Feature Discovery's labels, the device plugin's allocatable, kwok for a kubelet.

export interface GpuModel {
  readonly product: string;
  /** What NVML reports in total, as the label states it. */
  readonly memoryMiB: number;
  readonly family: string;
  readonly compute: readonly [major: number, minor: number];
}

/** As labels dumped from real nodes have them. */
export const GPU_MODELS = {
  t4: { product: 'Tesla-T4', memoryMiB: 15360, family: 'turing', compute: [7, 5] },
  l40s: { product: 'NVIDIA-L40S', memoryMiB: 46068, family: 'ada-lovelace', compute: [8, 9] },
  a100: { product: 'NVIDIA-A100-80GB-PCIe', memoryMiB: 81920, family: 'ampere', compute: [8, 0] },
  h100: { product: 'NVIDIA-H100-80GB-HBM3', memoryMiB: 81559, family: 'hopper', compute: [9, 0] },
} as const satisfies Record<string, GpuModel>;

export interface Gpus extends GpuModel {
  readonly count: number;
  /** How many GPUs the device plugin advertises for each real one; 1 unless the node shares them. */
  readonly replicas?: number;
  readonly sharing?: 'none' | 'time-slicing' | 'mps';
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface NodeSetup {
  readonly name: string;
  /** Without this it is a node with no GPU and no label of one. */
  readonly gpus?: Gpus;
  /** Added to the labels of the GPUs; a label given here wins, and an empty record leaves them all. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Added to cpu, memory, pods and nvidia.com/gpu, such as `{ 'nvidia.com/mig-1g.10gb': '7' }`. */
  readonly allocatable?: Readonly<Record<string, string>>;
}

/** What the end-to-end tests read of a node. */
export interface NodeState {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const NOT_READY = 'node.kubernetes.io/not-ready';

/** The Node object to create. The API server keeps a status that is given at creation. */
export function nodeObject({ name, gpus, labels = {}, taints = [], allocatable = {} }: NodeSetup): object {
  const resources = {
    cpu: '64',
    memory: '512Gi',
    pods: '110',
    'ephemeral-storage': '1Ti',
    ...(gpus === undefined ? {} : { 'nvidia.com/gpu': String(gpus.count * (gpus.replicas ?? 1)) }),
    ...allocatable,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(gpus === undefined ? {} : gpuLabels(gpus)),
        ...labels,
      },
    },
    spec: { taints },
    status: { capacity: resources, allocatable: resources },
  };
}

/** The labels GPU Feature Discovery writes, shared GPUs included: it then renames the product and nothing else. */
export function gpuLabels({
  product,
  memoryMiB,
  family,
  compute,
  count,
  replicas = 1,
  sharing,
}: Gpus): Record<string, string> {
  const [major, minor] = compute;
  const strategy = sharing ?? (replicas > 1 ? 'time-slicing' : 'none');
  return {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.product': replicas > 1 ? `${product}-SHARED` : product,
    'nvidia.com/gpu.memory': String(memoryMiB),
    'nvidia.com/gpu.count': String(count),
    'nvidia.com/gpu.replicas': String(replicas),
    'nvidia.com/gpu.sharing-strategy': strategy,
    'nvidia.com/gpu.family': family,
    'nvidia.com/gpu.compute.major': String(major),
    'nvidia.com/gpu.compute.minor': String(minor),
    'nvidia.com/mig.capable': String(family === 'ampere' || family === 'hopper'),
    'nvidia.com/mps.capable': String(strategy === 'mps'),
  };
}

/** True once pods can be scheduled to it: kwok has made it Ready, and the controller has seen that. */
export function isReady({ spec, status }: NodeState): boolean {
  const ready = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready === true && !(spec.taints ?? []).some(({ key }) => key === NOT_READY);
}
