import { isFloating } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { tensorBytes } from '../ops/index.js';
import type { Library, OpContext, Saved, TensorType } from '../ops/index.js';
import type { ComputeDType, GpuSpec } from './gpu.js';
import type { Plan, PlannedLayer } from './plan.js';
import { segmentsOf } from './segments.js';
import type { Checkpointing } from './segments.js';

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
  /** What the arithmetic runs in; `tf32` where float32 may be rounded to it. */
  readonly dtype: DType | ComputeDType;
  readonly kernels: number;
}

export interface LayerTime {
  readonly work: LayerWork;
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
  /**
   * Training FLOPs of the dominant layers over the time they have: the target less the other layers' time, or without a
   * target their own roofline time. Null where the other layers alone take the whole target.
   */
  readonly requiredFlopsPerSecond: number | null;
}

/** Work that no layer does; it takes time but is never selected. */
const isLayer = (id: string): boolean => !id.startsWith('(');

export interface ComputeSetup {
  readonly gpu: GpuSpec;
  readonly threshold: number;
  readonly targetStepSeconds?: number;
}

/** What of a training setup the work depends on, beside its plan. */
export interface WorkSetup {
  readonly microBatches: number;
  readonly checkpointing: Checkpointing;
}

/** FLOPs and bytes of every layer in one step. */
export function workOf(plan: Plan, { microBatches, checkpointing }: WorkSetup): LayerWork[] {
  const again = new Set(segmentsOf(plan.layers, checkpointing).flatMap((segment) => segment.again));
  return plan.layers.map((layer) => {
    const work = layerWork(layer);
    return repeated(again.has(layer) ? recomputed(work, layer) : work, microBatches);
  });
}

/** Forward once more, in backward. */
function recomputed(work: LayerWork, { view }: PlannedLayer): LayerWork {
  return {
    ...work,
    trainingFlops: work.trainingFlops + work.forwardFlops,
    trainingBytes: work.trainingBytes + work.forwardBytes,
    kernels: work.kernels + (view ? 0 : 1),
  };
}

function repeated(work: LayerWork, times: number): LayerWork {
  if (times === 1) return work;
  return {
    ...work,
    forwardFlops: work.forwardFlops * times,
    trainingFlops: work.trainingFlops * times,
    forwardBytes: work.forwardBytes * times,
    trainingBytes: work.trainingBytes * times,
    kernels: work.kernels * times,
  };
}

/**
 * Backward repeats a contraction once for each operand whose gradient is wanted: twice in the middle of a net, once for
 * its first layer (3 x forward in all, less the first layer's input gradient). Operands come first, an added bias last.
 * A gradient that is passed on costs nothing.
 */
function layerWork(layer: PlannedLayer): LayerWork {
  const gradients = gradientsOf(layer);
  const repeats = gradients.filter(({ index }) => index < 2).length;
  const forwardFlops = flopsOf(layer);
  const forwardBytes = bytesOfLayer(layer);
  return {
    id: layer.id,
    forwardFlops,
    trainingFlops: forwardFlops * (1 + repeats),
    forwardBytes,
    trainingBytes: forwardBytes + backwardBytes(layer, gradients),
    dtype: computedIn(layer),
    kernels: (layer.view ? 0 : 1) + gradients.length,
  };
}

/**
 * Whether a library rounds float32 to TF32, by PyTorch's defaults: `torch.backends.cudnn.allow_tf32` is True, for
 * convolutions and recurrent layers alike, and `torch.backends.cuda.matmul.allow_tf32` is False (PyTorch documentation,
 * notes "CUDA semantics", section "TensorFloat-32 (TF32) on Ampere (and later) devices"; read back from torch 2.15).
 */
const ROUNDS_TO_TF32: Readonly<Record<Library, boolean>> = { cublas: false, cudnn: true, 'cudnn-rnn': true };

/** The dtype of the first floating operand. */
function computedIn({ bound, context }: PlannedLayer): LayerWork['dtype'] {
  const dtype = context.inputs.find((type) => type && isFloating(type.dtype))?.dtype ?? 'float32';
  const library = bound.spec?.library;
  return dtype === 'float32' && library && ROUNDS_TO_TF32[library] ? 'tf32' : dtype;
}

interface ComputedGradient {
  readonly index: number;
  readonly type: TensorType;
}

/** The gradients that a layer's backward computes, as opposed to those it hands on as they are. */
function gradientsOf({ tracked, gradients, context, view }: PlannedLayer): ComputedGradient[] {
  if (!tracked || view) return [];
  const computed: ComputedGradient[] = [];
  context.inputs.forEach((type, index) => {
    if (type && gradients[index] === 'new' && context.requiresGrad(index)) computed.push({ index, type });
  });
  return computed;
}

/** Each gradient is written once and reads the output's gradient; what forward saved is read once. */
function backwardBytes({ saved, context }: PlannedLayer, gradients: readonly ComputedGradient[]): number {
  if (gradients.length === 0) return 0;
  let bytes = gradients.length * bytesOfType(context.outputs[0]);
  for (const { type } of gradients) bytes += tensorBytes(type);
  for (const what of saved) bytes += bytesOfType(typeOf(what, context));
  return bytes;
}

function typeOf(saved: Saved, { inputs, outputs }: OpContext): TensorType | undefined {
  if (saved.from === 'new') return saved.type;
  return (saved.from === 'input' ? inputs : outputs)[saved.index];
}

const bytesOfType = (type: TensorType | undefined): number => (type ? tensorBytes(type) : 0);

/** Zero where the operator or its shapes are unknown: the report says so. */
function flopsOf({ bound, context }: PlannedLayer): number {
  const isKnown = bound.context.outputs.length > 0;
  return isKnown ? (bound.spec?.flops?.(context) ?? 0) : 0;
}

function bytesOfLayer({ bound, context, view }: PlannedLayer): number {
  if (view) return 0;
  return bound.spec?.bytes?.(context) ?? bytesMoved(context);
}

function bytesMoved({ inputs, outputs }: OpContext): number {
  let bytes = 0;
  for (const type of inputs) bytes += bytesOfType(type);
  for (const type of outputs) bytes += tensorBytes(type);
  return bytes;
}

/** Times every layer on one GPU and selects the dominant ones. */
export function timeLayers(
  work: readonly LayerWork[],
  { gpu, threshold }: Pick<ComputeSetup, 'gpu' | 'threshold'>,
): LayerTime[] {
  const timed = work.map((layer) => layerSeconds(layer, gpu));
  const stepSeconds = sum(timed, (layer) => layer.stepSeconds);
  const heaviest = timed.reduce(
    (most, { work: { id }, gpuSeconds }) => (isLayer(id) && gpuSeconds > most ? gpuSeconds : most),
    0,
  );
  return timed.map(({ work: of, gpuSeconds, stepSeconds: seconds }) => ({
    work: of,
    gpuSeconds,
    stepSeconds: seconds,
    stepShare: stepSeconds > 0 ? seconds / stepSeconds : 0,
    dominant: gpuSeconds > 0 && gpuSeconds >= threshold * heaviest && isLayer(of.id),
  }));
}

/** Times the work on one GPU and determines the compute requirement from the dominant layers. */
export function estimateCompute(work: readonly LayerWork[], setup: ComputeSetup): ComputeEstimate {
  const layers = timeLayers(work, setup);
  const stepSeconds = sum(layers, (layer) => layer.stepSeconds);
  return {
    forwardFlops: sum(work, (layer) => layer.forwardFlops),
    trainingFlops: sum(work, (layer) => layer.trainingFlops),
    stepSeconds,
    smShare: stepSeconds > 0 ? sum(layers, (layer) => layer.gpuSeconds) / stepSeconds : 0,
    threshold: setup.threshold,
    requiredFlopsPerSecond: requirement(layers, setup.targetStepSeconds),
  };
}

function requirement(layers: readonly LayerTime[], targetSeconds: number | undefined): number | null {
  const dominant = layers.filter((layer) => layer.dominant);
  const flops = sum(dominant, ({ work }) => work.trainingFlops);
  const ownSeconds = sum(dominant, (layer) => layer.stepSeconds);
  const otherSeconds = sum(layers, (layer) => layer.stepSeconds) - ownSeconds;
  const available = targetSeconds === undefined ? ownSeconds : targetSeconds - otherSeconds;
  if (flops === 0) return 0;
  return available > 0 ? flops / available : null;
}

function layerSeconds(layer: LayerWork, gpu: GpuSpec): Pick<LayerTime, 'work' | 'gpuSeconds' | 'stepSeconds'> {
  const peak = peakFor(gpu, layer.dtype);
  const roofline = (flops: number, bytes: number): number =>
    Math.max(flops / peak, bytes / gpu.bandwidthBytesPerSecond);
  const gpuSeconds =
    roofline(layer.forwardFlops, layer.forwardBytes) +
    roofline(layer.trainingFlops - layer.forwardFlops, layer.trainingBytes - layer.forwardBytes);
  return { work: layer, gpuSeconds, stepSeconds: gpuSeconds + layer.kernels * LAUNCH_FLOOR_SECONDS };
}

/** In FLOP/s. A GPU without a unit for the dtype computes in float32: one before Ampere has none for TF32. */
export function peakFor(gpu: GpuSpec, dtype: LayerWork['dtype']): number {
  return gpu.peakFlops[dtype as ComputeDType] ?? gpu.peakFlops.float32;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** The optimizer reads gradients, and reads and writes parameters and states, once each: the bytes it moves in a step. */
export function optimizerWork(parametersBytes: number, statesBytes: number): LayerWork {
  return {
    id: '(optimizer)',
    forwardFlops: 0,
    trainingFlops: 0,
    forwardBytes: 0,
    trainingBytes: parametersBytes * 3 + statesBytes * 2,
    dtype: 'float32',
    kernels: 1,
  };
}
