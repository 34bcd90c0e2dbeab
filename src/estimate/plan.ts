import { bytesOf, carriesGradient } from '../graph/index.js';
import type { DType, Layer } from '../graph/index.js';
import { elements, iteratedType, tensorBytes } from '../ops/index.js';
import type {
  AutogradContext,
  BoundGraph,
  BoundLayer,
  GradientKind,
  OpContext,
  Saved,
  TensorType,
} from '../ops/index.js';
import { castsOf, computedIn } from './autocast.js';
import { behaviour, keptBefore } from './behaviour.js';
import { MadeTypes } from './made-types.js';
import { precisionFor } from './mixed-weights.js';
import { isCastable, PRECISIONS } from './precisions.js';
import type { PrecisionName, PrecisionSpec } from './precisions.js';
import { numbersIn } from './promotion.js';
import { Recasts } from './recasts.js';
import { unreadWeights } from './unread.js';

/** A tensor with its dtype under the chosen precision. */
export interface PlannedTensor {
  readonly id: string;
  /** Its place among the tensors of the plan. */
  readonly index: number;
  readonly type: TensorType;
  /** What it takes when it is allocated for itself. */
  readonly bytes: number;
  readonly storage: string;
  readonly requiresGrad: boolean;
  /** True for parameters, buffers and constants, and for views of them. */
  readonly isWeight: boolean;
  /** True where no layer made it. */
  readonly isLeaf: boolean;
}

/** What one layer does in a training step, decided once for all iterations. */
export interface PlannedLayer {
  readonly id: string;
  readonly bound: BoundLayer;
  /** By position; undefined where absent or unknown. */
  readonly inputs: readonly (PlannedTensor | undefined)[];
  /** In the dtype the operator sees. */
  readonly inputBytes: readonly (number | undefined)[];
  /** The inputs, each once. */
  readonly reads: readonly PlannedTensor[];
  /** The dtype autocast casts an input to before the operator runs, by position. */
  readonly casts: readonly (DType | undefined)[];
  /** The outputs that take memory: those that somebody reads. */
  readonly outputs: readonly PlannedTensor[];
  readonly view: boolean;
  /** The input whose memory the outputs are: of a view, or of an operator that works in place. */
  readonly aliased: number | undefined;
  readonly saved: readonly Saved[];
  readonly gradients: readonly GradientKind[];
  readonly forwardScratchBytes: number;
  readonly backwardScratchBytes: number;
  /** True where autograd records the layer. */
  readonly tracked: boolean;
  /** The context with the dtypes the operator really sees. */
  readonly context: AutogradContext;
}

export interface Plan {
  readonly layers: readonly PlannedLayer[];
  readonly tensors: ReadonlyMap<string, PlannedTensor>;
  /** How many layers read each tensor, plus one for a graph output. */
  readonly readers: ReadonlyMap<string, number>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Weights that are loaded and that no layer reads. */
  readonly unread: readonly PlannedTensor[];
  /** Tensors whose elements count as parameters. */
  readonly parameters: ReadonlySet<string>;
  readonly precision: PrecisionSpec;
}

/** Decides dtypes, what requires a gradient, and what each layer allocates and keeps. */
export function planStep(graph: BoundGraph, name: PrecisionName): Plan {
  const precision = precisionFor(graph, PRECISIONS[name]);
  const planner = new Planner(graph, precision);
  const layers = graph.layers.filter((layer) => !layer.folded).map((layer) => planner.plan(layer));
  return {
    layers,
    tensors: planner.tensors,
    readers: planner.readers,
    inputs: graph.inputs,
    outputs: graph.outputs,
    unread: unreadWeights(graph).flatMap(({ id }) => planner.tensors.get(id) ?? []),
    parameters: planner.parameters,
    precision,
  };
}

class Planner {
  readonly tensors = new Map<string, PlannedTensor>();
  readonly readers = new Map<string, number>();
  readonly parameters = new Set<string>();
  private readonly recasts: Recasts;
  private readonly made: MadeTypes;

  constructor(
    private readonly graph: BoundGraph,
    private readonly precision: PrecisionSpec,
  ) {
    this.recasts = new Recasts(graph, precision, this.tensors);
    this.made = new MadeTypes(graph, precision, this.recasts);
    const count = (id: string): unknown => this.readers.set(id, (this.readers.get(id) ?? 0) + 1);
    for (const { inputs, folded } of graph.layers) if (!folded) distinct(inputs).forEach(count);
    graph.outputs.forEach(count);
    for (const tensor of graph.tensors.values()) {
      if (!tensor.type || tensor.role === 'activation') continue;
      // A small known constant is an argument on the host, not a tensor of the model.
      if (tensor.role === 'constant' && tensor.value) continue;
      if (tensor.role === 'parameter') this.parameters.add(tensor.id);
      const type = this.weightType(tensor.type);
      this.tensors.set(tensor.id, {
        id: tensor.id,
        index: this.tensors.size,
        type,
        bytes: tensorBytes(type),
        storage: tensor.storage,
        requiresGrad: tensor.trainable,
        isWeight: tensor.role !== 'input',
        isLeaf: true,
      });
    }
  }

  plan(bound: BoundLayer): PlannedLayer {
    const inputs = this.read(bound);
    const narrowed = this.recasts.narrowed(bound, inputs);
    const casts = castsOf(bound, inputs, { precision: this.precision, narrowed });
    const types = inputs.map((input, index) => {
      const type = input?.type ?? this.made.of(bound, index);
      return type && castTo(type, casts[index]);
    });
    const to = this.recasts.targetOf(bound, inputs[0]);
    const seen: OpContext = { ...bound.context, layer: castingTo(to, bound.context.layer), inputs: types };
    const outputs = this.outputTypes(bound, seen, to);
    this.recasts.follow(bound, { inputs, casts }, outputs[0]?.dtype);
    const context: AutogradContext = {
      ...seen,
      outputs,
      requiresGrad: (index) => inputs[index]?.requiresGrad === true,
    };
    // A row is not asked about a layer whose output shapes could not be inferred.
    const spec = bound.context.outputs.length > 0 ? bound.spec : undefined;
    const { gradients, tracked, view, scratch, saved } = behaviour(spec, context);
    const { overwrites = -1 } = bound.layer;
    const aliased = view ? 0 : casts[overwrites] === undefined && inputs[overwrites] ? overwrites : undefined;
    return {
      id: bound.layer.id,
      bound,
      inputs,
      inputBytes: inputs.map((input, index) => {
        const dtype = casts[index];
        return input && dtype ? bytesOf(dtype, elements(input.type.shape)) : input?.bytes;
      }),
      reads: distinct(inputs).filter((input) => input !== undefined),
      casts,
      outputs: this.enterOutputs(bound, outputs, { tracked, view, source: inputs[aliased ?? -1], of: types[0] }),
      view,
      aliased,
      saved: saved.map((each) => this.keptUnread(bound, view ? each : keptBefore(each, context, aliased), outputs)),
      gradients,
      forwardScratchBytes: scratch.forward ?? 0,
      backwardScratchBytes: scratch.backward ?? 0,
      tracked,
      context,
    };
  }

  /** What a layer really reads, and one reader less for what it does not. */
  private read(bound: BoundLayer): readonly (PlannedTensor | undefined)[] {
    const named = bound.inputs.map((id) => this.tensors.get(id));
    const inputs = this.recasts.unaliased(bound, named);
    if (inputs === named) return named;
    const count =
      (step: 1 | -1) =>
      (tensor: PlannedTensor | undefined): void => {
        if (tensor) this.readers.set(tensor.id, (this.readers.get(tensor.id) ?? 0) + step);
      };
    new Set(named).forEach(count(-1));
    new Set(inputs).forEach(count(1));
    return inputs;
  }

  private weightType(type: TensorType): TensorType {
    const { weights } = this.precision;
    return weights && isCastable(type.dtype) ? withDType(type, weights) : type;
  }

  /** Output types as inferred, in the dtype the inputs now promote to, or in that of a cast. */
  private outputTypes(bound: BoundLayer, seen: OpContext, to: DType | undefined): TensorType[] {
    const isNumber = numbersIn(this.graph, bound);
    const dtype = computedIn(bound, seen.inputs, { precision: this.precision, isNumber });
    const computed = to ?? dtype ?? this.precision.weights;
    const inferred = inferredFrom(bound, seen);
    return bound.outputs.map((id, index) => {
      const type = inferred[index] ?? this.graph.tensors.get(id)?.type ?? { dtype: 'float32', shape: [0] };
      return computed && isCastable(type.dtype) ? withDType(type, computed) : type;
    });
  }

  /** The first output is there in any case, others where somebody reads them. */
  private isHeld(id: string, index: number): boolean {
    return id !== '' && (index === 0 || this.readers.has(id));
  }

  /** An output that nobody reads and backward needs: the positions of maxima. */
  private keptUnread(bound: BoundLayer, saved: Saved, types: readonly TensorType[]): Saved {
    const type = saved.from === 'output' ? types[saved.index] : undefined;
    if (saved.from !== 'output' || !type || this.isHeld(bound.outputs[saved.index] ?? '', saved.index)) return saved;
    return { from: 'new', what: 'indices', type };
  }

  private enterOutputs(
    bound: BoundLayer,
    types: readonly TensorType[],
    how: { tracked: boolean; view: boolean; source: PlannedTensor | undefined; of: TensorType | undefined },
  ): PlannedTensor[] {
    const entered: PlannedTensor[] = [];
    // A view of what is no tensor of the model, a small constant, is as large as that.
    const viewed = how.view && !how.source ? how.of : undefined;
    bound.outputs.forEach((id, index) => {
      const type = types[index];
      if (!type || !this.isHeld(id, index)) return;
      const planned = {
        id,
        index: this.tensors.size,
        type,
        bytes: tensorBytes(viewed ?? type),
        storage: how.source?.storage ?? id,
        requiresGrad: how.tracked && carriesGradient(type.dtype),
        isWeight: how.view && how.source?.isWeight === true,
        isLeaf: false,
      };
      this.tensors.set(id, planned);
      entered.push(planned);
    });
    return entered;
  }
}

/** More than these are not compared each with each. */
const FEW = 8;

function distinct<T>(items: readonly T[]): readonly T[] {
  return items.length > FEW ? [...new Set(items)] : items.filter((item, index) => items.indexOf(item) === index);
}

/**
 * As bound, unless precision shows the row other types: kernels of 16 bits lay out what they put out in their own way, and
 * what follows is a view or a copy by that.
 */
function inferredFrom({ spec, context }: BoundLayer, seen: OpContext): readonly TensorType[] {
  if (!spec || context.outputs.length === 0) return context.outputs;
  const isLaidOut = seen.inputs.every((type, index) => {
    const bound = context.inputs[index];
    return type === bound || (!spec.laidOutByDType && type?.shape === bound?.shape && type?.strides === bound?.strides);
  });
  return isLaidOut ? context.outputs : spec.infer(seen);
}

/** `to(dtype)` in front of an operator: a copy that is laid out as its source is but for gaps. */
function castTo(type: TensorType, dtype: DType | undefined): TensorType {
  if (dtype === undefined || type.dtype === dtype) return type;
  return type.strides === undefined ? withDType(type, dtype) : iteratedType([type], dtype);
}

function castingTo(to: DType | undefined, layer: Layer): Layer {
  return to === undefined ? layer : { ...layer, attributes: { ...layer.attributes, to } };
}

function withDType(type: TensorType, dtype: DType): TensorType {
  return type.dtype === dtype ? type : { ...type, dtype };
}
