import { fetchStructure } from '../admission/fetch.js';
import type { AdmissionPorts } from '../admission/ports.js';
import { sizeForCluster } from '../admission/sized-model.js';
import { bytesSource, parseStructure } from '../formats/index.js';
import { gpuNodeOf } from '../placement/node.js';
import type { ApiNode } from '../placement/node.js';
import type { ConfigMapData } from '../sources/configmap.js';
import { VERSION } from './version.js';

type Manifest = Readonly<Record<string, unknown>>;

/** Objects from files, in place of a cluster's. */
export interface OfflineObjects {
  readonly configMaps: readonly Manifest[];
  readonly nodes: readonly Manifest[];
}

/** The webhook's view of the world, made of files. A ConfigMap is found by its name: files often name no namespace. */
export function offlinePorts({ configMaps, nodes }: OfflineObjects): AdmissionPorts {
  const gpuNodes = nodes.filter(({ kind }) => kind === 'Node').map((node) => gpuNodeOf(node as ApiNode));
  const find = (name: string): ConfigMapData | undefined =>
    configMaps.find((map) => map['kind'] === 'ConfigMap' && nameOf(map) === name);
  return {
    version: VERSION,
    nodes: () => gpuNodes,
    remembered: (_, compute) => compute(),
    pinned: (_, compute) => compute(),
    size: async (task) => {
      const { bytes, name } = await fetchStructure(task, (_, wanted) => Promise.resolve(find(wanted)));
      return sizeForCluster(await parseStructure(bytesSource(bytes, name)), task.setup);
    },
  };
}

function nameOf({ metadata }: Manifest): unknown {
  return ((metadata ?? {}) as { name?: unknown }).name;
}
