import { elements } from '../ops/index.js';
import type { BoundGraph } from '../ops/index.js';
import { DEFAULT_THRESHOLD, estimateCompute, optimizerWork, timeLayers, workOf } from './compute.js';
import type { ComputeEstimate, LayerTime } from './compute.js';
import type { MeasuredContexts } from './context-memory.js';
import type { GpuSpec } from './gpu.js';
import { memoryByFamily } from './memory.js';
import type { MemoryEstimate } from './memory.js';
import { optimizerChoice, stateBytes } from './optimizer-step.js';
import { planStep } from './plan.js';
import type { Plan, PlannedTensor } from './plan.js';
import type { TrainingSetup } from './setup.js';
import { ROWS, trainableOf } from './step-state.js';

/** One row of the layer report (P8, P9); rows in brackets stand for work and memory no layer owns. */
export interface LayerEstimate {
  readonly id: string;
  readonly type: string;
  readonly scope: string;
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
  readonly attributes: BoundGraph['layers'][number]['layer']['attributes'];
  /** Bytes live at the memory peak that this layer owns: weights, gradients, saved activations. */
  readonly memoryBytes: number;
  readonly forwardFlops: number;
  readonly stepShare: number;
  readonly dominant: boolean;
}

export type Confidence = 'high' | 'medium' | 'low';

/** What one rank needs to train. */
export interface Estimate {
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly memory: MemoryEstimate;
  readonly compute: ComputeEstimate & { readonly gpu: GpuSpec };
  /** Made when it is asked for: most callers want the totals on many GPUs. */
  readonly layers: readonly LayerEstimate[];
  readonly unknownOps: Readonly<Record<string, number>>;
  readonly confidence: Confidence;
}

export interface EstimateOptions {
  /** Takes the place of the CUDA context table. */
  readonly contexts?: MeasuredContexts;
  /** Share of the heaviest layer's time above which a layer is dominant. */
  readonly threshold?: number;
  readonly targetStepSeconds?: number;
}

/** Graph + setup → memory and compute of one rank, layer by layer, on one GPU after another. */
export function* estimateTraining(
  graph: BoundGraph,
  setup: TrainingSetup,
  gpus: Iterable<GpuSpec>,
  options: EstimateOptions = {},
): Generator<Estimate> {
  const plan = planStep(graph, setup.precision.value);
  const counted = countParameters(plan);
  const statesBytes = stateBytes(optimizerChoice(setup), trainableOf(plan));
  const workSetup = {
    microBatches: setup.gradientAccumulation.value,
    checkpointing: setup.gradientCheckpointing.value,
  };
  const work = [...workOf(plan, workSetup), optimizerWork(counted.trainableBytes, statesBytes)];
  const { contexts, threshold = DEFAULT_THRESHOLD, targetStepSeconds } = options;
  const memoryOn = memoryByFamily({ training: setup, ...(contexts && { contexts }) }, plan);
  for (const gpu of gpus) {
    const memory = memoryOn(gpu.family);
    const computeSetup = { gpu, threshold, ...(targetStepSeconds !== undefined && { targetStepSeconds }) };
    yield {
      parameters: counted.all,
      trainableParameters: counted.trainable,
      memory,
      compute: { ...estimateCompute(work, computeSetup), gpu },
      get layers() {
        return layerRows(graph, memory, timeLayers(work, computeSetup));
      },
      unknownOps: graph.unknownOps,
      confidence: confidenceOf(graph, setup),
    };
  }
}

/** Elements and bytes of the distinct parameters a step reads; buffers and constants are not parameters. */
function countParameters(plan: Plan): { all: number; trainable: number; trainableBytes: number } {
  const distinct = new Map<string, PlannedTensor>();
  for (const tensor of plan.tensors.values()) if (plan.parameters.has(tensor.id)) distinct.set(tensor.storage, tensor);
  const counts = { all: 0, trainable: 0, trainableBytes: 0 };
  for (const { type, bytes, requiresGrad } of distinct.values()) {
    counts.all += elements(type.shape);
    if (!requiresGrad) continue;
    counts.trainable += elements(type.shape);
    counts.trainableBytes += bytes;
  }
  return counts;
}

function layerRows(graph: BoundGraph, memory: MemoryEstimate, times: readonly LayerTime[]): LayerEstimate[] {
  const timeOf = new Map(times.map((time) => [time.work.id, time]));
  const neighbours = neighboursOf(graph);
  const rows = graph.layers.map(({ layer }) => ({
    id: layer.id,
    type: layer.type,
    scope: layer.scope ?? '',
    upstream: [...(neighbours.upstream.get(layer.id) ?? [])],
    downstream: [...(neighbours.downstream.get(layer.id) ?? [])],
    attributes: layer.attributes,
  }));
  const extra = Object.values(ROWS)
    .filter((id) => id !== ROWS.unread || memory.byOwner.has(id))
    .map((id) => ({
      id,
      type: id,
      scope: '',
      upstream: [],
      downstream: [],
      attributes: {},
    }));
  return [...rows, ...extra].map((row) => {
    const time = timeOf.get(row.id);
    return {
      ...row,
      memoryBytes: memory.byOwner.get(row.id) ?? 0,
      forwardFlops: time?.work.forwardFlops ?? 0,
      stepShare: time?.stepShare ?? 0,
      dominant: time?.dominant ?? false,
    };
  });
}

/** Upstream and downstream after control flow was inlined. */
function neighboursOf(graph: BoundGraph): Record<'upstream' | 'downstream', Map<string, Set<string>>> {
  const producers = new Map(graph.layers.flatMap(({ layer, outputs }) => outputs.map((id) => [id, layer.id] as const)));
  const upstream = new Map<string, Set<string>>();
  const downstream = new Map<string, Set<string>>();
  const link = (map: Map<string, Set<string>>, from: string, to: string): void => {
    map.set(from, (map.get(from) ?? new Set()).add(to));
  };
  for (const { layer, inputs } of graph.layers) {
    for (const input of inputs) {
      const source = input === '' ? undefined : producers.get(input);
      if (source === undefined) continue;
      link(upstream, layer.id, source);
      link(downstream, source, layer.id);
    }
  }
  return { upstream, downstream };
}

/**
 * Low where part of the net is unknown, medium where nobody said how it is trained or PyTorch stands in for another
 * framework, high where everything was stated.
 */
function confidenceOf(graph: BoundGraph, setup: TrainingSetup): Confidence {
  if (Object.keys(graph.unknownOps).length > 0 || graph.problems.length > 0) return 'low';
  const isAssumed = [setup.batchSize, setup.optimizer, setup.precision].some(({ from }) => from === 'default');
  return isAssumed || setup.framework.value !== 'pytorch' ? 'medium' : 'high';
}
