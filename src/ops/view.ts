import {
  booleanAttribute,
  broadcast,
  dimAt,
  elements,
  input,
  integers,
  normalizeAxis,
  numberAttribute,
  numbersAttribute,
  tensor,
} from './context.js';
import { expandValues, offsets, pick, transposeValues } from './fold.js';
import type { Values } from './fold.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { contiguousStrides, stridesOf, viewStrides, withStrides } from './strides.js';

/** Roles pass through a view: the view of a weight is that weight. */
const ROLES = ['parameter', 'constant'] as const;

/** The same elements in the same order under another shape: a view where the strides allow one, else a copy. */
function reshaped(type: TensorType, shape: readonly number[]): TensorType {
  if (elements(type.shape) !== elements(shape)) {
    throw new ShapeError(`[${type.shape.join(', ')}] does not reshape to [${shape.join(', ')}]`);
  }
  const strides = viewStrides(type, shape);
  return strides ? withStrides(type, shape, strides) : tensor(type.dtype, shape);
}

/** A row that only regroups axes. */
function regroup(target: (context: OpContext) => readonly number[]): OpSpec {
  return {
    infer: (context) => [reshaped(input(context, 0), target(context))],
    evaluate: (context) => [context.value(0)],
    view: (context) => viewStrides(input(context, 0), context.outputs[0]?.shape ?? []) !== undefined,
    gradients: () => ['pass', 'none'],
    roles: ROLES,
  };
}

/** `Reshape`, opset 5-21: 0 keeps the input's dim (unless allowzero), -1 takes what is left. */
function reshapeTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const target = integers(context, 1, 'shape');
  if (!target) throw new ShapeError('the target shape of Reshape is not a constant');
  const allowZero = booleanAttribute(context.layer, 'allowzero', false);
  const kept = target.map((dim, axis) => (dim === 0 && !allowZero ? dimAt(shape, axis) : dim));
  const known = elements(kept.filter((dim) => dim !== -1));
  return kept.map((dim) => (dim === -1 ? inferredDim(elements(shape), known) : dim));
}

function inferredDim(total: number, known: number): number {
  if (known === 0 || total % known !== 0) throw new ShapeError(`${total} elements do not divide by ${known}`);
  return total / known;
}

function flattenTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', 1), shape.length);
  return [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
}

function squeezeTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axes = integers(context, 1, 'axes')?.map((axis) => normalizeAxis(axis, shape.length));
  return shape.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1));
}

function unsqueezeTarget(context: OpContext): readonly number[] {
  const axes = integers(context, 1, 'axes');
  if (!axes) throw new ShapeError('the axes of Unsqueeze are not a constant');
  const { shape } = input(context, 0);
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1)));
}

function permOf(context: OpContext): readonly number[] {
  const rank = input(context, 0).shape.length;
  const perm = numbersAttribute(context.layer, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (perm.length !== rank) throw new ShapeError(`Transpose of rank ${rank} by [${perm.join(', ')}]`);
  return perm;
}

function inferTranspose(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const strides = stridesOf(type);
  const perm = permOf(context);
  return [
    withStrides(
      type,
      perm.map((axis) => dimAt(type.shape, axis)),
      perm.map((axis) => strides[axis] ?? 1),
    ),
  ];
}

/** `Expand`, opset 8: two-way broadcasting; new and stretched axes have stride 0. */
function inferExpand(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const target = context.value(1);
  if (!target) throw new ShapeError('the target shape of Expand is not a constant');
  const shape = broadcast(type.shape, target);
  const strides = stridesOf(type);
  const missing = shape.length - type.shape.length;
  const stretched = shape.map((dim, axis) => (type.shape[axis - missing] === dim ? (strides[axis - missing] ?? 0) : 0));
  return [withStrides(type, shape, stretched)];
}

/** Sizes of the parts of `Split`: stated, or equal, the last one smaller. */
function partsOf(context: OpContext, size: number): readonly number[] {
  const stated = integers(context, 1, 'split');
  if (stated) return stated;
  const count = numberAttribute(context.layer, 'num_outputs', context.outputCount);
  if (count > context.outputCount)
    throw new ShapeError(`Split into ${count} parts, but ${context.outputCount} outputs`);
  const part = Math.ceil(size / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(part, size - index * part)));
}

function splitAxis(context: OpContext): number {
  return normalizeAxis(numberAttribute(context.layer, 'axis', 0), input(context, 0).shape.length);
}

function inferSplit(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = splitAxis(context);
  const parts = partsOf(context, dimAt(type.shape, axis));
  if (parts.reduce((sum, part) => sum + part, 0) !== dimAt(type.shape, axis)) {
    throw new ShapeError(`parts of [${parts.join(', ')}] do not make ${dimAt(type.shape, axis)}`);
  }
  const strides = stridesOf(type);
  return parts.map((part) => withStrides(type, type.shape.with(axis, part), strides));
}

function evaluateSplit(context: OpContext): readonly (Values | undefined)[] {
  const values = context.value(0);
  const { shape } = input(context, 0);
  const axis = splitAxis(context);
  let begin = 0;
  return partsOf(context, dimAt(shape, axis)).map((part) => {
    const from = begin;
    begin += part;
    return values && takeRange({ shape, values }, [{ axis, from, step: 1, count: part }]);
  });
}

/** One axis of a slice: `count` elements from `from`, every `step`. */
interface AxisRange {
  readonly axis: number;
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

function takeRange(
  data: { shape: readonly number[]; values: Values },
  ranges: readonly AxisRange[],
): number[] | undefined {
  const strides = contiguousStrides(data.shape);
  const shape = [...data.shape];
  let base = 0;
  for (const { axis, from, step, count } of ranges) {
    const stride = strides[axis] ?? 1;
    base += from * stride;
    strides[axis] = stride * step;
    shape[axis] = count;
  }
  return pick(
    data.values,
    offsets(shape, strides)?.map((offset) => base + offset),
  );
}

/** `Slice`: attributes before opset 10, inputs since; ends beyond the dim are cut to it. */
function rangesOf(context: OpContext): AxisRange[] {
  const { shape } = input(context, 0);
  const starts = integers(context, 1, 'starts');
  const ends = integers(context, 2, 'ends');
  if (!starts || !ends) throw new ShapeError('the bounds of Slice are not constants');
  const axes = integers(context, 3, 'axes') ?? starts.map((_, axis) => axis);
  const steps = context.value(4);
  return axes.map((stated, index) => {
    const axis = normalizeAxis(stated, shape.length);
    return {
      axis,
      ...bounded(dimAt(shape, axis), { start: starts[index] ?? 0, end: ends[index] ?? 0, step: steps?.[index] ?? 1 }),
    };
  });
}

function bounded(
  size: number,
  { start, end, step }: { start: number; end: number; step: number },
): Omit<AxisRange, 'axis'> {
  if (step === 0) throw new ShapeError('Slice with a step of 0');
  const fromEnd = (index: number): number => (index < 0 ? index + size : index);
  const clamp = (index: number, low: number, high: number): number => Math.max(low, Math.min(high, fromEnd(index)));
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const from = clamp(start, Math.max(low, 0), high);
  const to = step < 0 && end < -size ? -1 : clamp(end, low, high);
  return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** A step forwards is a view with other strides; PyTorch has no view that runs backwards. */
function inferSlice(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const ranges = rangesOf(context);
  const shape = [...type.shape];
  const strides = [...stridesOf(type)];
  for (const { axis, step, count } of ranges) {
    shape[axis] = count;
    strides[axis] = (strides[axis] ?? 1) * step;
  }
  return [ranges.every(({ step }) => step > 0) ? withStrides(type, shape, strides) : tensor(type.dtype, shape)];
}

const ALWAYS = (): boolean => true;

/** Sources: ONNX operator specification; aten/src/ATen/native/TensorShape.cpp; tools/autograd/derivatives.yaml. */
export const VIEW = {
  Reshape: regroup(reshapeTarget),
  Flatten: regroup(flattenTarget),
  Squeeze: regroup(squeezeTarget),
  Unsqueeze: regroup(unsqueezeTarget),
  Identity: regroup((context) => input(context, 0).shape),
  Transpose: {
    infer: inferTranspose,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && transposeValues({ shape: input(context, 0).shape, values }, permOf(context))];
    },
    view: ALWAYS,
    gradients: () => ['pass'],
    roles: ROLES,
  },
  /** The gradient of an expanded tensor is a sum over what was stretched. */
  Expand: {
    infer: inferExpand,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && expandValues({ shape: input(context, 0).shape, values }, context.outputs[0]?.shape ?? [])];
    },
    view: ALWAYS,
    gradients: (context) =>
      elements(context.outputs[0]?.shape ?? []) === elements(input(context, 0).shape)
        ? ['pass', 'none']
        : ['new', 'none'],
    roles: ROLES,
  },
  /** split_backward joins the parts' gradients into a new tensor. */
  Split: { infer: inferSplit, evaluate: evaluateSplit, view: ALWAYS, gradients: () => ['new', 'none'], roles: ROLES },
  /** slice_backward writes into a tensor of zeros. */
  Slice: {
    infer: inferSlice,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && takeRange({ shape: input(context, 0).shape, values }, rangesOf(context))];
    },
    view: (context) => rangesOf(context).every(({ step }) => step > 0),
    gradients: () => ['new', 'none', 'none', 'none', 'none'],
    roles: ROLES,
  },
} as const satisfies Record<string, OpSpec>;
