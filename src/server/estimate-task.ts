import { sizeForCluster } from '../admission/sized-model.js';
import type { SizedModel } from '../admission/sized-model.js';
import type { MeasuredContexts, SetupRequest } from '../estimate/index.js';
import { bytesSource, FormatError, parseStructure } from '../formats/index.js';
import type { FormatErrorCode } from '../formats/index.js';
import type { Structure } from '../sources/configmap.js';

/** What a worker is asked. */
export interface EstimateTask {
  readonly structure: Structure;
  readonly setup: SetupRequest;
  readonly contexts: MeasuredContexts;
}

/** What it answers: errors do not keep their class across threads. */
export type EstimateAnswer =
  | { readonly kind: 'sized'; readonly sized: SizedModel }
  | { readonly kind: 'refused'; readonly code: FormatErrorCode; readonly format: string; readonly message: string };

/** Bytes → needs on every GPU of the catalogue. */
export async function runEstimate({ structure, setup, contexts }: EstimateTask): Promise<EstimateAnswer> {
  try {
    const graph = await parseStructure(bytesSource(structure.bytes, structure.name));
    return { kind: 'sized', sized: sizeForCluster(graph, setup, { contexts }) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { kind: 'refused', code: error.code, format: error.format, message: error.message };
  }
}
