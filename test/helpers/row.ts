import type { Attributes, DType } from '../../src/graph/index.js';
import { requireOperands } from '../../src/ops/context.js';
import type { AutogradContext, GradientKind, OpSpec, Saved, TensorType } from '../../src/ops/spec.js';

const sizes = (text: string): number[] => (text === 'scalar' ? [] : text.split('x').map(Number));

/**
 * `4x3` is a float32 tensor, `4 int64` one of another dtype, `3x4 /1x3` one with strides, `-` an absent input, `scalar`
 * one of rank 0.
 */
export function type(text: string): TensorType | undefined {
  if (text === '-') return undefined;
  const [shape = '', ...rest] = text.split(' ');
  const strides = rest.find((word) => word.startsWith('/'))?.slice(1);
  const dtype = (rest.find((word) => !word.startsWith('/')) ?? 'float32') as DType;
  return { dtype, shape: sizes(shape), ...(strides && { strides: sizes(strides) }) };
}

export interface RowResult {
  /** `4x3`, `4x3 int64` where it is not float32, `3x4 /1x3` where it has strides. */
  readonly outputs: readonly string[];
  readonly parameters: readonly string[];
  /** `input 0`, `output 0`, or `mask 4x3 bool`. */
  readonly saves: readonly string[];
  readonly flops: number;
  /** The folded elements of each output. */
  readonly values: readonly (readonly number[] | undefined)[];
  readonly view: boolean;
  /** Undefined where the row leaves the default. */
  readonly gradients: readonly GradientKind[] | undefined;
  /** Temporaries. */
  readonly bytes: { readonly forward: number; readonly backward: number };
  readonly context: AutogradContext;
}

const show = ({ dtype, shape, strides }: TensorType): string =>
  [
    shape.length === 0 ? 'scalar' : shape.join('x'),
    ...(dtype === 'float32' ? [] : [dtype]),
    ...(strides ? [`/${strides.join('x')}`] : []),
  ].join(' ');

const showSaved = (saved: Saved): string =>
  saved.from === 'new' ? `${saved.what} ${show(saved.type)}` : `${saved.from} ${saved.index}`;

/** What a row is run with: attributes, how many outputs the layer names, the inputs that need no gradient, known elements. */
export interface RowOptions {
  readonly attributes?: Attributes;
  readonly outputCount?: number;
  /** The names of the outputs, where one of them is left out. */
  readonly outputNames?: readonly string[];
  readonly constants?: readonly number[];
  /** By input position. */
  readonly values?: Readonly<Record<number, readonly number[]>>;
}

/** One operator for a table of tests. */
export type RowCase = readonly [
  name: string,
  inputs: readonly string[],
  options: RowOptions,
  output: string,
  saves: readonly string[],
];

function contextOf(
  inputs: readonly string[],
  { attributes = {}, outputNames = [], outputCount = outputNames.length || 1, constants = [], values = {} }: RowOptions,
): AutogradContext {
  return {
    layer: { id: 'x', type: 'Row', inputs: [], outputs: outputNames, attributes },
    inputs: inputs.map(type),
    outputs: [],
    outputCount,
    value: (index) => values[index],
    requiresGrad: (index) => !constants.includes(index),
  };
}

/** Runs one row of the operator table as the binder would: implied parameters are appended to the inputs. */
export function runRow(spec: OpSpec, inputs: readonly string[], options: RowOptions = {}): RowResult {
  const bare = contextOf(inputs, options);
  const parameters = spec.parameters?.(bare) ?? [];
  const complete = { ...bare, inputs: [...bare.inputs, ...parameters] };
  requireOperands(complete, spec);
  const context = { ...complete, outputs: spec.infer(complete) };
  return {
    context,
    outputs: context.outputs.map(show),
    parameters: parameters.map((parameter) => `${parameter.name} ${show(parameter)}`),
    ...behaviour(spec, context),
    ...costs(spec, context),
  };
}

function behaviour(spec: OpSpec, context: AutogradContext): Pick<RowResult, 'saves' | 'values' | 'view' | 'gradients'> {
  return {
    saves: spec.saves?.(context).map(showSaved) ?? [],
    values: spec.evaluate?.(context) ?? [],
    view: spec.view?.(context) === true,
    gradients: spec.gradients?.(context),
  };
}

function costs(spec: OpSpec, context: AutogradContext): Pick<RowResult, 'flops' | 'bytes'> {
  return {
    flops: spec.flops?.(context) ?? 0,
    bytes: { forward: 0, backward: 0, ...spec.temporaries?.(context) },
  };
}
