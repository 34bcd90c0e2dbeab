import {
  booleanAttribute,
  dimAt,
  elements,
  input,
  integers,
  normalizeAxis,
  numberAttribute,
  tensor,
} from './context.js';
import { MAX_FOLDED_ELEMENTS } from './fold.js';
import type { Values } from './fold.js';
import type { AutocastClass, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Axes that are reduced: stated, all where none are, or none at all (noop_with_empty_axes). */
function reducedAxes(context: OpContext): ReadonlySet<number> {
  const { shape } = input(context, 0);
  const stated = integers(context, 1, 'axes');
  const isNoop = booleanAttribute(context.layer, 'noop_with_empty_axes', false);
  if (!stated || stated.length === 0) return new Set(isNoop ? [] : shape.keys());
  return new Set(stated.map((axis) => normalizeAxis(axis, shape.length)));
}

function without(shape: readonly number[], axes: ReadonlySet<number>, keep: boolean): number[] {
  return shape.flatMap((dim, axis) => (axes.has(axis) ? (keep ? [1] : []) : [dim]));
}

function inferReduce(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  return [tensor(dtype, without(shape, reducedAxes(context), booleanAttribute(context.layer, 'keepdims', true)))];
}

/** Folds where everything is reduced to one element, which is what shape arithmetic does. */
function foldAll(apply: (values: Values) => number): (context: OpContext) => readonly (Values | undefined)[] {
  return (context) => {
    const values = context.value(0);
    const isWhole = elements(context.outputs[0]?.shape ?? [0]) === 1;
    return [values && values.length > 0 && isWhole ? [apply(values)] : undefined];
  };
}

const sum = (values: Values): number => values.reduce((total, value) => total + value, 0);
const KEEP_INPUT: readonly Saved[] = [{ from: 'input', index: 0 }];
const KEEP_BOTH: readonly Saved[] = [...KEEP_INPUT, { from: 'output', index: 0 }];

/** A reduction; `keeps` is what its derivative reads (tools/autograd/derivatives.yaml). */
function reduction(apply: (values: Values) => number, keeps: readonly Saved[], autocast: AutocastClass): OpSpec {
  return {
    infer: inferReduce,
    evaluate: foldAll(apply),
    saves: () => keeps,
    gradients: () => ['new', 'none'],
    autocast,
  };
}

/** Positions of extremes: not differentiable. */
const ARG: OpSpec = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 0), shape.length);
    return [tensor('int64', without(shape, new Set([axis]), booleanAttribute(context.layer, 'keepdims', true)))];
  },
  gradients: () => ['none'],
};

function cumulated(values: Values | undefined, context: OpContext): Values | undefined {
  const { shape } = input(context, 0);
  if (!values || shape.length !== 1 || dimAt(shape, 0) > MAX_FOLDED_ELEMENTS) return undefined;
  let total = 0;
  return values.map((value) => (total += value));
}

export const REDUCTION = {
  /** mean and sum need the sizes alone. */
  ReduceMean: reduction((values) => sum(values) / values.length, [], 'keep'),
  ReduceSum: reduction(sum, [], 'fp32'),
  ReduceMax: reduction((values) => Math.max(...values), KEEP_BOTH, 'keep'),
  ReduceMin: reduction((values) => Math.min(...values), KEEP_BOTH, 'keep'),
  ReduceProd: reduction((values) => values.reduce((product, value) => product * value, 1), KEEP_BOTH, 'fp32'),
  ReduceL1: reduction((values) => sum(values.map(Math.abs)), KEEP_BOTH, 'fp32'),
  ReduceL2: reduction((values) => Math.hypot(...values), KEEP_BOTH, 'fp32'),
  /** log(sum(x)): the logarithm keeps the sum. */
  ReduceLogSum: {
    ...reduction((values) => Math.log(sum(values)), [], 'fp32'),
    saves: ({ outputs }) => outputs.slice(0, 1).map((type) => ({ from: 'new', what: 'copy', type })),
  },
  ReduceLogSumExp: reduction((values) => Math.log(sum(values.map(Math.exp))), KEEP_BOTH, 'fp32'),
  ReduceSumSquare: reduction((values) => sum(values.map((value) => value * value)), KEEP_INPUT, 'fp32'),
  ArgMax: ARG,
  ArgMin: ARG,
  CumSum: {
    infer: (context) => [tensor(input(context, 0).dtype, input(context, 0).shape)],
    evaluate: (context) => [cumulated(context.value(0), context)],
    gradients: () => ['new', 'none'],
    autocast: 'fp32',
  },
} as const satisfies Record<string, OpSpec>;
