import { printable } from '../graph/index.js';
import type { DType, Graph } from '../graph/index.js';
import { ALLOCATORS } from './allocators.js';
import { defaultLossOf } from './default-loss.js';
import { FRAMEWORKS } from './frameworks.js';
import { batchOfShapes, contradictionOf, shapesFor, staticBatch, withBatch } from './input-shapes.js';
import type { Contradiction } from './input-shapes.js';
import type { LossName } from './losses.js';
import { frozenInLow } from './mixed-weights.js';
import { defaultImplementation, OPTIMIZERS } from './optimizers.js';
import type { OptimizerSpec } from './optimizers.js';
import { PRECISIONS } from './precisions.js';
import type { PrecisionName } from './precisions.js';
import { outsideRanges } from './ranges.js';
import { repeatedBlocks } from './segments.js';
import { SETUP_DEFAULTS } from './setup.js';
import type { SetupRequest, Sourced, TrainingSetup } from './setup.js';
import { SymbolBinder } from './symbol-binder.js';

/** The setup of an estimate, and what it makes of the graph's free dimensions. */
export interface ResolvedSetup {
  readonly setup: TrainingSetup;
  readonly bindings: ReadonlyMap<string, number>;
  /** Whole shapes for inputs, where the request gave them. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The batch size baked into the file, where it is a number. */
  readonly fileBatch: number | undefined;
  /** How the request contradicts what the file fixes, where it does. */
  readonly contradiction: Contradiction | undefined;
  readonly assumptions: readonly string[];
}

/** Takes every value from the request, else from the file, else from the defaults, and says which. */
export function resolveSetup(graph: Graph, request: SetupRequest): ResolvedSetup {
  const inputs = graph.inputs.flatMap((id) => graph.tensors.get(id) ?? []);
  const given = shapesFor(inputs, request.inputShapes?.value ?? {});
  const fileBatch = graph.hints.batchSize ?? staticBatch(inputs);
  const setup = fillIn(graph, request, { fileBatch, shapeBatch: batchOfShapes(inputs, given) });
  const binder = new SymbolBinder(setup, graph.hints.ranges);
  const shapes = new Map<string, readonly number[]>();
  for (const tensor of inputs) {
    const shape = given.get(tensor.id);
    if (shape) shapes.set(tensor.id, withBatch(tensor, shape, { batch: setup.batchSize.value, fileBatch }));
  }
  // What is stated decides about symbols that other inputs have, too.
  for (const tensor of inputs) binder.bindShape(tensor, shapes.get(tensor.id));
  for (const tensor of inputs) if (!shapes.has(tensor.id)) binder.bindInput(tensor);
  return {
    setup,
    bindings: binder.bindings,
    shapes,
    fileBatch,
    contradiction: contradictionOf(inputs, shapes),
    assumptions: [
      ...binder.assumptions,
      ...outsideRanges(graph, binder.bindings),
      ...overruledBatch(setup, batchOfShapes(inputs, given)),
      ...stated(setup, graph),
      ...replaced(setup, request),
      ...checkpointed(setup, graph),
      ...FRAMEWORKS[setup.framework.value].assumptions,
      ...ALLOCATORS[setup.allocator.value].assumptions,
    ],
  };
}

function fillIn(
  graph: Graph,
  request: SetupRequest,
  batch: { fileBatch: number | undefined; shapeBatch: number | undefined },
): TrainingSetup {
  const file = <T>(value: T | undefined): Sourced<T> | undefined =>
    value === undefined ? undefined : { value, from: 'file' };
  const fallback = <T>(value: T): Sourced<T> => ({ value, from: 'default' });
  const optimizer = request.optimizer ?? fallback(SETUP_DEFAULTS.optimizer);
  const framework = request.framework ?? fallback(SETUP_DEFAULTS.framework);
  const defaults: TrainingSetup = {
    batchSize: statedByShape(request, batch.shapeBatch) ?? file(batch.fileBatch) ?? fallback(SETUP_DEFAULTS.batchSize),
    sequenceLength: fallback(SETUP_DEFAULTS.sequenceLength),
    inputShapes: fallback({}),
    optimizer,
    optimizerImplementation: fallback(defaultImplementation(optimizer.value)),
    weightDecay: fallback(SETUP_DEFAULTS.weightDecay),
    gradientAccumulation: fallback(SETUP_DEFAULTS.gradientAccumulation),
    gradientCheckpointing: fallback(SETUP_DEFAULTS.gradientCheckpointing),
    precision: file(precisionOf(graph)) ?? fallback(SETUP_DEFAULTS.precision),
    loss: fallback(defaultLossOf(graph)),
    allocator: fallback(FRAMEWORKS[framework.value].allocator),
    rank: fallback({ index: 0, of: 1 }),
    framework,
  };
  const setup = { ...defaults, ...request };
  return hasImplementation(setup) ? setup : { ...setup, optimizerImplementation: defaults.optimizerImplementation };
}

function statedByShape({ inputShapes }: SetupRequest, value: number | undefined): Sourced<number> | undefined {
  return inputShapes && value !== undefined ? { value, from: inputShapes.from } : undefined;
}

/** Whether the optimizer can run as the setup says. */
function hasImplementation({ optimizer, optimizerImplementation }: Pick<TrainingSetup, OptimizerKey>): boolean {
  const { steps }: OptimizerSpec = OPTIMIZERS[optimizer.value];
  return steps[optimizerImplementation.value] !== undefined;
}

type OptimizerKey = 'optimizer' | 'optimizerImplementation';

/** A file whose weights are bfloat16 is trained so, and one that turns autocast on is trained under it. */
function precisionOf(graph: Graph): PrecisionName | undefined {
  if (hasWeightsIn('bfloat16', graph)) return 'bf16';
  return AUTOCASTS.find((name) => PRECISIONS[name].autocast === graph.hints.autocast);
}

const AUTOCASTS = ['amp-fp16', 'amp-bf16'] as const;

function hasWeightsIn(dtype: DType, { tensors }: Graph): boolean {
  const parameters = [...tensors.values()].filter(({ role }) => role === 'parameter');
  return parameters.length > 0 && parameters.every((parameter) => parameter.dtype === dtype);
}

/** What to say of a loss that has an alternative. */
const ASSUMED_LOSS: Readonly<Partial<Record<LossName, string>>> = {
  'next-token':
    "next-token loss on the graph's output, from a copy of the shifted logits; where labels are shifted: --loss cross-entropy",
};

function statedAutocast({ precision }: TrainingSetup): string[] {
  const isOn = precision.from === 'file' && precision.value !== 'bf16';
  return isOn ? ['autocast, which the program turns on by itself, is taken to be on throughout'] : [];
}

/** Of weights in 16 bits that are not trained as such, and of those that stay so. */
function statedWeights({ precision }: TrainingSetup, graph: Graph): string[] {
  const frozen = frozenInLow([...graph.tensors.values()]);
  if (frozen && precision.value !== 'bf16') {
    return [`weights in the dtypes of the file, which freezes some in ${frozen} beside trained ones in float32`];
  }
  return precision.from === 'default' && hasWeightsIn('float16', graph)
    ? ['float32 weights in place of the float16 of the file, which needs a scaled loss: say --precision']
    : [];
}

/** What a report must say of values that nobody gave. */
function stated(setup: TrainingSetup, graph: Graph): string[] {
  const assumptions: string[] = [...(graph.hints.assumptions ?? [])];
  if (setup.batchSize.from === 'default') {
    assumptions.push(`batch size ${setup.batchSize.value}: neither the request nor the file states one`);
  }
  if (setup.batchSize.from === 'file' && graph.hints.batchSize === undefined) {
    assumptions.push(`batch size ${setup.batchSize.value}: what the file was exported with`);
  }
  assumptions.push(...statedAutocast(setup), ...statedWeights(setup, graph));
  if (setup.loss.from === 'default' && graph.hints.hasLoss !== true) {
    assumptions.push(ASSUMED_LOSS[setup.loss.value] ?? `${setup.loss.value} loss on the graph's output`);
  }
  return assumptions;
}

/** A batch size that was stated by itself goes before that of a shape. */
function overruledBatch({ batchSize }: TrainingSetup, ofShapes: number | undefined): string[] {
  if (ofShapes === undefined || ofShapes === batchSize.value) return [];
  return [`batch size ${batchSize.value}, as stated by itself, not the ${ofShapes} of the input shape`];
}

/** What was asked for and is not taken, and what takes the parameters that the optimizer refuses. */
function replaced({ optimizer, optimizerImplementation }: TrainingSetup, request: SetupRequest): string[] {
  const { value: name } = optimizer;
  const { others }: OptimizerSpec = OPTIMIZERS[name];
  const shared = others === undefined ? [] : [`optimizer ${name} for matrices, ${others} for all other parameters`];
  const asked = request.optimizerImplementation?.value;
  if (asked === undefined || asked === optimizerImplementation.value) return shared;
  return [...shared, `optimizer ${name} as ${optimizerImplementation.value}: it has no ${asked} implementation`];
}

/** More of the names of modules than this hides what is said of them. */
const MAX_CONTAINERS_LENGTH = 64;

/** Which blocks gradient checkpointing is taken to recompute, or that it finds none. */
function checkpointed({ gradientCheckpointing }: TrainingSetup, graph: Graph): string[] {
  if (gradientCheckpointing.value === 'none') return [];
  const blocks = repeatedBlocks(graph.layers);
  if (blocks.length === 0) return ['no gradient checkpointing: the file names no repeated blocks to recompute'];
  const containers = [...new Set(blocks.map(({ container }) => container))].join(', ');
  return [`gradient checkpointing of ${blocks.length} blocks: ${printable(containers, MAX_CONTAINERS_LENGTH)}`];
}
