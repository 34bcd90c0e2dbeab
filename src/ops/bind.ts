import { bindDim, DTYPE_BITS } from '../graph/index.js';
import type { Bindings, Graph, Layer, Role, Tensor } from '../graph/index.js';
import type { BoundGraph, BoundLayer, BoundTensor } from './bound.js';
import { isCountable, requireOperands, specOf } from './index.js';
import { ShapeError } from './spec.js';
import type { ImpliedParameter, OpContext, OpSpec, TensorType } from './spec.js';

/** Whole shapes for graph inputs, which override what the file says. */
export type InputShapes = ReadonlyMap<string, readonly number[]>;

export interface BindOptions {
  readonly bindings: Bindings;
  readonly shapes?: InputShapes;
  /** Another target shape for a layer that reads one (Reshape, Expand, ConstantOfShape); undefined keeps its own. */
  readonly targetShape?: (context: OpContext) => readonly number[] | undefined;
}

/** Binds symbols, walks the graph once, infers every shape, folds small constants, inlines control flow. */
export function bindGraph(graph: Graph, options: BindOptions): BoundGraph {
  const binder = new Binder(options);
  binder.declare(graph, '', options.shapes);
  binder.walk(graph, '');
  return {
    name: graph.name,
    layers: binder.layers,
    tensors: binder.tensors,
    inputs: graph.inputs,
    outputs: graph.outputs,
    unknownOps: Object.fromEntries(binder.unknownOps),
    problems: binder.problems,
  };
}

/** Operators that read the shape of their output as a tensor, and at which input. */
export const TARGET_SHAPE_INPUTS: Readonly<Record<string, number>> = { Reshape: 1, Expand: 1, ConstantOfShape: 0 };

interface MutableContext extends OpContext {
  outputs: readonly TensorType[];
}

class Binder {
  readonly layers: BoundLayer[] = [];
  readonly tensors = new Map<string, BoundTensor>();
  readonly unknownOps = new Map<string, number>();
  readonly problems: { layer: string; message: string }[] = [];
  /** The prefix of the graph around each inlined body, by the body's own. */
  private readonly around = new Map<string, string>();
  /** Tensors whose known elements are a weight's, which training changes. */
  private readonly learned = new Set<string>();

  constructor(private readonly options: BindOptions) {}

  /** Enters everything a graph states but its activations, which the walk produces. */
  declare(graph: Graph, prefix: string, shapes: InputShapes = new Map()): void {
    for (const tensor of graph.tensors.values()) {
      if (tensor.role === 'activation') continue;
      const shape = shapes.get(tensor.id);
      this.tensors.set(prefix + tensor.id, {
        id: prefix + tensor.id,
        type: shape ? { dtype: tensor.dtype, shape } : this.stated(tensor),
        storage: prefix + tensor.storage,
        role: tensor.role,
        trainable: tensor.role === 'parameter' && tensor.trainable !== false,
        value: tensor.value,
      });
    }
  }

  walk(graph: Graph, prefix: string): void {
    for (const layer of graph.layers) this.bindLayer(graph, layer, prefix);
  }

  private bindLayer(graph: Graph, layer: Layer, prefix: string): void {
    const spec = specOf(layer.type);
    const named = prefix === '' ? layer : this.renamed(layer, prefix);
    const { outputs } = named;
    if (spec?.body) {
      this.inline(graph, named, prefix, spec.body(this.contextOf(named)));
      return;
    }
    const read = this.withBody(graph, named, { prefix, attribute: spec?.reads });
    const implied = this.implied(read, spec);
    const complete = implied ? this.withImplied(read, implied) : read;
    const context = this.retargeted(this.contextOf(complete));
    const values = implied ? this.run(complete, spec, context) : [];
    this.enterOutputs(graph, complete, { spec, context, values, prefix });
    const isKnown = outputs.length > 0 && outputs.every((id, index) => id === '' || values[index] !== undefined);
    const folded = isKnown && !this.isLearned(complete);
    this.layers.push({ layer: complete, spec, context, inputs: complete.inputs, outputs, folded });
  }

  private renamed(layer: Layer, prefix: string): Layer {
    return {
      ...layer,
      id: prefix + layer.id,
      inputs: layer.inputs.map((id) => this.resolve(id, prefix)),
      outputs: layer.outputs.map((id) => id && prefix + id),
    };
  }

  /** Arithmetic on weights alone, whose payload happens to be in the file; beside a shape, a vector is a scale. */
  private isLearned({ inputs, outputs }: Layer): boolean {
    const tensors = inputs.flatMap((id) => this.tensors.get(id) ?? []);
    const isWeight = ({ id, trainable }: BoundTensor): boolean => trainable || this.learned.has(id);
    if (!tensors.some(isWeight) || tensors.some((each) => each.role === 'activation' && !isWeight(each))) return false;
    for (const id of outputs) this.learned.add(id);
    return true;
  }

  /** Infers the output types into the context and returns the outputs' values, as far as they are known. */
  private run(
    layer: Layer,
    spec: OpSpec | undefined,
    context: MutableContext,
  ): readonly (readonly number[] | undefined)[] {
    if (!spec) this.unknownOps.set(layer.type, (this.unknownOps.get(layer.type) ?? 0) + 1);
    const types = spec && this.infer(layer, spec, context);
    if (!types) return [];
    context.outputs = types;
    return this.attempt(layer, () => spec.evaluate?.(context)) ?? [];
  }

  private enterOutputs(
    graph: Graph,
    layer: Layer,
    found: {
      spec: OpSpec | undefined;
      context: OpContext;
      values: readonly (readonly number[] | undefined)[];
      prefix: string;
    },
  ): void {
    const types = found.context.outputs;
    const isView = types.length > 0 && found.spec?.view?.(found.context) === true;
    const shared = isView ? 0 : layer.overwrites;
    const source = shared === undefined ? undefined : this.tensors.get(layer.inputs[shared] ?? '');
    layer.outputs.forEach((id, index) => {
      if (id === '') return;
      const declared = graph.tensors.get(id.slice(found.prefix.length));
      this.tensors.set(id, {
        id,
        type: types[index] ?? (declared && this.stated(declared)) ?? this.guessed(found.spec, layer),
        storage: source?.storage ?? id,
        role: 'activation',
        trainable: false,
        value: found.values[index],
      });
    });
  }

  /** Inner names are looked up inside first, then outwards, as ONNX scopes do. */
  private resolve(id: string, prefix: string): string {
    if (id === '') return id;
    for (let scope = prefix; scope !== ''; scope = this.around.get(scope) ?? '') {
      if (this.tensors.has(scope + id)) return scope + id;
    }
    return id;
  }

  private contextOf(layer: Layer): MutableContext {
    return {
      layer,
      inputs: layer.inputs.map((id) => this.tensors.get(id)?.type),
      outputs: [],
      outputCount: layer.outputs.length,
      value: (index) => this.tensors.get(layer.inputs[index] ?? '')?.value,
    };
  }

  private retargeted(context: MutableContext): MutableContext {
    const position = TARGET_SHAPE_INPUTS[context.layer.type];
    const target = position === undefined ? undefined : this.options.targetShape?.(context);
    return target ? { ...context, value: (index) => (index === position ? target : context.value(index)) } : context;
  }

  /** A body runs in place of its layer; an identity carries each of its outputs out. */
  private inline(graph: Graph, layer: Layer, prefix: string, attribute: string): void {
    const body = graph.subgraphs.get(`${layer.id.slice(prefix.length)}/${attribute}`);
    if (!body) {
      this.problems.push({ layer: layer.id, message: `${layer.type} has no ${attribute}` });
      return;
    }
    const inner = `${layer.id}/`;
    this.around.set(inner, prefix);
    this.declare(body, inner);
    this.walk(body, inner);
    layer.outputs.forEach((output, index) => {
      const source = this.resolve(body.outputs[index] ?? '', inner);
      const exit = {
        id: `${layer.id}/output_${index}`,
        type: 'Identity',
        inputs: [source],
        outputs: [output],
        attributes: {},
      };
      if (output !== '') this.bindLayer(graph, exit, '');
    });
  }

  /** The weights of a body that stays where it is become inputs of its layer. */
  private withBody(graph: Graph, layer: Layer, at: { prefix: string; attribute: string | undefined }): Layer {
    const body = at.attribute && graph.subgraphs.get(`${layer.id.slice(at.prefix.length)}/${at.attribute}`);
    if (!body) return layer;
    const inner = `${layer.id}/`;
    this.around.set(inner, at.prefix);
    const weights = new Set(this.weightsOf(body, inner));
    for (const id of layer.inputs) weights.delete(id);
    return { ...layer, inputs: [...layer.inputs, ...weights] };
  }

  private weightsOf(body: Graph, prefix: string): string[] {
    this.declare(body, prefix);
    const own = body.layers.flatMap(({ inputs }) => inputs.map((id) => this.resolve(id, prefix)));
    const inner = [...body.subgraphs].flatMap(([name, nested]) => {
      this.around.set(`${prefix}${name}/`, prefix);
      return this.weightsOf(nested, `${prefix}${name}/`);
    });
    return [...own.filter((id) => isWeight(this.tensors.get(id)?.role ?? 'activation')), ...inner];
  }

  /** Where the file carries no weights, the row says which the attributes imply; undefined where there can be none such. */
  private implied(layer: Layer, spec: OpSpec | undefined): readonly ImpliedParameter[] | undefined {
    if (!spec?.parameters) return [];
    const context = this.contextOf(layer);
    if (!context.inputs[0]) return [];
    return this.attempt(layer, () => {
      const implied = spec.parameters?.(context);
      implied?.forEach(check);
      return implied;
    });
  }

  /** The weights follow the layer's own inputs, the last of which is not an absent one. */
  private withImplied(layer: Layer, implied: readonly ImpliedParameter[]): Layer {
    if (implied.length === 0) return layer;
    const ids = implied.map((parameter, index) => this.addParameter(layer, parameter, index));
    const own = layer.inputs.slice(0, layer.inputs.findLastIndex((id) => id !== '') + 1);
    return { ...layer, inputs: [...own, ...ids] };
  }

  /** Weights of the same name share storage. */
  private addParameter(layer: Layer, parameter: ImpliedParameter, index: number): string {
    const id = `${layer.id}.${parameter.name}`;
    const frozen = (layer.attributes['trainable'] as readonly number[] | undefined)?.[index] === 0;
    const shared = (layer.attributes['parameter_names'] as readonly string[] | undefined)?.[index];
    this.tensors.set(id, {
      id,
      type: { dtype: parameter.dtype, shape: parameter.shape },
      storage: shared ? `shared:${shared}` : id,
      role: parameter.role,
      trainable: parameter.role === 'parameter' && !frozen,
      value: undefined,
    });
    return id;
  }

  /** Output types, or undefined behind an unknown input or where the inputs cannot be. */
  private infer(layer: Layer, spec: OpSpec, context: OpContext): readonly TensorType[] | undefined {
    if (layer.inputs.some((id, index) => id !== '' && !context.inputs[index])) return undefined;
    return this.attempt(layer, () => {
      requireOperands(context, spec);
      const types = spec.infer(context);
      types.forEach(check);
      return types;
    });
  }

  private attempt<T>(layer: Layer, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      this.problems.push({ layer: layer.id, message: error.message });
      return undefined;
    }
  }

  /** An operator nobody here knows is taken to keep the shape of its first input, as most do. */
  private guessed(spec: OpSpec | undefined, layer: Layer): TensorType | undefined {
    return spec ? undefined : this.tensors.get(layer.inputs[0] ?? '')?.type;
  }

  /** The type the file states, where every dim of it is bound. */
  private stated(tensor: Tensor): TensorType | undefined {
    const shape = tensor.shape?.map((dim) => bindDim(dim, this.options.bindings));
    const isBound = shape?.every((dim) => dim !== undefined) === true;
    return isBound && isCountable(shape) ? { dtype: tensor.dtype, shape } : undefined;
  }
}

/** What a row made of a layer's attributes, which may say anything. */
function check(type: TensorType): void {
  if (!isCountable(type.shape)) throw new ShapeError(`no tensor has the shape [${type.shape.slice(0, 8).join(', ')}]`);
  if (!Object.hasOwn(DTYPE_BITS, type.dtype)) throw new ShapeError(`"${String(type.dtype).slice(0, 64)}" is no dtype`);
}

/** The role that decides what happens to a tensor's memory. */
export function isWeight(role: Role): boolean {
  return role === 'parameter' || role === 'buffer';
}
