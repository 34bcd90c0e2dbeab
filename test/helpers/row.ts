import type { Attributes, DType } from '../../src/graph/index.js';
import type { AutogradContext, OpSpec, Saved, TensorType } from '../../src/ops/spec.js';

/** `4x3` is a float32 tensor, `4 int64` one of another dtype, `-` an absent input, `scalar` one of rank 0. */
export function type(text: string): TensorType | undefined {
  if (text === '-') return undefined;
  const [shape = '', dtype = 'float32'] = text.split(' ');
  return { dtype: dtype as DType, shape: shape === 'scalar' ? [] : shape.split('x').map(Number) };
}

export interface RowResult {
  /** `4x3`, or `4x3 int64` where it is not float32. */
  readonly outputs: readonly string[];
  readonly parameters: readonly string[];
  /** `input 0`, `output 0`, or `mask 4x3 bool`. */
  readonly saves: readonly string[];
  readonly flops: number;
  /** Temporaries. */
  readonly bytes: { readonly forward: number; readonly backward: number };
  readonly context: AutogradContext;
}

const show = ({ dtype, shape }: TensorType): string =>
  `${shape.length === 0 ? 'scalar' : shape.join('x')}${dtype === 'float32' ? '' : ` ${dtype}`}`;

const showSaved = (saved: Saved): string =>
  saved.from === 'new' ? `${saved.what} ${show(saved.type)}` : `${saved.from} ${saved.index}`;

/** What a row is run with: attributes, how many outputs the layer names, and the inputs that need no gradient. */
export interface RowOptions {
  readonly attributes?: Attributes;
  readonly outputCount?: number;
  readonly constants?: readonly number[];
}

function contextOf(
  inputs: readonly string[],
  { attributes = {}, outputCount = 1, constants = [] }: RowOptions,
): AutogradContext {
  return {
    layer: { id: 'x', type: 'Row', inputs: [], outputs: [], attributes },
    inputs: inputs.map(type),
    outputs: [],
    outputCount,
    value: () => undefined,
    requiresGrad: (index) => !constants.includes(index),
  };
}

/** Runs one row of the operator table as the binder would: implied parameters are appended to the inputs. */
export function runRow(spec: OpSpec, inputs: readonly string[], options: RowOptions = {}): RowResult {
  const bare = contextOf(inputs, options);
  const parameters = spec.parameters?.(bare) ?? [];
  const complete = { ...bare, inputs: [...bare.inputs, ...parameters] };
  const context = { ...complete, outputs: spec.infer(complete) };
  return {
    context,
    outputs: context.outputs.map(show),
    parameters: parameters.map((parameter) => `${parameter.name} ${show(parameter)}`),
    saves: spec.saves?.(context).map(showSaved) ?? [],
    flops: spec.flops?.(context) ?? 0,
    bytes: { forward: 0, backward: 0, ...spec.temporaries?.(context) },
  };
}
