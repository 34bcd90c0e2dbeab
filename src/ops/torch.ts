/** Operators of PyTorch that ONNX has no name for. */
import {
  axisOf,
  broadcast,
  dimAt,
  elements,
  input,
  numberAttribute,
  numbersAttribute,
  stringAttribute,
  tensor,
} from './context.js';
import { iteratedType } from './layout.js';
import {
  broadcastGradients,
  firstGradient,
  isWidened,
  KEEP_INPUT,
  KEEP_OPERANDS,
  KEEP_OUTPUT,
  like,
  noGradients,
  scratchOf,
} from './parts.js';
import { backwardScratch, operandsOf, passOrSum, resultDType } from './pointwise.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { isContiguous, stridesOf, withStrides } from './strides.js';
import { VIEW_ROLES } from './view.js';
import { windowOf, windowedSize } from './window.js';

/** Windows of `size` along an axis, every `step`, as a new last axis: a view. */
function inferUnfold(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const axis = axisOf(context, 0);
  const [size, step] = [numberAttribute(context.layer, 'size', 1), numberAttribute(context.layer, 'step', 1)];
  const count = Math.floor((dimAt(type.shape, axis) - size) / step) + 1;
  const strides = stridesOf(type);
  const stride = strides[axis] ?? 1;
  return [withStrides(type, [...type.shape.with(axis, count), size], [...strides.with(axis, stride * step), stride])];
}

/** Blocks of an image `[N, C, H, W]` as columns `[N, C * k..., L]` (torch.nn.functional.unfold). */
function inferIm2Col(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const kernel = numbersAttribute(context.layer, 'kernel_shape');
  if (!kernel) throw new ShapeError('Im2Col has no kernel_shape');
  const positions = windowedSize(shape.slice(2), windowOf(context.layer, kernel));
  return [tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1) * elements(kernel), elements(positions)])];
}

function inferRepeatInterleave(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const axis = axisOf(context, 0);
  return [tensor(dtype, shape.with(axis, dimAt(shape, axis) * numberAttribute(context.layer, 'repeats', 1)))];
}

/**
 * NumPy's advanced indexing: what the tensors of indices broadcast to takes the place of the axes they index, or comes
 * first where those are not neighbours (aten/src/ATen/native/TensorAdvancedIndexing.h). How many elements a mask keeps
 * only the data knows.
 */
function inferIndex(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const indices = context.inputs.slice(1);
  if (indices.some((type) => type?.dtype === 'bool')) throw new ShapeError('Index by a mask');
  if (indices.length > shape.length) throw new ShapeError(`${indices.length} indices into rank ${shape.length}`);
  const axes = [...indices.keys()].filter((axis) => indices[axis]);
  const [first = 0, last = 0] = [axes[0], axes.at(-1)];
  const chosen = broadcast(...indices.flatMap((type) => (type ? [type.shape] : [])));
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  const isTogether = last - first === axes.length - 1;
  return [tensor(dtype, kept.toSpliced(isTogether ? first : 0, 0, ...chosen))];
}

/** Indices from an input on, which are all that is kept of them. */
function indicesFrom(start: number): (context: OpContext) => readonly Saved[] {
  return ({ inputs }) =>
    [...inputs.keys()].filter((index) => index >= start && inputs[index]).map((index) => ({ from: 'input', index }));
}

/** index_put: what is added to leaves the gradient of the tensor as it is. */
function indexPutGradients({ layer }: OpContext): readonly GradientKind[] {
  return [stringAttribute(layer, 'reduction', 'none') === 'add' ? 'pass' : 'new', 'new'];
}

/** A copy in the layout of the tensor, without its gaps. */
function iterated(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  return [iteratedType([type], type.dtype)];
}

/** Each factor of what is added, for the other's gradient. */
function saveProduct(context: AutogradContext): readonly Saved[] {
  return [1, 2].filter((index) => context.requiresGrad(3 - index)).map((index) => ({ from: 'input', index }));
}

/** A factor times `value`, before the gradient is multiplied with it. */
function productScratch(context: AutogradContext): number {
  return Number(context.requiresGrad(1) || context.requiresGrad(2)) + broadcastGradients(context, 1);
}

/** The elements whose indices into two axes are equal, or `offset` apart: a view. */
function inferDiagonal(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const [first = 0, second = 1] = numbersAttribute(context.layer, 'axes') ?? [];
  const offset = numberAttribute(context.layer, 'offset', 0);
  const [rows, columns] = [
    dimAt(type.shape, first) + Math.min(0, offset),
    dimAt(type.shape, second) - Math.max(0, offset),
  ];
  const others = <T>(list: readonly T[]): T[] => list.filter((_, axis) => axis !== first && axis !== second);
  const strides = stridesOf(type);
  const size = Math.max(0, Math.min(rows, columns));
  return [
    withStrides(
      type,
      [...others(type.shape), size],
      [...others(strides), (strides[first] ?? 0) + (strides[second] ?? 0)],
    ),
  ];
}

/** A distance from each row of one tensor to each of another. */
function inferDistances(context: OpContext): readonly TensorType[] {
  const [from, to] = [input(context, 0), input(context, 1)];
  const batch = broadcast(from.shape.slice(0, -2), to.shape.slice(0, -2));
  return [tensor(from.dtype, [...batch, from.shape.at(-2) ?? 1, to.shape.at(-2) ?? 1])];
}

/** Half of an axis. */
function inferGlu(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const axis = axisOf(context, -1);
  return [tensor(dtype, shape.with(axis, dimAt(shape, axis) / 2))];
}

/** Sources: aten/src/ATen/native/native_functions.yaml; tools/autograd/derivatives.yaml of torch 2.15. */
export const TORCH = {
  Roll: { infer: (context) => [like(context)], gradients: firstGradient },
  Flip: { infer: iterated, gradients: firstGradient },
  /** The tensor, and no way back for its gradient (torch.Tensor.detach). */
  Detach: {
    infer: (context) => [input(context, 0)],
    evaluate: (context) => [context.value(0)],
    view: () => true,
    gradients: noGradients,
  },
  /** The tensor itself where it lies row-major, else a copy that does; the gradient is the output's. */
  Contiguous: {
    infer: (context) => [like(context)],
    evaluate: (context) => [context.value(0)],
    view: (context) => isContiguous(input(context, 0)),
    gradients: () => ['pass'],
    roles: VIEW_ROLES,
  },
  /** The tensor itself; float32 in front of what autocast runs in it (ATen/autocast_mode.h, CastPolicy::fp32). */
  Widen: {
    infer: (context) => [input(context, 0)],
    view: (context) => !isWidened(context),
    gradients: (context) => [isWidened(context) ? 'new' : 'pass'],
    autocast: 'fp32-output',
  },
  Clone: { infer: iterated, evaluate: (context) => [context.value(0)], gradients: () => ['pass'] },
  /** self + tensor1 * tensor2 in one kernel, which keeps the factors. */
  Addcmul: {
    operands: 3,
    infer: (context) => {
      const operands = operandsOf(context);
      return [iteratedType(operands, resultDType(operands))];
    },
    saves: saveProduct,
    gradients: (context) => [passOrSum(context)[0] ?? 'new', 'new', 'new'],
    temporaries: backwardScratch(productScratch),
    autocast: 'promote',
  },
  /** One half of an axis by the sigmoid of the other, in one kernel. */
  Glu: { infer: inferGlu, saves: () => KEEP_INPUT },
  Unfold: { infer: inferUnfold, view: () => true, gradients: firstGradient },
  Im2Col: { infer: inferIm2Col, gradients: firstGradient },
  RepeatInterleave: { infer: inferRepeatInterleave, gradients: firstGradient },
  /** The tensor, then indices by axis; the gradient is written into a tensor of zeros. */
  Index: { operands: 1, infer: inferIndex, saves: indicesFrom(1), gradients: firstGradient },
  /** The tensor, the values, then indices by axis. */
  IndexPut: {
    operands: 2,
    infer: (context) => [like(context)],
    saves: indicesFrom(2),
    gradients: indexPutGradients,
    autocast: 'promote',
  },
  /** The tensor, the values, then where along an axis they are added. */
  IndexAdd: {
    operands: 3,
    infer: (context) => [like(context)],
    saves: () => [
      { from: 'input', index: 1 },
      { from: 'input', index: 2 },
    ],
    gradients: () => ['pass', 'new', 'none'],
  },
  Diagonal: { infer: inferDiagonal, view: () => true, gradients: firstGradient },
  /** cdist. */
  Distances: {
    operands: 2,
    infer: inferDistances,
    saves: () => [...KEEP_OPERANDS, ...KEEP_OUTPUT],
    autocast: 'fp32',
  },
  /** copy_: what was there is gone, so its gradient is zeros; that of the source is the output's. */
  CopyInto: { operands: 2, infer: (context) => [input(context, 0)], gradients: () => ['new', 'pass'] },
  /**
   * A tensor of which a part was written: the second operand, which is a view of it. Backward copies the gradient, of that
   * the part, and puts zeros there where what was before wants a gradient (torch/csrc/autograd/functions/tensor.cpp,
   * CopySlices).
   */
  Rewritten: {
    operands: 2,
    infer: (context) => [input(context, 0)],
    view: () => true,
    gradients: () => ['new', 'new'],
    temporaries: (context) => ({ backward: scratchOf(input(context, context.requiresGrad(0) ? 1 : 0), 1) }),
  },
  /** Between which of the boundaries, which come second, each element is. */
  Bucketize: {
    operands: 2,
    infer: (context) => [tensor('int64', input(context, 0).shape)],
    gradients: noGradients,
  },
  /** histc. */
  Histogram: {
    infer: (context) => [tensor(input(context, 0).dtype, [numberAttribute(context.layer, 'bins', 100)])],
    gradients: noGradients,
  },
} as const satisfies Record<string, OpSpec>;
