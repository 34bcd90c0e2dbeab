import type { DType } from '../graph/index.js';
import type { BoundGraph, BoundLayer } from '../ops/index.js';
import type { PlannedTensor } from './plan.js';
import { isCastable } from './precisions.js';

/** What precision decides about a layer's inputs. */
export interface CastInputs {
  readonly inputs: readonly (PlannedTensor | undefined)[];
  /** What autocast casts them to first. */
  readonly casts: readonly (DType | undefined)[];
}

const CASTS: ReadonlySet<string> = new Set(['Cast', 'CastLike']);
const LOW: ReadonlySet<DType> = new Set(['float16', 'bfloat16']);

/**
 * What the casts that a file itself holds come to under the chosen precision. `x.to(torch.float32)` is float32 whatever
 * the model's dtype (TensorConversions.cpp); `y.to(x.dtype)`, with which a norm, a softmax or a rotary embedding goes back, is
 * written down as the dtype that `x` had in the export. In a float32 file the two look alike: the second is the one whose
 * tensor stems from the first.
 */
export class Recasts {
  /** The dtype of the parameters in the file. */
  private readonly model: DType | undefined;
  /** Of tensors that stem from an upcast: the dtype before it, by name. */
  private readonly before = new Map<string, DType>();
  /** What stands before an upcast, by the name behind it. */
  private readonly upcasts = new Map<string, PlannedTensor>();
  /** What the program itself casts. */
  private readonly cast: ReadonlySet<string>;

  constructor(
    private readonly graph: BoundGraph,
    private readonly weights: DType,
  ) {
    const { layers, tensors } = graph;
    this.cast = new Set(layers.flatMap(({ layer, inputs }) => (CASTS.has(layer.type) ? inputs : [])));
    this.model = [...tensors.values()].find(({ role, type }) => role === 'parameter' && isCastable(type?.dtype))?.type
      ?.dtype;
  }

  /**
   * In a float32 export `x.to(torch.float32)` is `x`, and what reads `x` from there on reads the cast: a residual, of which
   * a norm makes its upcast first. What meets a tensor in the low dtype is `x` itself, and so is what `type_as` names.
   */
  unaliased({ layer }: BoundLayer, inputs: CastInputs['inputs']): CastInputs['inputs'] {
    const isLow = inputs.some((input) => input && !input.isWeight && LOW.has(input.type.dtype));
    return isLow || layer.type === 'CastLike'
      ? inputs.map((input) => this.upcasts.get(input?.id ?? '') ?? input)
      : inputs;
  }

  /** The dtype that a Cast to a float casts to; undefined for any other layer. */
  targetOf({ layer }: BoundLayer, [input]: CastInputs['inputs']): DType | undefined {
    const to = layer.attributes['to'] as DType | undefined;
    if (layer.type !== 'Cast' || !input || !isCastable(to) || !isCastable(input.type.dtype)) return undefined;
    const isUpcast = to === 'float32' && (LOW.has(input.type.dtype) || this.model !== 'float32');
    if (isUpcast || to !== this.model) return to;
    return this.before.get(input.id) ?? this.weights;
  }

  /**
   * The dtype of a parameter of 16 bits that multiplies something wider. A norm goes back from float32 where its weight
   * is of 16 bits, in a branch that a float32 export does not take (transformers, modeling_t5.py: T5LayerNorm, and
   * IdeficsRMSNorm). One that casts the product goes back there (modeling_olmo2.py).
   */
  narrowed({ layer, inputs, outputs }: BoundLayer, read: CastInputs['inputs']): DType | undefined {
    if (layer.type !== 'Mul' || this.model !== 'float32' || outputs.some((id) => this.cast.has(id))) return undefined;
    const weight = read.find((_, index) => this.graph.tensors.get(inputs[index] ?? '')?.role === 'parameter');
    return weight && LOW.has(weight.type.dtype) ? weight.type.dtype : undefined;
  }

  /** Remembers what the layer's float32 outputs were before they were that. */
  follow({ layer, outputs }: BoundLayer, read: CastInputs, dtype: DType | undefined): void {
    if (dtype !== 'float32') return;
    const widened = widenedBy(read);
    const origin = widened?.type.dtype ?? this.originOf(read);
    if (origin === undefined) return;
    for (const id of outputs) {
      this.before.set(id, origin);
      if (widened && layer.type === 'Cast' && this.model === 'float32') this.upcasts.set(id, widened);
    }
  }

  /** What all the float32 activations that a layer reads were before. */
  private originOf({ inputs }: CastInputs): DType | undefined {
    const wide = inputs.filter((input) => input && !input.isWeight && input.type.dtype === 'float32');
    const origins = new Set(wide.map((input) => this.before.get(input?.id ?? '')));
    return origins.size === 1 ? [...origins][0] : undefined;
  }
}

/** The tensor in a low dtype of which a layer makes float32: a cast's own, or what autocast casts first. */
function widenedBy({ inputs, casts }: CastInputs): PlannedTensor | undefined {
  const real = inputs.flatMap((input) => (input && isCastable(input.type.dtype) ? [input] : []));
  const [first] = real;
  const isWidened = real.length === 1 || casts[0] === 'float32';
  return first && isWidened && LOW.has(first.type.dtype) ? first : undefined;
}
