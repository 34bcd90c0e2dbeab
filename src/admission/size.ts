import { estimateTraining, resolveSetup, UnboundError } from '../estimate/index.js';
import type { Estimate, EstimateOptions, GpuSpec, SetupRequest, TrainingSetup } from '../estimate/index.js';
import { FormatError } from '../formats/index.js';
import { GraphError, structureHash } from '../graph/index.js';
import type { Graph } from '../graph/index.js';
import { bindGraph } from '../ops/bind.js';
import { ShapeError } from '../ops/index.js';
import type { BoundGraph } from '../ops/index.js';
import { GPU_CATALOGUE } from '../placement/catalogue.js';
import { BatchFixedError, rebaseBatch, recoverTraining } from '../recover/index.js';

export interface SizingOptions {
  /** The GPU to estimate for; without one, the smallest of the catalogue that fits. */
  readonly gpu?: GpuSpec;
  readonly contextBytes?: number;
  readonly threshold?: number;
  readonly targetStepSeconds?: number;
  /** Takes the graph as it was exported: no recovery. */
  readonly asIs?: boolean;
}

/** A model with its estimate and everything that was taken for granted on the way. */
export interface Sized {
  readonly graph: Graph;
  readonly bound: BoundGraph;
  readonly structureHash: string;
  readonly setup: TrainingSetup;
  readonly estimate: Estimate;
  readonly assumptions: readonly string[];
}

/** Graph → recover → bind → estimate: the one path from a structure to a number. Throws nothing but `FormatError`. */
export function sizeModel(exported: Graph, request: SetupRequest, options: SizingOptions = {}): Sized {
  const sized = orFormatError(exported, () => size(exported, request, options));
  const { memory, compute } = sized.estimate;
  if (Number.isFinite(memory.upperBytes) && Number.isFinite(compute.stepSeconds)) return sized;
  throw new FormatError({
    code: 'LIMIT_EXCEEDED',
    format: exported.format,
    message: 'the model is larger than can be counted',
  });
}

function size(exported: Graph, request: SetupRequest, options: SizingOptions): Sized {
  const recovered = options.asIs === true ? { graph: exported, assumptions: [] } : recoverTraining(exported);
  const resolved = resolveSetup(recovered.graph, request);
  const { setup, bindings, shapes, fileBatch } = resolved;
  const { value: batch } = setup.batchSize;
  const rebased = rebaseBatch(recovered.graph, { from: fileBatch ?? batch, to: batch, bindings, shapes });
  const bound = bindGraph(rebased.graph, { bindings, shapes: rebased.shapes });
  const estimate = estimateOnGpu(bound, setup, options);
  return {
    graph: exported,
    bound,
    structureHash: structureHash(exported),
    setup,
    estimate,
    assumptions: [...resolved.assumptions, ...recovered.assumptions, ...rebased.assumptions, ...shortcomings(bound)],
  };
}

function orFormatError<T>(graph: Graph, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof UnboundError) {
      throw new FormatError({ code: 'SHAPE_UNBOUND', format: graph.format, message: cause.message, cause });
    }
    if (cause instanceof BatchFixedError) {
      throw new FormatError({ code: 'BATCH_FIXED', format: graph.format, message: cause.message, cause });
    }
    if (cause instanceof GraphError || cause instanceof ShapeError) {
      throw new FormatError({ code: 'INVALID_GRAPH', format: graph.format, message: cause.message, cause });
    }
    throw cause;
  }
}

/** Workspace and context depend on the GPU's family, so the choice is checked with the family it leads to. */
function estimateOnGpu(bound: BoundGraph, setup: TrainingSetup, options: SizingOptions): Estimate {
  const on = (gpu: GpuSpec): Estimate => estimateTraining(bound, setup, { ...estimateOptions(options), gpu });
  if (options.gpu) return on(options.gpu);
  const families = new Map<string, Estimate>();
  for (const gpu of GPU_CATALOGUE) {
    const known = families.get(gpu.family) ?? on(gpu);
    families.set(gpu.family, known);
    if (fits(known, gpu)) return known.compute.gpu === gpu ? known : on(gpu);
  }
  const largest = GPU_CATALOGUE.at(-1);
  if (!largest) throw new Error('the GPU catalogue is empty');
  return on(largest);
}

function estimateOptions({ contextBytes, threshold, targetStepSeconds }: SizingOptions): Omit<EstimateOptions, 'gpu'> {
  return {
    ...(contextBytes !== undefined && { contextBytes }),
    ...(threshold !== undefined && { threshold }),
    ...(targetStepSeconds !== undefined && { targetStepSeconds }),
  };
}

/** True where the upper bound fits what a process can have of the GPU. */
export function fits({ memory }: Pick<Estimate, 'memory'>, gpu: GpuSpec): boolean {
  return memory.upperBytes <= gpu.usableMiB * 1024 * 1024;
}

function shortcomings(bound: BoundGraph): string[] {
  const unknown = Object.entries(bound.unknownOps).map(
    ([type, count]) =>
      `unknown operator ${type} (${count}x): taken to keep its input's shape; the estimate is a lower bound`,
  );
  const first = bound.problems[0];
  if (!first) return unknown;
  const others = bound.problems.length > 1 ? ` and ${bound.problems.length - 1} more` : '';
  return [...unknown, `no shape for layer "${first.layer}"${others} (${first.message}): the estimate is a lower bound`];
}
