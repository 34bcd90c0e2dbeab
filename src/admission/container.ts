import { AdmissionError } from './failures.js';
import { asksForGpu } from './ownership.js';
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

/**
 * The container that trains: the one named; else among those that ask for a GPU, or among all where none does, the one
 * kubectl would take, or the first that is not a sidecar.
 */
export function chooseContainer(pod: Pod, named: string | undefined): ChosenContainer {
  const all = pod.spec.containers.map((container, index) => ({ index, name: container.name ?? '', container }));
  const chosen = named === undefined ? likeliest(pod, all) : all.find(({ name }) => name === named);
  if (chosen) return chosen;
  if (named === undefined) throw new AdmissionError('POD_UNREADABLE', 'the pod has no container');
  const names = all.map(({ name }) => `"${name}"`).join(', ');
  throw new AdmissionError('CONTAINER_UNKNOWN', `container "${named}" is not in the pod, which has ${names}`);
}

function likeliest(pod: Pod, all: readonly ChosenContainer[]): ChosenContainer | undefined {
  const asking = all.filter(({ container }) => asksForGpu(pod, container));
  const candidates = asking.length > 0 ? asking : all;
  const byDefault = annotationsOf(pod)[DEFAULT_CONTAINER];
  return (
    candidates.find(({ name }) => name === byDefault) ??
    candidates.find(({ name }) => !SIDECARS.has(name)) ??
    candidates[0]
  );
}
