import { bindDim, formatDim, printable, symbolsOf } from '../graph/index.js';
import type { Dim, DType, Graph, Tensor } from '../graph/index.js';
import { defaultLossOf } from './default-loss.js';
import { FRAMEWORKS } from './frameworks.js';
import { batchOfShapes, contradiction, shapesFor, staticBatch, withBatch } from './input-shapes.js';
import type { LossName } from './losses.js';
import { defaultImplementation, OPTIMIZERS } from './optimizers.js';
import type { OptimizerSpec } from './optimizers.js';
import { outsideRanges } from './ranges.js';
import { repeatedBlocks } from './segments.js';
import { SETUP_DEFAULTS } from './setup.js';
import type { SetupRequest, Sourced, TrainingSetup } from './setup.js';
import { UnboundError } from './unbound.js';

/** The setup of an estimate, and what it makes of the graph's free dimensions. */
export interface ResolvedSetup {
  readonly setup: TrainingSetup;
  readonly bindings: ReadonlyMap<string, number>;
  /** Whole shapes for inputs, where the request gave them. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The batch size baked into the file, where it is a number. */
  readonly fileBatch: number | undefined;
  /** How the request contradicts what the file fixes, where it does. */
  readonly contradiction: string | undefined;
  readonly assumptions: readonly string[];
}

const BATCH_NAME = /batch|^b$|^n$|^bs$/i;
const SEQUENCE_NAME = /seq|len|token|time|^s$|^t$/i;

/** Takes every value from the request, else from the file, else from the defaults, and says which. */
export function resolveSetup(graph: Graph, request: SetupRequest): ResolvedSetup {
  const inputs = graph.inputs.flatMap((id) => graph.tensors.get(id) ?? []);
  const given = shapesFor(inputs, request.inputShapes?.value ?? {});
  const fileBatch = graph.hints.batchSize ?? staticBatch(inputs);
  const setup = fillIn(graph, request, { fileBatch, shapeBatch: batchOfShapes(inputs, given) });
  const binder = new SymbolBinder(setup);
  const shapes = new Map<string, readonly number[]>();
  for (const tensor of inputs) {
    const shape = given.get(tensor.id);
    if (shape) shapes.set(tensor.id, withBatch(tensor, shape, setup.batchSize.value));
    else binder.bindInput(tensor);
  }
  return {
    setup,
    bindings: binder.bindings,
    shapes,
    fileBatch,
    contradiction: contradiction(inputs, shapes),
    assumptions: [
      ...binder.assumptions,
      ...outsideRanges(graph, { bindings: binder.bindings, shapes }),
      ...stated(setup, graph),
      ...replaced(setup, request),
      ...checkpointed(setup, graph),
      ...FRAMEWORKS[setup.framework.value].assumptions,
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

/** A file whose weights are bfloat16 is trained so. */
function precisionOf(graph: Graph): 'bf16' | undefined {
  return hasWeightsIn('bfloat16', graph) ? 'bf16' : undefined;
}

function hasWeightsIn(dtype: DType, { tensors }: Graph): boolean {
  const parameters = [...tensors.values()].filter(({ role }) => role === 'parameter');
  return parameters.length > 0 && parameters.every((parameter) => parameter.dtype === dtype);
}

/** What to say of a loss that has an alternative. */
const ASSUMED_LOSS: Readonly<Partial<Record<LossName, string>>> = {
  'next-token':
    "next-token loss on the graph's output, from a copy of the shifted logits; where labels are shifted: --loss cross-entropy",
};

/** What a report must say of values that nobody gave. */
function stated(setup: TrainingSetup, graph: Graph): string[] {
  const assumptions: string[] = [...(graph.hints.assumptions ?? [])];
  if (setup.batchSize.from === 'default') {
    assumptions.push(`batch size ${setup.batchSize.value}: neither the request nor the file states one`);
  }
  if (setup.batchSize.from === 'file' && graph.hints.batchSize === undefined) {
    assumptions.push(`batch size ${setup.batchSize.value}: what the file was exported with`);
  }
  if (setup.precision.from === 'default' && hasWeightsIn('float16', graph)) {
    assumptions.push('float32 weights in place of the float16 of the file, which needs a scaled loss: say --precision');
  }
  if (setup.loss.from === 'default' && graph.hints.hasLoss !== true) {
    assumptions.push(ASSUMED_LOSS[setup.loss.value] ?? `${setup.loss.value} loss on the graph's output`);
  }
  return assumptions;
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

/** Which blocks gradient checkpointing is taken to recompute, or that it finds none. */
function checkpointed({ gradientCheckpointing }: TrainingSetup, graph: Graph): string[] {
  if (gradientCheckpointing.value === 'none') return [];
  const blocks = repeatedBlocks(graph.layers);
  if (blocks.length === 0) return ['no gradient checkpointing: the file names no repeated blocks to recompute'];
  const containers = [...new Set(blocks.map(({ container }) => container))].join(', ');
  return [`gradient checkpointing of ${blocks.length} blocks: ${printable(containers, MAX_NAME_LENGTH)}`];
}

/** Gives every symbol of the inputs a value, by its name first, by where it stands second. */
class SymbolBinder {
  readonly bindings = new Map<string, number>();
  readonly assumptions: string[] = [];

  constructor(private readonly setup: TrainingSetup) {}

  bindInput(tensor: Tensor): void {
    if (!tensor.shape) {
      throw new UnboundError(`input "${tensor.id}" has no shape in the file: give --input-shape ${tensor.id}=…`);
    }
    tensor.shape.forEach((dim, axis) => {
      for (const name of symbolsOf(dim)) if (!this.bindings.has(name)) this.bindSymbol(tensor, name, axis);
      this.checkBound(tensor, dim);
    });
  }

  private bindSymbol(tensor: Tensor, name: string, axis: number): void {
    const rule = BINDING_RULES.find(({ applies }) => applies(tensor, name, axis));
    if (!rule) {
      throw new UnboundError(
        `input "${tensor.id}" has a free dimension "${name}": give --input-shape ${tensor.id}=${exampleShape(tensor)}`,
      );
    }
    const { value, note } = rule.bind(this.setup, name);
    this.bindings.set(name, value);
    if (note !== undefined) this.assumptions.push(note);
  }

  private checkBound(tensor: Tensor, dim: Dim): void {
    const value = bindDim(dim, this.bindings);
    if (value === undefined || value < 1 || !Number.isInteger(value)) {
      throw new UnboundError(`input "${tensor.id}" has the dimension ${formatDim(dim)}, which is ${String(value)}`);
    }
  }
}

interface BindingRule {
  readonly applies: (tensor: Tensor, name: string, axis: number) => boolean;
  readonly bind: (setup: TrainingSetup, name: string) => { value: number; note?: string };
}

const rankOf = (tensor: Tensor): number => tensor.shape?.length ?? 0;

/** More of a symbol's name than this hides what is said of it. */
const MAX_NAME_LENGTH = 64;

const assumed = (value: number, what: string): { value: number; note: string } => ({
  value,
  note: `${what} ${value}: the file leaves it free; say --input-shape to change it`,
});

/** First match wins. */
const BINDING_RULES: readonly BindingRule[] = [
  { applies: (_, name) => BATCH_NAME.test(name), bind: ({ batchSize }) => ({ value: batchSize.value }) },
  { applies: (_, name) => SEQUENCE_NAME.test(name), bind: sequence },
  { applies: (_, __, axis) => axis === 0, bind: ({ batchSize }) => ({ value: batchSize.value }) },
  { applies: (tensor, _, axis) => rankOf(tensor) <= 3 && axis === 1, bind: sequence },
  {
    applies: (tensor, _, axis) => rankOf(tensor) === 4 && axis === 1,
    bind: () => assumed(SETUP_DEFAULTS.channels, 'input channels'),
  },
  {
    applies: (tensor, _, axis) => rankOf(tensor) === 4 && axis > 1,
    bind: (_, name) => assumed(SETUP_DEFAULTS.imageSize, `input ${printable(name, MAX_NAME_LENGTH)}`),
  },
];

function sequence({ sequenceLength }: TrainingSetup): { value: number; note?: string } {
  const { value, from } = sequenceLength;
  return from === 'default' ? { value, note: `sequence length ${value}: nobody states one` } : { value };
}

function exampleShape(tensor: Tensor): string {
  return (tensor.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 'N')).join('x');
}
