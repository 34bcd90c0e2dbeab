import type { SetupRequest } from '../estimate/index.js';
import type { GpuNode } from '../placement/inventory.js';
import type { PlacementResult } from '../placement/place.js';
import type { ModelReference } from './reference.js';
import type { SizedModel } from './sized-model.js';
import type { Decision } from './types.js';

export interface SizingTask {
  readonly reference: ModelReference;
  /** Of the request: whoever creates pods there can mount what is there. */
  readonly namespace: string;
  readonly setup: SetupRequest;
}

/** What an admission needs of the world around it. */
export interface AdmissionPorts {
  /** Fetches, parses and estimates. Throws `FormatError` or `AdmissionError`. */
  size(task: SizingTask): Promise<SizedModel>;
  /** The cluster's GPU nodes, from a cache. */
  nodes(): readonly GpuNode[];
  /** One decision for pods and models that are the same, for as long as the nodes are. */
  remembered(key: string, compute: () => Decision): Decision;
  /** Pods of one controller get one answer: the first that was computed for the key. */
  pinned(key: string, compute: () => PlacementResult): PlacementResult;
  readonly version: string;
  /** Hears of mistakes of ours, which no user is told. */
  readonly mistake?: (cause: unknown) => void;
}
