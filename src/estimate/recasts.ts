import type { DType } from '../graph/index.js';
import type { BoundGraph, BoundLayer } from '../ops/index.js';
import { bareCasts } from './bare-casts.js';
import { otherFactors } from './factors.js';
import type { PlannedTensor } from './plan.js';
import { isCastable } from './precisions.js';
import type { PrecisionSpec } from './precisions.js';
import { softmaxInputs } from './softmax-dtypes.js';
import type { SoftmaxInputs } from './softmax-dtypes.js';
import { uncastProducts } from './uncast-products.js';

/** What precision decides about a layer's inputs. */
export interface CastInputs {
  readonly inputs: readonly (PlannedTensor | undefined)[];
  /** What autocast casts them to first. */
  readonly casts: readonly (DType | undefined)[];
}

const LOW: ReadonlySet<DType> = new Set(['float16', 'bfloat16']);

/**
 * What the casts that a file itself holds come to under the chosen precision. `x.to(torch.float32)` is float32 whatever
 * the model's dtype (TensorConversions.cpp); `y.to(x.dtype)`, with which a norm, a softmax or a rotary embedding goes back, is
 * written down as the dtype that `x` had in the export. In a float32 file the two look alike: the second is the one whose
 * tensor stems from the first.
 */
export class Recasts {
  /** The dtype of the parameters in the file, where they are of one. */
  private readonly model: DType | undefined;
  /** Of tensors that stem from an upcast: the dtype before it, by name. */
  private readonly before = new Map<string, DType>();
  /** What stands before an upcast, by the name behind it. */
  private readonly upcasts = new Map<string, PlannedTensor>();
  /** The same of a cast from float32 to a low dtype. */
  private readonly downcasts = new Map<string, PlannedTensor>();
  /** Products with a parameter, and what they multiply with it. */
  private readonly weighted: ReadonlySet<BoundLayer>;
  private readonly scaled: ReadonlySet<string>;
  private readonly softmax: SoftmaxInputs;
  private readonly bare: ReadonlySet<string>;
  private readonly factors: ReadonlyMap<string, readonly string[]>;

  constructor(
    graph: BoundGraph,
    private readonly precision: PrecisionSpec,
    /** Those that are planned so far. */
    private readonly tensors: ReadonlyMap<string, PlannedTensor>,
  ) {
    const { weights } = precision;
    // A file that mixes dtypes says each of its casts.
    const isLow = weights !== undefined && (precision.autocast !== undefined || LOW.has(weights));
    // In float32 every cast is to float32, whatever it was.
    const within = isLow ? graph : { ...graph, layers: [] };
    this.factors = otherFactors(within);
    this.bare = bareCasts(within);
    this.softmax = softmaxInputs(within);
    this.weighted = uncastProducts(within);
    this.scaled = new Set([...this.weighted].flatMap(({ inputs }) => inputs));
    const parameters = [...graph.tensors.values()].filter(({ role }) => weights !== undefined && role === 'parameter');
    this.model = parameters.find(({ type }) => isCastable(type?.dtype))?.type?.dtype;
  }

  /**
   * In a float32 export `x.to(torch.float32)` is `x`, and what reads `x` from there on reads the cast: a residual, of which
   * a norm makes its upcast first. What meets a tensor in the low dtype is `x` itself, and so is what `type_as` names, and
   * what a norm scales that goes back in a branch: only the variance is computed of the upcast. What then meets one in
   * float32 is what was there before it was cast down: the state of a scan, of which a product reads a copy in the low dtype
   * (transformers, modeling_mamba.py: `ssm_state.to(dtype)`).
   */
  unaliased({ layer, outputs }: BoundLayer, inputs: CastInputs['inputs']): CastInputs['inputs'] {
    const isLow = inputs.some((input) => input && !input.isWeight && LOW.has(input.type.dtype));
    const isScaled = layer.type === 'Mul' && this.scaled.has(outputs[0] ?? '');
    const lowered = isLow || isScaled || layer.type === 'CastLike' ? renamed(inputs, this.upcasts) : inputs;
    const isWide = isLow && lowered.some((input) => input && !input.isWeight && input.type.dtype === 'float32');
    return isWide ? renamed(lowered, this.downcasts) : lowered;
  }

  /** The dtype that a Cast to a float casts to; undefined for any other layer. */
  targetOf(bound: BoundLayer, input: Pick<PlannedTensor, 'id' | 'type'> | undefined): DType | undefined {
    const to = bound.layer.attributes['to'] as DType | undefined;
    if (bound.layer.type !== 'Cast' || !input || !isCastable(to)) return undefined;
    const goesBack = to === this.model && (to !== 'float32' || this.isNarrowing(bound, input.type.dtype));
    return goesBack ? (this.before.get(input.id) ?? this.precision.weights) : to;
  }

  /** Of a cast to float32 in a float32 file, which is an upcast where there is something to widen. */
  private isNarrowing({ outputs: [output = ''] }: BoundLayer, dtype: DType): boolean {
    if (this.softmax.wide.has(output)) return false;
    if (this.bare.has(output)) return true;
    if (!isCastable(dtype)) return false;
    return !LOW.has(dtype) || this.softmax.narrow.has(output) || this.isRefused(output);
  }

  /**
   * Of a tensor that only products read whose other factors are in the low dtype: PyTorch would refuse it in float32
   * (transformers, modeling_gpt2.py: `attn_weights.type(value.dtype)` after the softmax).
   */
  private isRefused(id: string): boolean {
    if (this.precision.autocast) return false;
    const others = this.factors.get(id) ?? [];
    return others.length > 0 && others.every((other) => LOW.has(this.tensors.get(other)?.type.dtype ?? 'float32'));
  }

  /** The dtype of the weight of 16 bits that a norm multiplies with, having gone back to it without saying so. */
  narrowed(bound: BoundLayer, inputs: CastInputs['inputs']): DType | undefined {
    if (this.model !== 'float32' || !this.weighted.has(bound)) return undefined;
    return inputs.find((input) => input?.isWeight && LOW.has(input.type.dtype))?.type.dtype;
  }

  /** Remembers what the layer's outputs were before they were cast, or made of what was. */
  follow(bound: BoundLayer, read: CastInputs, dtype: DType | undefined): void {
    if (dtype === 'float32') this.followUp(bound, read);
    else if (dtype && LOW.has(dtype)) this.followDown(bound, read);
  }

  private followUp({ layer, outputs }: BoundLayer, read: CastInputs): void {
    const widened = widenedBy(read);
    const origin = widened?.type.dtype ?? this.originOf(read);
    if (origin === undefined) return;
    for (const id of outputs) {
      this.before.set(id, origin);
      if (widened && layer.type === 'Cast' && this.model === 'float32') this.upcasts.set(id, widened);
    }
  }

  private followDown({ layer, outputs: [output = ''] }: BoundLayer, { inputs: [source] }: CastInputs): void {
    if (layer.type !== 'Cast' || this.model !== 'float32' || !source || source.isWeight) return;
    if (source.type.dtype === 'float32') this.downcasts.set(output, source);
  }

  /** What all the float32 activations that a layer reads were before. */
  private originOf({ inputs }: CastInputs): DType | undefined {
    if (this.before.size === 0) return undefined;
    const wide = inputs.filter((input) => input && !input.isWeight && input.type.dtype === 'float32');
    const origins = new Set(wide.map((input) => this.before.get(input?.id ?? '')));
    return origins.size === 1 ? [...origins][0] : undefined;
  }
}

function renamed(inputs: CastInputs['inputs'], names: ReadonlyMap<string, PlannedTensor>): CastInputs['inputs'] {
  return inputs.map((input) => names.get(input?.id ?? '') ?? input);
}

/** The tensor in a low dtype of which a layer makes float32: a cast's own, or what autocast casts first. */
function widenedBy({ inputs, casts }: CastInputs): PlannedTensor | undefined {
  if (!inputs.some((input) => input && LOW.has(input.type.dtype))) return undefined;
  const real = inputs.flatMap((input) => (input && isCastable(input.type.dtype) ? [input] : []));
  const [first] = real;
  const isWidened = real.length === 1 || casts[0] === 'float32';
  return first && isWidened && LOW.has(first.type.dtype) ? first : undefined;
}
