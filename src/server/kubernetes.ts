import { ApiException, CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { gpuNodeOf } from '../placement/node.js';
import type { ApiNode } from '../placement/node.js';
import type { ConfigMapData } from '../sources/configmap.js';
import { unavailable } from './cluster.js';
import type { Cluster, NodeEvent, NodePage } from './cluster.js';

const PAGE_SIZE = 500;

/** The API server closes a watch after this long, and it is opened anew. */
const WATCH_SECONDS = 290;

const NOT_FOUND = 404;

/** The real cluster, with the pod's own ServiceAccount or the kubeconfig of the environment. */
export class KubernetesCluster implements Cluster {
  private readonly config = new KubeConfig();
  private readonly api: CoreV1Api;

  constructor(private readonly nodeSelector: string) {
    this.config.loadFromDefault();
    this.api = this.config.makeApiClient(CoreV1Api);
  }

  async configMap(namespace: string, name: string): Promise<ConfigMapData | undefined> {
    try {
      return await this.api.readNamespacedConfigMap({ name, namespace });
    } catch (error) {
      if (error instanceof ApiException && error.code === NOT_FOUND) return undefined;
      throw unavailable(`ConfigMap "${name}"`, error);
    }
  }

  async nodePage(next: string | undefined): Promise<NodePage> {
    const page = await this.api.listNode({
      labelSelector: this.nodeSelector,
      limit: PAGE_SIZE,
      ...(next !== undefined && { _continue: next }),
    });
    return {
      nodes: page.items.map((node) => gpuNodeOf(node as ApiNode)),
      next: page.metadata?._continue === '' ? undefined : page.metadata?._continue,
      resourceVersion: page.metadata?.resourceVersion ?? '',
    };
  }

  async watchNodes(resourceVersion: string, on: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    const watch = new Watch(this.config);
    const query = {
      labelSelector: this.nodeSelector,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: WATCH_SECONDS,
    };
    await new Promise<void>((resolve, reject) => {
      const ended = (error: unknown): void => {
        if (error && !signal.aborted) reject(error instanceof Error ? error : new Error('the watch of nodes ended'));
        else resolve();
      };
      const received = (type: string, node: ApiNode): void => {
        if (type === 'ERROR') reject(new Error('the watch of nodes expired'));
        else on(eventOf(type, node));
      };
      watch.watch('/api/v1/nodes', query, received, ended).then((controller) => {
        signal.addEventListener('abort', () => {
          controller.abort();
        });
      }, reject);
    });
  }
}

function eventOf(type: string, node: ApiNode): NodeEvent {
  if (type === 'BOOKMARK') return { type, resourceVersion: node.metadata?.resourceVersion ?? '' };
  return { type: type as 'ADDED' | 'MODIFIED' | 'DELETED', node: gpuNodeOf(node) };
}
