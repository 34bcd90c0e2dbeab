import { bytesOf } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { TensorType } from '../ops/index.js';
import type { ComputeDType, GpuSpec } from './gpu.js';
import type { Plan, PlannedLayer } from './plan.js';

/**
 * Host time to launch one kernel from eager PyTorch: below it a GPU waits. NVIDIA, "Getting Started with CUDA Graphs"
 * (2019), measures 3.8 us per launched kernel where the kernel itself runs 2.9 us.
 */
export const LAUNCH_FLOOR_SECONDS = 3.8e-6;

/** Layers whose step time is at least this share of the heaviest layer's are the dominant ones (P9). */
export const DEFAULT_THRESHOLD = 0.1;

/** What one layer computes and moves in one training step; no GPU in it yet. */
export interface LayerWork {
  readonly id: string;
  readonly forwardFlops: number;
  readonly trainingFlops: number;
  readonly forwardBytes: number;
  readonly trainingBytes: number;
  /** What the arithmetic runs in. */
  readonly dtype: DType;
  readonly kernels: number;
}

export interface LayerTime extends LayerWork {
  /** Roofline time of the whole step on the GPU: max(FLOPs / peak, bytes / bandwidth), forward and backward apart. */
  readonly gpuSeconds: number;
  /** The same with the launch floor of its kernels. */
  readonly stepSeconds: number;
  readonly stepShare: number;
  readonly dominant: boolean;
}

export interface ComputeEstimate {
  readonly forwardFlops: number;
  readonly trainingFlops: number;
  readonly stepSeconds: number;
  /** Share of the step in which the GPU's multiprocessors have work. */
  readonly smShare: number;
  readonly threshold: number;
  readonly requiredFlopsPerSecond: number;
  readonly layers: readonly LayerTime[];
}

/** Work that no layer does; it takes time but is never selected. */
const isLayer = ({ id }: LayerWork): boolean => !id.startsWith('(');

export interface ComputeSetup {
  readonly gpu: GpuSpec;
  readonly threshold: number;
  readonly targetStepSeconds?: number;
}

/** FLOPs and bytes of every layer of a plan. */
export function workOf(plan: Plan): LayerWork[] {
  return plan.layers.map((layer) => layerWork(layer));
}

/**
 * Backward repeats a contraction once for each operand whose gradient is wanted: twice in the middle of a net, once for
 * its first layer (3 x forward in all, less the first layer's input gradient). Bytes: backward reads what forward read
 * and wrote, and writes as much again for each gradient.
 */
function layerWork(layer: PlannedLayer): LayerWork {
  const { context } = layer;
  const gradients = layer.gradients.filter((kind, index) => kind !== 'none' && context.requiresGrad(index)).length;
  const repeats = layer.tracked ? Math.min(2, gradients) : 0;
  const forwardFlops = flopsOf(layer);
  const forwardBytes = bytesOfLayer(layer);
  return {
    id: layer.id,
    forwardFlops,
    trainingFlops: forwardFlops * (1 + repeats),
    forwardBytes,
    trainingBytes: forwardBytes * (1 + repeats),
    dtype: context.inputs.find((type) => type?.dtype.includes('float'))?.dtype ?? 'float32',
    kernels: layer.view ? 0 : 1 + repeats,
  };
}

/** Zero where the operator or its shapes are unknown: the report says so. */
function flopsOf({ bound, context }: PlannedLayer): number {
  const isKnown = bound.context.outputs.length > 0;
  return isKnown ? (bound.spec?.flops?.(context) ?? 0) : 0;
}

function bytesOfLayer({ bound, context, view }: PlannedLayer): number {
  if (view) return 0;
  return bound.spec?.bytes?.(context) ?? bytesMoved(context.inputs, context.outputs);
}

function bytesMoved(inputs: readonly (TensorType | undefined)[], outputs: readonly TensorType[]): number {
  return [...inputs, ...outputs].reduce((sum, type) => sum + (type ? tensorBytes(type) : 0), 0);
}

/** Times the work on one GPU, selects the dominant layers and determines the compute requirement from them. */
export function estimateCompute(work: readonly LayerWork[], setup: ComputeSetup): ComputeEstimate {
  const timed = work.map((layer) => ({ ...layer, ...layerSeconds(layer, setup.gpu) }));
  const stepSeconds = sum(timed, (layer) => layer.stepSeconds);
  const heaviest = timed.filter(isLayer).reduce((most, { gpuSeconds }) => Math.max(most, gpuSeconds), 0);
  const layers = timed.map((layer) => ({
    ...layer,
    stepShare: stepSeconds > 0 ? layer.stepSeconds / stepSeconds : 0,
    dominant: isLayer(layer) && layer.gpuSeconds > 0 && layer.gpuSeconds >= setup.threshold * heaviest,
  }));
  const dominant = layers.filter((layer) => layer.dominant);
  const dominantSeconds = sum(dominant, (layer) => layer.stepSeconds);
  const available =
    setup.targetStepSeconds === undefined
      ? dominantSeconds
      : Math.max(0, setup.targetStepSeconds - (stepSeconds - dominantSeconds));
  const dominantFlops = sum(dominant, (layer) => layer.trainingFlops);
  return {
    forwardFlops: sum(layers, (layer) => layer.forwardFlops),
    trainingFlops: sum(layers, (layer) => layer.trainingFlops),
    stepSeconds,
    smShare: stepSeconds > 0 ? sum(layers, (layer) => layer.gpuSeconds) / stepSeconds : 0,
    threshold: setup.threshold,
    requiredFlopsPerSecond: available > 0 ? dominantFlops / available : 0,
    layers,
  };
}

function layerSeconds(layer: LayerWork, gpu: GpuSpec): { gpuSeconds: number; stepSeconds: number } {
  const peak = peakFor(gpu, layer.dtype);
  const roofline = (flops: number, bytes: number): number =>
    Math.max(flops / peak, bytes / gpu.bandwidthBytesPerSecond);
  const gpuSeconds =
    roofline(layer.forwardFlops, layer.forwardBytes) +
    roofline(layer.trainingFlops - layer.forwardFlops, layer.trainingBytes - layer.forwardBytes);
  return { gpuSeconds, stepSeconds: gpuSeconds + layer.kernels * LAUNCH_FLOOR_SECONDS };
}

/** A GPU without a unit for the dtype computes in float32; PyTorch leaves TF32 off for matrix products by default. */
export function peakFor(gpu: GpuSpec, dtype: DType): number {
  return gpu.peakFlops[dtype as ComputeDType] ?? gpu.peakFlops.float32;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** The optimizer reads and writes parameters, gradients and states once: the bytes it moves in a step. */
export function optimizerWork(parameters: number, states: number): LayerWork {
  const bytes = bytesOf('float32', elements([parameters])) * (3 + 2 * states);
  return {
    id: '(optimizer)',
    forwardFlops: 0,
    trainingFlops: 0,
    forwardBytes: 0,
    trainingBytes: bytes,
    dtype: 'float32',
    kernels: 1,
  };
}
