import type { GpuNeed, SizedModel } from '../../src/admission/sized-model.js';
import type { GpuFamily } from '../../src/estimate/index.js';
import { TRAINING } from './training.js';

export const GiB = 1024 ** 3;

/** Catalogue products with what they show and what they keep, in MiB (`src/placement/catalogue.ts` has the sources). */
export const GPUS = {
  T4: { product: 'Tesla-T4', family: 'turing', labelMiB: 15360, reservedMiB: 451 },
  A10: { product: 'NVIDIA-A10', family: 'ampere', labelMiB: 23028, reservedMiB: 511 },
  A100: { product: 'NVIDIA-A100-SXM4-40GB', family: 'ampere', labelMiB: 40960, reservedMiB: 621 },
  A100_80: { product: 'NVIDIA-A100-SXM4-80GB', family: 'ampere', labelMiB: 81920, reservedMiB: 869 },
  H100: { product: 'NVIDIA-H100-80GB-HBM3', family: 'hopper', labelMiB: 81559, reservedMiB: 551 },
} as const satisfies Record<string, { product: string; family: GpuFamily; labelMiB: number; reservedMiB: number }>;

export type GpuName = keyof typeof GPUS;
export const GPU_NAMES = Object.keys(GPUS) as GpuName[];

/** Seconds of a step, slower on smaller GPUs. */
const SECONDS: Readonly<Record<GpuName, number>> = { T4: 0.8, A10: 0.4, A100: 0.2, A100_80: 0.2, H100: 0.1 };

export interface SizedOptions {
  /** Upper bound in GiB, the same on every GPU or by GPU. */
  readonly gib?: number | Readonly<Record<GpuName, number>>;
  readonly shortcomings?: readonly string[];
  readonly assumptions?: readonly string[];
  readonly name?: string;
}

/** A model of round numbers: it needs `gib` GiB, nine tenths of that expected. */
export function sizedModel(options: SizedOptions = {}): SizedModel {
  const { gib = 10, shortcomings = [], assumptions = [], name = 'net' } = options;
  return {
    model: { name, format: 'onnx', parameters: 1000, trainableParameters: 1000, structureHash: 'sha256:net' },
    setup: TRAINING,
    forwardFlops: 1e9,
    trainingFlops: 3e9,
    onGpus: GPU_NAMES.map((gpu) => needOn(gpu, typeof gib === 'number' ? gib : gib[gpu])),
    shortcomings,
    assumptions,
    confidence: 'high',
  };
}

function needOn(gpu: GpuName, gib: number): GpuNeed {
  const upperBytes = Math.round(gib * GiB);
  return {
    product: GPUS[gpu].product,
    family: GPUS[gpu].family,
    expectedBytes: Math.round(0.9 * upperBytes),
    upperBytes,
    breakdown: {
      parametersBytes: 4000,
      gradientsBytes: 4000,
      optimizerStatesBytes: 8000,
      activationsBytes: 0,
      temporariesBytes: 0,
      workspaceBytes: 0,
      fragmentationBytes: 0,
      contextBytes: 0,
      communicationBytes: 0,
    },
    headroom: { bandBytes: 0, eagerContextBytes: 0, marginBytes: upperBytes - Math.round(0.9 * upperBytes) },
    contextSource: { source: 'nobody', measured: false },
    stepSeconds: SECONDS[gpu],
    smShare: 1,
    requiredFlopsPerSecond: null,
  };
}
