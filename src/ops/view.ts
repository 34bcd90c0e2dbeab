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
  output,
  requiredIntegers,
  tensor,
} from './context.js';
import { expandValues, transposeValues } from './fold.js';
import { broadcastStrides } from './layout.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';
import { stridesOf, viewStrides, withStrides } from './strides.js';

/** Roles pass through a view: the view of a weight is that weight. */
export const VIEW_ROLES = ['parameter', 'constant'] as const;

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
    view: (context) => viewStrides(input(context, 0), output(context, 0).shape) !== undefined,
    gradients: () => ['pass', 'none'],
    roles: VIEW_ROLES,
  };
}

/** `Reshape`, opset 1-25: 0 keeps the input's dim (unless allowzero), -1 takes what is left. */
function reshapeTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const target = requiredIntegers(context, 1, 'shape');
  const allowZero = booleanAttribute(context.layer, 'allowzero', false);
  const kept = target.map((dim, axis) => (dim === 0 && !allowZero ? dimAt(shape, axis) : dim));
  const known = elements(kept.filter((dim) => dim !== -1));
  return kept.map((dim) => (dim === -1 ? inferredDim(elements(shape), known) : dim));
}

function inferredDim(total: number, known: number): number {
  if (known === 0 || total % known !== 0) throw new ShapeError(`${total} elements do not divide by ${known}`);
  return total / known;
}

/** A matrix; the axis that parts it may lie behind the last, which leaves one column. */
function flattenTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const stated = numberAttribute(context.layer, 'axis', 1);
  const axis = stated === shape.length ? stated : normalizeAxis(stated, shape.length);
  return [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
}

function squeezeTarget(context: OpContext): readonly number[] {
  const { shape } = input(context, 0);
  const axes = integers(context, 1, 'axes')?.map((axis) => normalizeAxis(axis, shape.length));
  return shape.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1));
}

function unsqueezeTarget(context: OpContext): readonly number[] {
  const axes = requiredIntegers(context, 1, 'axes');
  const { shape } = input(context, 0);
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  if (added.size < axes.length) throw new ShapeError(`Unsqueeze of one axis twice: [${axes.join(', ')}]`);
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1)));
}

function permOf(context: OpContext): readonly number[] {
  const axes = [...input(context, 0).shape.keys()];
  const perm = numbersAttribute(context.layer, 'perm') ?? axes.toReversed();
  if (perm.length !== axes.length || axes.some((axis) => !perm.includes(axis))) {
    throw new ShapeError(`Transpose of rank ${axes.length} by [${perm.join(', ')}]`);
  }
  return perm;
}

function inferTranspose(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const strides = stridesOf(type);
  const perm = permOf(context);
  const shape = perm.map((axis) => dimAt(type.shape, axis));
  return [
    withStrides(
      type,
      shape,
      perm.map((axis) => strides[axis] ?? 1),
    ),
  ];
}

/** `Expand`, opset 8: two-way broadcasting; new and stretched axes have stride 0. */
function inferExpand(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const shape = broadcast(type.shape, requiredIntegers(context, 1, 'shape'));
  return [withStrides(type, shape, broadcastStrides(type, shape))];
}

const ALWAYS = (): boolean => true;

/** Sources: ONNX operator specification; aten/src/ATen/native/TensorShape.cpp; tools/autograd/derivatives.yaml. */
export const VIEW = {
  Reshape: regroup(reshapeTarget),
  Flatten: regroup(flattenTarget),
  Squeeze: regroup(squeezeTarget),
  Unsqueeze: regroup(unsqueezeTarget),
  /** The tensor itself. */
  Identity: {
    infer: (context) => [input(context, 0)],
    evaluate: (context) => [context.value(0)],
    view: ALWAYS,
    gradients: () => ['pass'],
    roles: ['parameter'],
  },
  Transpose: {
    infer: inferTranspose,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && transposeValues({ shape: input(context, 0).shape, values }, permOf(context))];
    },
    view: ALWAYS,
    gradients: () => ['pass'],
    roles: VIEW_ROLES,
  },
  /** The gradient of an expanded tensor is a sum over what was stretched. */
  Expand: {
    infer: inferExpand,
    evaluate: (context) => {
      const values = context.value(0);
      return [values && expandValues({ shape: input(context, 0).shape, values }, output(context, 0).shape)];
    },
    view: ALWAYS,
    gradients: (context) =>
      elements(output(context, 0).shape) === elements(input(context, 0).shape) ? ['pass', 'none'] : ['new', 'none'],
    roles: VIEW_ROLES,
  },
} as const satisfies Record<string, OpSpec>;
