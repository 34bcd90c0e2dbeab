import { bytesOf, isFloating } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import { elements, isDifferentiable, tensorBytes } from '../ops/index.js';
import type {
  AutogradContext,
  BoundGraph,
  BoundLayer,
  GradientKind,
  OpSpec,
  Saved,
  Temporaries,
  TensorType,
} from '../ops/index.js';
import { PRECISIONS } from './precisions.js';
import type { PrecisionName, PrecisionSpec } from './precisions.js';

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
  /** Tensors whose elements count as parameters. */
  readonly parameters: ReadonlySet<string>;
  readonly precision: PrecisionSpec;
}

/** Decides dtypes, what requires a gradient, and what each layer allocates and keeps. */
export function planStep(graph: BoundGraph, precision: PrecisionName): Plan {
  const planner = new Planner(graph, PRECISIONS[precision]);
  const layers = graph.layers.filter((layer) => !layer.folded).map((layer) => planner.plan(layer));
  return {
    layers,
    tensors: planner.tensors,
    readers: planner.readers,
    inputs: graph.inputs,
    outputs: graph.outputs,
    parameters: planner.parameters,
    precision: PRECISIONS[precision],
  };
}

class Planner {
  readonly tensors = new Map<string, PlannedTensor>();
  readonly readers = new Map<string, number>();
  readonly parameters = new Set<string>();

  constructor(
    private readonly graph: BoundGraph,
    private readonly precision: PrecisionSpec,
  ) {
    const count = (id: string): unknown => this.readers.set(id, (this.readers.get(id) ?? 0) + 1);
    for (const layer of graph.layers) if (!layer.folded) new Set(layer.inputs).forEach(count);
    graph.outputs.forEach(count);
    for (const tensor of graph.tensors.values()) {
      if (!tensor.type || tensor.role === 'activation') continue;
      // A small known constant is an argument on the host, not a tensor of the model.
      if (tensor.role === 'constant' && tensor.value) continue;
      if (tensor.role === 'parameter' && this.readers.has(tensor.id)) this.parameters.add(tensor.id);
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
    const inputs = bound.inputs.map((id) => this.tensors.get(id));
    const casts = this.casts(bound, inputs);
    const types = inputs.map((input, index) => {
      const type = input?.type ?? bound.context.inputs[index];
      return type && withDType(type, casts[index] ?? type.dtype);
    });
    const outputs = this.outputTypes(bound, types);
    const context: AutogradContext = {
      ...bound.context,
      inputs: types,
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
      reads: inputs.filter((input, index) => input && inputs.indexOf(input) === index) as PlannedTensor[],
      casts,
      outputs: this.enterOutputs(bound, outputs, { tracked, view, source: inputs[aliased ?? -1] }),
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

  private weightType(type: TensorType): TensorType {
    const isFloat = type.dtype === 'float32' || type.dtype === 'float16' || type.dtype === 'bfloat16';
    return isFloat ? withDType(type, this.precision.weights) : type;
  }

  /** The casts of `torch.autocast` in front of a layer. */
  private casts(bound: BoundLayer, inputs: readonly (PlannedTensor | undefined)[]): (DType | undefined)[] {
    const lower = this.precision.autocast;
    const kind = bound.spec?.autocast ?? 'keep';
    const target = kind === 'lower' ? lower : kind === 'fp32' ? 'float32' : undefined;
    if (!lower || !target) return [];
    return inputs.map((input) =>
      input && isCastable(input.type.dtype) && input.type.dtype !== target ? target : undefined,
    );
  }

  /** Output types as inferred, in the dtype the inputs now promote to. */
  private outputTypes(bound: BoundLayer, inputs: readonly (TensorType | undefined)[]): TensorType[] {
    const first = inputs.find((type) => type && isCastable(type.dtype));
    const dtype = bound.spec?.autocast === 'widest' ? promoted(inputs) : first?.dtype;
    const computed = dtype ?? this.precision.weights;
    return bound.outputs.map((id, index) => {
      const type = bound.context.outputs[index] ?? this.graph.tensors.get(id)?.type ?? { dtype: 'float32', shape: [0] };
      return isCastable(type.dtype) ? withDType(type, computed) : type;
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
    how: { tracked: boolean; view: boolean; source: PlannedTensor | undefined },
  ): PlannedTensor[] {
    const entered: PlannedTensor[] = [];
    bound.outputs.forEach((id, index) => {
      const type = types[index];
      if (!type || !this.isHeld(id, index)) return;
      const planned = {
        id,
        index: this.tensors.size,
        type,
        bytes: tensorBytes(type),
        storage: how.source?.storage ?? id,
        requiresGrad: how.tracked && isFloating(type.dtype),
        isWeight: how.view && how.source?.isWeight === true,
        isLeaf: false,
      };
      this.tensors.set(id, planned);
      entered.push(planned);
    });
    return entered;
  }
}

/**
 * What an operator saves of an input that it overwrites, it copies first (torch/csrc/autograd/VariableTypeUtils.h and
 * gen_variable_type.py: `original_self`).
 */
function keptBefore(saved: Saved, { inputs }: AutogradContext, overwritten: number | undefined): Saved {
  const type = saved.from === 'input' && saved.index === overwritten ? inputs[saved.index] : undefined;
  return type ? { from: 'new', what: 'copy', type: { dtype: type.dtype, shape: type.shape } } : saved;
}

/** What a layer's row says of it; an unknown one is taken to differentiate and keep its first input. */
function behaviour(
  spec: OpSpec | undefined,
  context: AutogradContext,
): { gradients: GradientKind[]; tracked: boolean; view: boolean; scratch: Temporaries; saved: readonly Saved[] } {
  const gradients = gradientKinds(spec, context);
  const tracked = isTracked(context, gradients);
  return {
    gradients,
    tracked,
    view: spec?.view?.(context) === true,
    scratch: spec?.temporaries?.(context) ?? {},
    saved: tracked ? savedBy(spec, context) : [],
  };
}

function gradientKinds(spec: OpSpec | undefined, context: AutogradContext): GradientKind[] {
  const stated = spec?.gradients?.(context);
  return context.inputs.map((type, index) => {
    if (!isDifferentiable(type)) return 'none';
    return stated ? (stated[index] ?? 'none') : 'new';
  });
}

/** Autograd records a layer whose output can carry a gradient back to something that wants one. */
function isTracked(context: AutogradContext, gradients: readonly GradientKind[]): boolean {
  const wanted = gradients.some((kind, index) => kind !== 'none' && context.requiresGrad(index));
  return wanted && isDifferentiable(context.outputs[0]);
}

function withDType(type: TensorType, dtype: DType): TensorType {
  return type.dtype === dtype ? type : { ...type, dtype };
}

/** float64 and integers are never touched by autocast or by the choice of a weight dtype. */
function isCastable(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16';
}

/**
 * The dtype several floating inputs promote to; numbers and tensors without dims decide only among themselves
 * (aten/src/ATen/native/TypeProperties.cpp, result_type).
 */
function promoted(types: readonly (TensorType | undefined)[]): DType | undefined {
  const floating = types.filter((type) => type !== undefined && isCastable(type.dtype));
  const dimensioned = floating.filter((type) => type && type.shape.length > 0);
  const deciding = dimensioned.length > 0 ? dimensioned : floating;
  const dtypes = new Set(deciding.flatMap((type) => type?.dtype ?? []));
  return dtypes.size > 1 ? 'float32' : [...dtypes][0];
}

/** An operator nobody here knows is taken to keep its first input, as most do. */
function savedBy(spec: OpSpec | undefined, context: AutogradContext): readonly Saved[] {
  if (!spec) return context.inputs[0] ? [{ from: 'input', index: 0 }] : [];
  return spec.saves?.(context) ?? [];
}
