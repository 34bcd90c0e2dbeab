import type { DType } from '../graph/index.js';

/** GPU families as GPU Feature Discovery writes them in `nvidia.com/gpu.family`. */
export const GPU_FAMILIES = ['volta', 'turing', 'ampere', 'ada-lovelace', 'hopper', 'blackwell'] as const;

export type GpuFamily = (typeof GPU_FAMILIES)[number];

/** Dtypes a matrix unit computes in; `tf32` is float32 on tensor cores. */
export type ComputeDType = Extract<DType, 'float32' | 'float16' | 'bfloat16'> | 'tf32' | 'float8';

/** What an estimate must know of a GPU. */
export interface GpuSpec {
  /** The product label as GPU Feature Discovery writes it, e.g. `NVIDIA-A100-SXM4-80GB`. */
  readonly product: string;
  readonly family: GpuFamily;
  /** `nvidia.com/gpu.memory`: NVML's total in MiB. */
  readonly labelMiB: number;
  /** What CUDA reports as total memory in MiB: what a process can really have. */
  readonly usableMiB: number;
  readonly multiprocessors: number;
  /** Dense peaks in FLOP/s; absent where the hardware has no such unit. */
  readonly peakFlops: Partial<Record<ComputeDType, number>> & { readonly float32: number };
  readonly bandwidthBytesPerSecond: number;
  /** Where each figure is published. */
  readonly sources: { readonly memory: string; readonly usable: string; readonly compute: string };
}
