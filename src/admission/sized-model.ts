import type {
  ContextSource,
  Estimate,
  EstimateOptions,
  Headroom,
  MemoryBreakdown,
  SetupRequest,
  TrainingSetup,
} from '../estimate/index.js';
import type { Graph } from '../graph/index.js';
import { GPU_CATALOGUE } from '../placement/catalogue.js';
import type { Need } from '../placement/candidates.js';
import { estimatesOf, prepare } from './size.js';

/** What a model needs on one GPU of the catalogue. */
export interface GpuNeed extends Need {
  readonly expectedBytes: number;
  readonly breakdown: MemoryBreakdown;
  readonly headroom: Headroom;
  readonly contextSource: ContextSource;
  readonly smShare: number;
  readonly requiredFlopsPerSecond: number | null;
}

/** A model sized for every GPU of the catalogue: plain data, so that it crosses threads and lies in a cache. */
export interface SizedModel {
  readonly model: {
    readonly name: string;
    readonly format: string;
    readonly parameters: number;
    readonly trainableParameters: number;
    readonly structureHash: string;
  };
  readonly setup: TrainingSetup;
  readonly forwardFlops: number;
  readonly trainingFlops: number;
  readonly onGpus: readonly GpuNeed[];
  /** What makes the estimate a lower bound; nothing where every layer is known. */
  readonly shortcomings: readonly string[];
  readonly assumptions: readonly string[];
  readonly confidence: Estimate['confidence'];
}

/** Graph → needs on every GPU of the catalogue. Throws nothing but `FormatError`. */
export function sizeForCluster(exported: Graph, request: SetupRequest, options: EstimateOptions = {}): SizedModel {
  const prepared = prepare(exported, request);
  const estimates = [...estimatesOf(prepared, GPU_CATALOGUE, options)];
  const [first] = estimates;
  if (!first) throw new Error('the GPU catalogue is empty');
  return {
    model: {
      name: exported.name,
      format: exported.format,
      parameters: first.parameters,
      trainableParameters: first.trainableParameters,
      structureHash: prepared.structureHash,
    },
    setup: prepared.setup,
    forwardFlops: first.compute.forwardFlops,
    trainingFlops: first.compute.trainingFlops,
    onGpus: estimates.map(needOf),
    shortcomings: prepared.shortcomings,
    assumptions: prepared.assumptions,
    confidence: first.confidence,
  };
}

function needOf({ memory, compute }: Estimate): GpuNeed {
  return {
    product: compute.gpu.product,
    family: compute.gpu.family,
    expectedBytes: memory.expectedBytes,
    upperBytes: memory.upperBytes,
    breakdown: memory.breakdown,
    headroom: memory.headroom,
    contextSource: memory.contextSource,
    stepSeconds: compute.stepSeconds,
    smShare: compute.smShare,
    requiredFlopsPerSecond: compute.requiredFlopsPerSecond,
  };
}
