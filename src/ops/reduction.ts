import { realOf } from '../graph/index.js';
import {
  axisOf,
  booleanAttribute,
  elements,
  input,
  integers,
  normalizeAxis,
  numberAttribute,
  output,
  tensor,
} from './context.js';
import type { Values } from './fold.js';
import {
  copyOf,
  firstGradient,
  isWidened,
  KEEP_BOTH,
  KEEP_INPUT,
  like,
  noGradients,
  scratchOf,
  widened,
} from './parts.js';
import type { GradientKind, OpContext, OpSpec, TensorType } from './spec.js';

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
function foldAll(apply: (values: Values) => number): NonNullable<OpSpec['evaluate']> {
  return (context) => {
    const values = context.value(0);
    const isWhole = elements(output(context, 0).shape) === 1;
    return [values && values.length > 0 && isWhole ? [apply(values)] : undefined];
  };
}

const sum = (values: Values): number => values.reduce((total, value) => total + value, 0);

/** With Bessel's correction, as torch has it. */
const variance = (values: Values): number => {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2)) / Math.max(1, values.length - 1);
};

const NEW: readonly GradientKind[] = ['new', 'none'];
/** The gradient is the output's, expanded: a view, unless it is cast back. */
const passed = (context: OpContext): readonly GradientKind[] => (isWidened(context) ? NEW : ['pass', 'none']);

function reduction(apply: (values: Values) => number, row: Partial<OpSpec>): OpSpec {
  return { infer: inferReduce, evaluate: foldAll(apply), gradients: () => NEW, ...row };
}

/** Backward and forward scratch, in tensors of the input's size; a gradient in a wider dtype is one more. */
function inputScratch(backward: number, forward = 0): NonNullable<OpSpec['temporaries']> {
  return (context) => {
    const type = widened(context);
    const cast = isWidened(context) ? 1 : 0;
    return { backward: scratchOf(type, backward + cast), forward: scratchOf(type, forward) };
  };
}

/** cumsum and cumprod read a copy where they are asked for another dtype (ReduceOps.cpp, impl_func_cum_ops). */
function runningScratch(backward: number): NonNullable<OpSpec['temporaries']> {
  return (context) => inputScratch(backward, isWidened(context) ? 1 : 0)(context);
}

/** amax and amin look in backward for the elements that equal the result: a mask of a byte each. */
const EXTREME: Partial<OpSpec> = {
  saves: () => KEEP_BOTH,
  temporaries: (context) => ({ backward: elements(input(context, 0).shape) }),
};

/** linalg_vector_norm: real, of complex numbers too. */
const NORM: Partial<OpSpec> = {
  infer: (context) => inferReduce(context).map(({ dtype, shape }) => tensor(realOf(dtype), shape)),
  saves: () => KEEP_BOTH,
  temporaries: inputScratch(1),
  autocast: 'fp32-output',
};

/** Positions of extremes: not differentiable. */
const ARG: OpSpec = {
  infer: (context) => {
    const keep = booleanAttribute(context.layer, 'keepdims', true);
    return [tensor('int64', without(input(context, 0).shape, new Set([axisOf(context, 0)]), keep))];
  },
  gradients: noGradients,
};

/** Running totals of a vector; `exclusive` leaves the element itself out, `reverse` runs from the end. */
function cumulated(context: OpContext): Values | undefined {
  const values = context.value(0);
  if (!values || input(context, 0).shape.length !== 1) return undefined;
  const isReverse = numberAttribute(context.layer, 'reverse', 0) === 1;
  const isExclusive = numberAttribute(context.layer, 'exclusive', 0) === 1;
  let total = 0;
  const totals = (isReverse ? values.toReversed() : values).map((value) => {
    total += value;
    return isExclusive ? total - value : total;
  });
  return isReverse ? totals.reverse() : totals;
}

/** Sources: ONNX operator specification; derivatives.yaml; ATen/autocast_mode.h; saved_tensors_hooks, torch 2.15. */
export const REDUCTION = {
  /** mean and sum need the sizes alone; mean divides its expanded gradient, sum hands it on. */
  ReduceMean: reduction((values) => sum(values) / values.length, {}),
  ReduceSum: reduction(sum, { gradients: passed, autocast: 'fp32-output' }),
  ReduceMax: reduction((values) => Math.max(...values), EXTREME),
  ReduceMin: reduction((values) => Math.min(...values), EXTREME),
  /** grad * (result / x), where no element is 0. */
  ReduceProd: reduction((values) => values.reduce((product, value) => product * value, 1), {
    saves: () => KEEP_BOTH,
    temporaries: inputScratch(1),
    autocast: 'fp32-output',
  }),
  ReduceL1: reduction((values) => sum(values.map(Math.abs)), NORM),
  ReduceL2: reduction((values) => Math.hypot(...values), NORM),
  /** torch.var and torch.std: the deviations from the mean stand in full before they are multiplied. */
  ReduceVariance: reduction(variance, { saves: () => KEEP_INPUT, temporaries: inputScratch(1) }),
  ReduceDeviation: reduction((values) => Math.sqrt(variance(values)), {
    saves: () => KEEP_BOTH,
    temporaries: inputScratch(1),
  }),
  /** log(sum(x)): the logarithm keeps the sum, and its small gradient is expanded. */
  ReduceLogSum: reduction((values) => Math.log(sum(values)), {
    saves: (context) => [copyOf(output(context, 0))],
    gradients: passed,
    autocast: 'fp32-output',
  }),
  ReduceLogSumExp: reduction((values) => Math.log(sum(values.map(Math.exp))), {
    saves: () => KEEP_BOTH,
    temporaries: inputScratch(2),
    autocast: 'fp32',
  }),
  /** sum(x^2): the square stands in full before it is summed. */
  ReduceSumSquare: reduction((values) => sum(values.map((value) => value * value)), {
    saves: () => KEEP_INPUT,
    temporaries: inputScratch(2, 1),
    autocast: 'fp32',
  }),
  /** The median, of which equal elements share the gradient as of an extreme. */
  ReduceMedian: reduction(
    (values) => values.toSorted((first, second) => first - second)[Math.floor((values.length - 1) / 2)] ?? 0,
    EXTREME,
  ),
  /** nansum: two masks of a byte in backward. */
  ReduceNanSum: reduction((values) => sum(values.filter((value) => !Number.isNaN(value))), {
    saves: () => KEEP_INPUT,
    temporaries: (context) => ({ backward: 2 * elements(input(context, 0).shape) }),
  }),
  ArgMax: ARG,
  ArgMin: ARG,
  /** The gradient is summed from the other end: flip, cumsum, flip. */
  CumSum: {
    infer: (context) => [like(context)],
    evaluate: (context) => [cumulated(context)],
    gradients: firstGradient,
    temporaries: runningScratch(2),
    autocast: 'fp32-output',
  },
  /** As that, of output * gradient, and divided by the input where no element is 0. */
  CumProd: {
    infer: (context) => [like(context)],
    saves: () => KEEP_BOTH,
    gradients: firstGradient,
    temporaries: runningScratch(3),
    autocast: 'fp32-output',
  },
  /** cummax and cummin keep where the values were, their second output, and the input for its sizes. */
  CumExtreme: {
    infer: (context) => [like(context), tensor('int64', input(context, 0).shape)],
    saves: () => [...KEEP_INPUT, { from: 'output', index: 1 }],
    gradients: firstGradient,
  },
  LogCumSumExp: {
    infer: (context) => [like(context)],
    saves: () => KEEP_BOTH,
    gradients: firstGradient,
    temporaries: inputScratch(7),
  },
} as const satisfies Record<string, OpSpec>;
