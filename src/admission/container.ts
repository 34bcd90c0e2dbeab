import { GPU_RESOURCE } from '../placement/inventory.js';
import { parseCount } from './quantity.js';
import { AdmissionError } from './failures.js';
import { annotationsOf } from './pod.js';
import type { Container, Pod } from './pod.js';

/** kubectl's own annotation for the container that matters. */
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** Containers that service meshes and the like inject beside the user's. */
const SIDECARS: ReadonlySet<string> = new Set([
  'istio-proxy',
  'linkerd-proxy',
  'consul-dataplane',
  'envoy',
  'vault-agent',
  'cloud-sql-proxy',
  'gke-gcsfuse-sidecar',
  'fluent-bit',
]);

export interface ChosenContainer {
  readonly index: number;
  readonly name: string;
  readonly container: Container;
}

/** The container that trains: the one named, the only one that asks for a GPU, or the first that is not a sidecar. */
export function chooseContainer(pod: Pod, named: string | undefined): ChosenContainer {
  const { containers } = pod.spec;
  const byName = (name: string | undefined): number => containers.findIndex((container) => container.name === name);
  if (named !== undefined && byName(named) === -1) {
    const names = containers.map(({ name }) => `"${name ?? ''}"`).join(', ');
    throw new AdmissionError('CONTAINER_UNKNOWN', `container "${named}" is not in the pod, which has ${names}`);
  }
  const asking = containers.flatMap((container, index) => (asksForGpu(container) ? [index] : []));
  const candidates = [
    named === undefined ? -1 : byName(named),
    asking.length === 1 ? (asking[0] ?? -1) : -1,
    byName(annotationsOf(pod)[DEFAULT_CONTAINER] ?? ''),
    containers.findIndex(({ name }) => !SIDECARS.has(name ?? '')),
    0,
  ];
  const index = candidates.find((at) => at !== -1) ?? 0;
  const container = containers[index];
  if (!container) throw new AdmissionError('POD_UNREADABLE', 'the pod has no container');
  return { index, name: container.name ?? '', container };
}

function asksForGpu({ resources }: Container): boolean {
  const amount = resources?.limits?.[GPU_RESOURCE] ?? resources?.requests?.[GPU_RESOURCE];
  return amount !== undefined && amount !== null && parseCount(amount) !== 0;
}
