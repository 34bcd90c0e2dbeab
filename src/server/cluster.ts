import { AdmissionError } from '../admission/failures.js';
import type { GpuNode } from '../placement/inventory.js';
import type { ConfigMapData } from '../sources/configmap.js';

/** A page of nodes, or the end of them. */
export interface NodePage {
  readonly nodes: readonly GpuNode[];
  readonly next: string | undefined;
  readonly resourceVersion: string;
}

export type NodeEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly node: GpuNode }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** What the process asks of a cluster: the API server behind it, or a folder of files in the demo. */
export interface Cluster {
  /** Undefined where there is none by that name. */
  configMap(namespace: string, name: string): Promise<ConfigMapData | undefined>;
  nodePage(next: string | undefined): Promise<NodePage>;
  /** Ends when the API server closes the stream, or with an error. */
  watchNodes(resourceVersion: string, on: (event: NodeEvent) => void, signal: AbortSignal): Promise<void>;
}

/** The API server did not hand something out; nobody's pod is at fault. */
export function unavailable(what: string, cause: unknown): AdmissionError {
  return new AdmissionError('SOURCE_UNAVAILABLE', `${what} could not be read from the API server`, { cause });
}
