import type { Sized } from '../admission/size.js';
import { VERSION } from './version.js';

/** The machine-readable report: `--json`, and later the pod's annotation, are made of it. */
export function jsonReport({ graph, structureHash, setup, estimate, assumptions }: Sized, name: string): object {
  const { memory, compute } = estimate;
  const { gpu, ...amounts } = compute;
  return {
    model: {
      name: graph.name === '' ? name : graph.name,
      format: graph.format,
      parameters: estimate.parameters,
      trainableParameters: estimate.trainableParameters,
      structureHash,
    },
    setup,
    memory: {
      expectedBytes: memory.expectedBytes,
      upperBytes: memory.upperBytes,
      peakAt: memory.peakAt,
      breakdown: memory.breakdown,
      headroom: memory.headroom,
      contextSource: memory.contextSource,
    },
    compute: {
      forwardFlops: amounts.forwardFlops,
      trainingFlops: amounts.trainingFlops,
      gpu: gpu.product,
      stepSeconds: amounts.stepSeconds,
      smShare: amounts.smShare,
      threshold: amounts.threshold,
      requiredFlopsPerSecond: amounts.requiredFlopsPerSecond,
    },
    layers: estimate.layers,
    unknownOps: estimate.unknownOps,
    assumptions,
    confidence: estimate.confidence,
    version: VERSION,
  };
}
