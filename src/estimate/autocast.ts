/** What `torch.autocast` casts in front of an operator, and the dtype an operator computes in. */
import { isComplex } from '../graph/index.js';
import type { DType } from '../graph/index.js';
import type { AutocastClass, BoundLayer, TensorType } from '../ops/index.js';
import type { PlannedTensor } from './plan.js';
import { isCastable } from './precisions.js';
import type { PrecisionSpec } from './precisions.js';
import { promoted } from './promotion.js';

type Inputs = readonly (PlannedTensor | undefined)[];
type Types = readonly (TensorType | undefined)[];

interface Casting {
  readonly precision: PrecisionSpec;
  /** What the program casts to without saying so. */
  readonly narrowed: DType | undefined;
}

interface Computing {
  readonly precision: PrecisionSpec;
  /** True of an input that is a number of Python. */
  readonly isNumber: (index: number) => boolean;
}

/** What the inputs of a row are cast to, by its class (aten/src/ATen/autocast_mode.h: WrapFunction_). */
const CASTS: Readonly<Record<AutocastClass, (inputs: Inputs, precision: PrecisionSpec) => DType | undefined>> = {
  lower: (inputs, precision) => precision.autocast ?? unwidened(inputs, precision),
  fp32: (_, { autocast }) => autocast && 'float32',
  'fp32-output': () => undefined,
  promote: (inputs, { autocast }) =>
    inputs.some((input) => input?.type.dtype === 'float32') ? autocast && 'float32' : undefined,
  widest: () => undefined,
  keep: () => undefined,
};

/** What a row computes in, given what it reads. */
const COMPUTES: Partial<Record<AutocastClass, (types: Types, under: Computing) => DType | undefined>> = {
  'fp32-output': (types, { precision }) => (precision.autocast ? 'float32' : first(types)),
  promote: (types, { isNumber }) => promoted(types, isNumber),
  widest: (types, { isNumber }) => promoted(types, isNumber),
};

/** Autocast's lists name no operator that works in place: such a one computes in what it overwrites. */
function classOf({ layer, spec }: BoundLayer): AutocastClass {
  return layer.overwrites === undefined ? (spec?.autocast ?? 'keep') : 'keep';
}

/** The casts in front of a layer, by position. */
export function castsOf(bound: BoundLayer, inputs: Inputs, casting: Casting): readonly (DType | undefined)[] {
  const target = casting.narrowed ?? CASTS[classOf(bound)](inputs, casting.precision);
  if (!target) return [];
  return inputs.map((input) =>
    input && isCastable(input.type.dtype) && input.type.dtype !== target ? target : undefined,
  );
}

/** The dtype of what a layer puts out; undefined where it reads nothing that precision decides about. */
export function computedIn(bound: BoundLayer, types: Types, under: Computing): DType | undefined {
  const { layer } = bound;
  if (layer.type === 'CastLike') return types[1]?.dtype;
  // torch.get_default_dtype(), which a model's `to(torch.bfloat16)` does not touch.
  if (layer.attributes['default_dtype']) return 'float32';
  // Complex numbers are of two float32, which is what their parts and lengths are.
  if (types.some((type) => type && isComplex(type.dtype))) return 'float32';
  if (layer.overwrites !== undefined) return types[layer.overwrites]?.dtype;
  return COMPUTES[classOf(bound)]?.(types, under) ?? first(types);
}

const first = (types: Types): DType | undefined => types.find((type) => type && isCastable(type.dtype))?.dtype;

/**
 * Without autocast: the dtype of a trained weight where an input is wider. PyTorch refuses to multiply the two, so the
 * program casts the input back, which an export in float32 says nothing of (`hidden_states.to(self.weight.dtype)`).
 */
function unwidened(inputs: Inputs, { weights }: PrecisionSpec): DType | undefined {
  if (weights === undefined || weights === 'float32') return undefined;
  return inputs.some((input) => input?.isWeight && input.requiresGrad) ? weights : undefined;
}
