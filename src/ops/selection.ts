import {
  axisOf,
  dimAt,
  elements,
  input,
  normalizeAxis,
  numberAttribute,
  requiredIntegers,
  stringAttribute,
  tensor,
} from './context.js';
import { concatValues, gatherValues, nonZeroIndices } from './fold.js';
import { inLayoutOf, isChannelsLast } from './layout.js';
import { firstGradient, KEEP_INDICES, KEEP_OPERANDS, KEEP_OUTPUT, like, noGradients } from './parts.js';
import { foldedInputs, operandsOf } from './pointwise.js';
import { ShapeError } from './spec.js';
import type { GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { stridesOf, withStrides } from './strides.js';

/** Dims off the axis must agree. cat is channels last where all its parts are (aten/src/ATen/native/TensorShape.cpp). */
function inferConcat(context: OpContext): readonly TensorType[] {
  const first = input(context, 0);
  const axis = axisOf(context, 1);
  const types = operandsOf(context);
  for (const { shape } of types) {
    const agrees =
      shape.length === first.shape.length && shape.every((dim, at) => at === axis || dim === first.shape[at]);
    if (!agrees)
      throw new ShapeError(`[${first.shape.join(', ')}] and [${shape.join(', ')}] do not join along axis ${axis}`);
  }
  const total = types.reduce((sum, { shape }) => sum + dimAt(shape, axis), 0);
  const joined = first.shape.with(axis, total);
  return [types.every(isChannelsLast) ? inLayoutOf(first, joined) : tensor(first.dtype, joined)];
}

/** One constant index, not a list of one: torch's `select`, which is a view (exported from `x[:, 0]` and `unbind`). */
function isSelect(context: OpContext): boolean {
  return input(context, 1).shape.length === 0 && context.value(1) !== undefined;
}

function inferGather(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = axisOf(context, 0);
  const shape = type.shape.toSpliced(axis, 1, ...input(context, 1).shape);
  return [isSelect(context) ? withStrides(type, shape, stridesOf(type).toSpliced(axis, 1)) : tensor(type.dtype, shape)];
}

function inferGatherND(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const indices = input(context, 1).shape;
  const depth = numberAttribute(context.layer, 'batch_dims', 0) + dimAt(indices, indices.length - 1);
  if (depth > shape.length) throw new ShapeError(`${depth} indices into rank ${shape.length}`);
  return [tensor(dtype, [...indices.slice(0, -1), ...shape.slice(depth)])];
}

function inferTopK(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const [count = 0] = requiredIntegers(context, 1, 'k');
  const taken = shape.with(axisOf(context, -1), count);
  return [tensor(dtype, taken), tensor('int64', taken)];
}

function inferOneHot(context: OpContext): readonly TensorType[] {
  const depth = context.value(1)?.[0];
  if (depth === undefined) throw new ShapeError('depth of OneHot is not a constant');
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length + 1);
  return [tensor(input(context, 2).dtype, shape.toSpliced(axis, 0, depth))];
}

/** How many elements are not zero only the data knows: the bound is all of them. */
function inferNonZero(context: OpContext): readonly TensorType[] {
  const { shape } = input(context, 0);
  const count = context.value(0)?.filter((value) => value !== 0).length ?? elements(shape);
  return [tensor('int64', [shape.length, count])];
}

/** Likewise for what a condition keeps of an axis, or of all elements in a row. */
function inferCompress(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const kept = (size: number): number =>
    context.value(1)?.filter((value, index) => value !== 0 && index < size).length ??
    Math.min(size, elements(input(context, 1).shape));
  if (!('axis' in context.layer.attributes)) return [tensor(dtype, [kept(elements(shape))])];
  const axis = axisOf(context, 0);
  return [tensor(dtype, shape.with(axis, kept(dimAt(shape, axis))))];
}

function reductionOf({ layer }: OpContext): string {
  return stringAttribute(layer, 'reduction', 'none');
}

/** The indices route both gradients; scatter_reduce, whatever it makes of several, keeps everything (derivatives.yaml). */
function saveScatter(context: OpContext): readonly Saved[] {
  if (['none', 'add'].includes(reductionOf(context))) return KEEP_INDICES;
  return [...KEEP_OPERANDS, { from: 'input', index: 2 }, ...KEEP_OUTPUT];
}

/** Added updates leave the data's gradient as it is (`sum` is scatter_reduce's name for it). */
function scatterGradients(context: OpContext): readonly GradientKind[] {
  return [['add', 'sum'].includes(reductionOf(context)) ? 'pass' : 'new', 'none', 'new'];
}

/** Updates written into a copy of the data. */
const SCATTER: OpSpec = {
  operands: 3,
  infer: (context) => [like(context)],
  saves: saveScatter,
  gradients: scatterGradients,
};

/** Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const SELECTION = {
  /** cat's backward hands out narrow views of its gradient. */
  Concat: {
    infer: inferConcat,
    evaluate: (context) => {
      const parts = foldedInputs(context);
      return [parts && concatValues(parts, axisOf(context, 1))];
    },
    gradients: ({ inputs }) => inputs.map(() => 'pass'),
    roles: ['parameter'],
    autocast: 'widest',
  },
  /** embedding and index_select keep their indices; the gradient is a dense tensor of the table's size. */
  Gather: {
    operands: 2,
    infer: inferGather,
    evaluate: (context) => {
      const [values, indices] = [context.value(0), context.value(1)];
      const { shape } = input(context, 0);
      return [values && indices && gatherValues({ shape, values }, indices, axisOf(context, 0))];
    },
    view: isSelect,
    saves: (context) => (isSelect(context) ? [] : KEEP_INDICES),
    gradients: firstGradient,
    roles: ['parameter', 'constant'],
  },
  /** torch.gather keeps its input too, for the sizes (derivatives.yaml: gather_backward). */
  GatherElements: {
    operands: 2,
    infer: (context) => [tensor(input(context, 0).dtype, input(context, 1).shape)],
    saves: () => KEEP_OPERANDS,
    gradients: firstGradient,
  },
  GatherND: { operands: 2, infer: inferGatherND, saves: () => KEEP_INDICES, gradients: firstGradient },
  /** index_put and scatter_add, which autocast promotes (ATen/autocast_mode.h). */
  ScatterND: { ...SCATTER, autocast: 'promote' },
  ScatterElements: { ...SCATTER, autocast: 'promote' },
  Scatter: SCATTER,
  Trilu: { infer: (context) => [like(context)], gradients: firstGradient },
  /** topk keeps its indices, which are its second output. */
  TopK: { infer: inferTopK, saves: () => [{ from: 'output', index: 1 }], gradients: firstGradient },
  OneHot: { operands: 3, infer: inferOneHot, gradients: noGradients },
  ReverseSequence: { infer: (context) => [like(context)], gradients: firstGradient },
  NonZero: {
    infer: inferNonZero,
    evaluate: (context) => {
      const [folded] = foldedInputs(context) ?? [];
      return [folded && nonZeroIndices(folded)];
    },
    gradients: noGradients,
  },
  Compress: { operands: 2, infer: inferCompress, saves: () => KEEP_INDICES, gradients: firstGradient },
} as const satisfies Record<string, OpSpec>;
