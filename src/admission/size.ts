import { estimateTraining, resolveSetup, UnboundError, unreadWeights } from '../estimate/index.js';
import type {
  Contradiction,
  Estimate,
  EstimateOptions,
  GivenShapes,
  GpuSpec,
  SetupRequest,
  TrainingSetup,
} from '../estimate/index.js';
import { FormatError } from '../formats/index.js';
import { GraphError, printable, quoted, structureHash } from '../graph/index.js';
import type { Graph } from '../graph/index.js';
import { bindGraph } from '../ops/bind.js';
import { ShapeError, tensorBytes } from '../ops/index.js';
import type { BoundGraph } from '../ops/index.js';
import { GPU_CATALOGUE } from '../placement/catalogue.js';
import { BatchFixedError, rebaseBatch, recoverTraining } from '../recover/index.js';

/** More sentences than these nobody reads; a file may give rise to tens of thousands. */
const MAX_SENTENCES = 100;
/** The longest that is written here has some 200 characters. */
const MAX_SENTENCE_LENGTH = 400;
/** Operators that nobody knows and a report names. */
const MAX_NAMED_OPERATORS = 10;
const MAX_OPERATOR_NAME_LENGTH = 64;
const MiB = 1024 * 1024;

export interface SizingOptions extends EstimateOptions {
  /** Takes the graph as it was exported: no recovery. */
  readonly asIs?: boolean;
  /** The GPU to estimate for; without one, the smallest of the catalogue that fits. */
  readonly gpu?: GpuSpec;
}

/** A model ready to be estimated, with everything that was taken for granted on the way. */
export interface Prepared {
  readonly graph: Graph;
  readonly bound: BoundGraph;
  readonly structureHash: string;
  readonly setup: TrainingSetup;
  /** What makes the estimate a lower bound; nothing where every layer is known. */
  readonly shortcomings: readonly string[];
  readonly assumptions: readonly string[];
}

/** A model with its estimate. */
export interface Sized extends Prepared {
  readonly estimate: Estimate;
}

/**
 * Graph → recover → bind → estimate: the one path from a structure to a number. On the given GPU, or on the smallest of
 * the catalogue that fits. Throws nothing but `FormatError`.
 */
export function sizeModel(exported: Graph, request: SetupRequest, options: SizingOptions = {}): Sized {
  const { gpu, ...sizing } = options;
  const prepared = prepare(exported, request, sizing);
  let estimate: Estimate | undefined;
  for (estimate of estimatesOf(prepared, gpu ? [gpu] : GPU_CATALOGUE, sizing)) {
    if (fits(estimate, estimate.compute.gpu)) break;
  }
  if (!estimate) throw new Error('the GPU catalogue is empty');
  return { ...prepared, estimate };
}

/** Estimates on one GPU after another. Throws nothing but `FormatError`. */
export function* estimatesOf(
  { graph, bound, setup }: Prepared,
  gpus: Iterable<GpuSpec>,
  options: EstimateOptions = {},
): Generator<Estimate> {
  const estimates = estimateTraining(bound, setup, gpus, options);
  // A row may find only now that a layer's operands cannot be.
  const next = (): IteratorResult<Estimate> => orFormatError(graph, () => estimates.next());
  for (let result = next(); result.done !== true; result = next()) {
    if (!isCounted(result.value)) {
      const message = 'the model is larger than can be counted';
      throw new FormatError({ code: 'LIMIT_EXCEEDED', format: graph.format, message });
    }
    yield result.value;
  }
}

/**
 * Counts must be exact: beyond 2^53 (9 petabytes) a sum of rows is no longer its total. FLOPs and what follows from them
 * are rates; those of a giant batch pass that, and only have to be numbers.
 */
function isCounted({ parameters, memory, compute }: Estimate): boolean {
  const counts = [parameters, memory.expectedBytes, memory.upperBytes];
  return counts.every(Number.isSafeInteger) && [compute.trainingFlops, compute.stepSeconds].every(Number.isFinite);
}

/** Recovers, binds and infers. Throws nothing but `FormatError`. */
export function prepare(exported: Graph, request: SetupRequest, { asIs }: Pick<SizingOptions, 'asIs'> = {}): Prepared {
  return orFormatError(exported, () => {
    const recovered = asIs === true ? { graph: exported, assumptions: [] } : recoverTraining(exported);
    const resolved = resolveSetup(recovered.graph, request);
    const { setup, bindings, shapes, fileBatch } = resolved;
    const { value: batch } = setup.batchSize;
    const rebased = rebaseBatch(recovered.graph, { from: fileBatch ?? batch, to: batch, bindings, shapes });
    const bound = bindGraph(rebased.graph, { bindings, shapes: rebased.shapes });
    if (resolved.contradiction && bound.problems.length > 0) {
      refuseNewProblems(bound, resolved.contradiction, (inFile) =>
        bindGraph(rebased.graph, { bindings, shapes: inFile }),
      );
    }
    const shortcomings = shortcomingsOf(bound);
    return {
      graph: exported,
      bound,
      structureHash: structureHash(exported),
      setup,
      shortcomings,
      assumptions: folded([
        ...shortcomings,
        ...unreadAssumptions(bound),
        ...resolved.assumptions,
        ...recovered.assumptions,
        ...rebased.assumptions,
      ]),
    };
  });
}

/** What is loaded for nothing; it may be of a branch that is not taken. */
function unreadAssumptions(bound: BoundGraph): string[] {
  const unread = unreadWeights(bound);
  const bytes = unread.reduce((sum, { type }) => sum + (type ? tensorBytes(type) : 0), 0);
  const mebibytes = (bytes / MiB).toFixed(1);
  const what = `${unread.length} parameters and buffers that no layer reads (${mebibytes} MiB in the file's dtypes)`;
  return bytes < MiB ? [] : [`${what} are loaded, and not trained`];
}

/** The first sentences, cut where a file made them long, and how many there are besides. */
function folded(sentences: readonly string[]): readonly string[] {
  const shown = sentences.slice(0, MAX_SENTENCES).map((sentence) => printable(sentence, MAX_SENTENCE_LENGTH));
  return sentences.length > MAX_SENTENCES ? [...shown, `and ${sentences.length - MAX_SENTENCES} more`] : shown;
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

/** True where the upper bound fits what a process can have of the GPU. */
export function fits({ memory }: Pick<Estimate, 'memory'>, gpu: GpuSpec): boolean {
  return memory.upperBytes <= gpu.usableMiB * MiB;
}

/** What makes the estimate a lower bound: it comes first, where nothing that is taken for granted crowds it out. */
function shortcomingsOf({ unknownOps, problems }: BoundGraph): string[] {
  const unknown = unknownOperators(Object.entries(unknownOps));
  const first = problems[0];
  if (!first) return unknown;
  const others = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return [...unknown, `${noShape(first, others)}: the estimate is a lower bound`];
}

/** A layer that has a shape in the sizes of the file and none in those that were stated. */
function refuseNewProblems(
  { problems }: BoundGraph,
  { sentence, inFile }: Contradiction,
  bind: (shapes: GivenShapes) => BoundGraph,
): void {
  const before = new Set(bind(inFile).problems.map(({ layer }) => layer));
  const problem = problems.find(({ layer }) => !before.has(layer));
  if (problem) throw new UnboundError(`${sentence}; ${noShape(problem)}`);
}

function noShape({ layer, message }: BoundGraph['problems'][number], others = ''): string {
  return `no shape for layer ${quoted(layer)}${others} (${message})`;
}

/** The most frequent ones by name. */
function unknownOperators(counts: readonly (readonly [type: string, count: number])[]): string[] {
  const byCount = [...counts].sort(([, left], [, right]) => right - left);
  const rest = byCount.slice(MAX_NAMED_OPERATORS);
  const named = byCount.slice(0, MAX_NAMED_OPERATORS).map(([type, count]) => {
    const operator = `unknown operator ${printable(type, MAX_OPERATOR_NAME_LENGTH)} (${count}x)`;
    return `${operator}: taken to keep its input's shape; the estimate is a lower bound`;
  });
  if (rest.length === 0) return named;
  const layers = rest.reduce((sum, [, count]) => sum + count, 0);
  return [...named, `and ${rest.length} more unknown operators (${layers}x), taken likewise`];
}
