import { gpuNodeOf } from '../src/placement/node.js';
import type { ApiNode } from '../src/placement/node.js';
import type { ConfigMapData } from '../src/sources/configmap.js';
import type { Cluster, NodePage } from '../src/server/cluster.js';

export interface StoredConfigMap extends ConfigMapData {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

/** A cluster that is a handful of objects: what the demo and the tests run the real webhook against. */
export class OfflineCluster implements Cluster {
  constructor(
    private readonly configMaps: readonly StoredConfigMap[],
    private readonly nodes: readonly ApiNode[],
  ) {}

  configMap(namespace: string, name: string): Promise<ConfigMapData | undefined> {
    return Promise.resolve(
      this.configMaps.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? namespace) === namespace),
    );
  }

  nodePage(): Promise<NodePage> {
    return Promise.resolve({ nodes: this.nodes.map(gpuNodeOf), next: undefined, resourceVersion: '1' });
  }

  /** Nothing ever changes here. */
  watchNodes(_resourceVersion: string, _on: unknown, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
}
