import {
  dimAt,
  elements,
  input,
  integers,
  normalizeAxis,
  numberAttribute,
  stringAttribute,
  tensor,
} from './context.js';
import { foldedInputs } from './elementwise.js';
import { concatValues, gatherValues } from './fold.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

function axisOf(context: OpContext, fallback: number): number {
  return normalizeAxis(numberAttribute(context.layer, 'axis', fallback), input(context, 0).shape.length);
}

/** The input's own type, in fresh memory. */
function like(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  return [tensor(dtype, shape)];
}

/** Dims off the axis must agree. */
function inferConcat(context: OpContext): readonly TensorType[] {
  const first = input(context, 0);
  const axis = axisOf(context, 1);
  const types = context.inputs.filter((type) => type !== undefined);
  for (const { shape } of types) {
    const agrees =
      shape.length === first.shape.length && shape.every((dim, at) => at === axis || dim === first.shape[at]);
    if (!agrees)
      throw new ShapeError(`[${first.shape.join(', ')}] and [${shape.join(', ')}] do not join along axis ${axis}`);
  }
  const total = types.reduce((sum, { shape }) => sum + dimAt(shape, axis), 0);
  return [tensor(first.dtype, first.shape.with(axis, total))];
}

function inferGather(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const axis = axisOf(context, 0);
  return [tensor(dtype, [...shape.slice(0, axis), ...input(context, 1).shape, ...shape.slice(axis + 1)])];
}

function inferGatherND(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const indices = input(context, 1).shape;
  const batch = numberAttribute(context.layer, 'batch_dims', 0);
  return [tensor(dtype, [...indices.slice(0, -1), ...shape.slice(batch + (indices.at(-1) ?? 0))])];
}

/** `Pad`: begins and ends of every axis, or of the axes named (opset 18); negative ones crop. */
function inferPad(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const pads = integers(context, 1, 'pads');
  if (!pads) throw new ShapeError('the pads of Pad are not a constant');
  const axes = context.value(3)?.map((axis) => normalizeAxis(axis, shape.length)) ?? shape.map((_, axis) => axis);
  const padded = [...shape];
  axes.forEach((axis, index) => {
    padded[axis] = dimAt(shape, axis) + (pads[index] ?? 0) + (pads[index + axes.length] ?? 0);
  });
  return [tensor(dtype, padded)];
}

function inferTile(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const repeats = context.value(1) ?? integers(context, 1, 'repeats');
  if (!repeats) throw new ShapeError('the repeats of Tile are not a constant');
  return [
    tensor(
      dtype,
      shape.map((dim, axis) => dim * (repeats[axis] ?? 1)),
    ),
  ];
}

function inferTopK(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const count = integers(context, 1, 'k')?.[0];
  if (count === undefined) throw new ShapeError('the k of TopK is not a constant');
  const taken = shape.with(axisOf(context, -1), count);
  return [tensor(dtype, taken), tensor('int64', taken)];
}

function inferOneHot(context: OpContext): readonly TensorType[] {
  const depth = context.value(1)?.[0];
  if (depth === undefined) throw new ShapeError('the depth of OneHot is not a constant');
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length + 1);
  return [tensor(input(context, 2).dtype, shape.toSpliced(axis, 0, depth))];
}

const FIRST_ONLY = (context: OpContext): ('new' | 'none')[] =>
  context.inputs.map((_, index) => (index === 0 ? 'new' : 'none'));
const INDICES = [{ from: 'input', index: 1 }] as const;

/** Rows that write updates into a copy of their data; autograd keeps the indices and routes gradients by them. */
const SCATTER: OpSpec = { infer: like, saves: () => INDICES, gradients: () => ['new', 'none', 'new'] };

/** Sources: ONNX operator specification; PyTorch tools/autograd/derivatives.yaml. */
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
    infer: inferGather,
    evaluate: (context) => {
      const [values, indices] = [context.value(0), context.value(1)];
      return [
        values && indices && gatherValues({ shape: input(context, 0).shape, values }, indices, axisOf(context, 0)),
      ];
    },
    saves: () => INDICES,
    gradients: FIRST_ONLY,
    roles: ['parameter', 'constant'],
  },
  /** torch.gather keeps its input too, for the sizes (derivatives.yaml: gather_backward). */
  GatherElements: {
    infer: (context) => [tensor(input(context, 0).dtype, input(context, 1).shape)],
    saves: () => [{ from: 'input', index: 0 }, ...INDICES],
    gradients: FIRST_ONLY,
  },
  GatherND: { infer: inferGatherND, saves: () => INDICES, gradients: FIRST_ONLY },
  /** index_put, which autocast promotes (ATen/autocast_mode.h). */
  ScatterND: { ...SCATTER, autocast: 'widest' },
  ScatterElements: SCATTER,
  Scatter: SCATTER,
  /** reflection_pad and replication_pad keep their input; a constant or circular one keeps nothing. */
  Pad: {
    infer: inferPad,
    saves: ({ layer }) =>
      ['reflect', 'edge'].includes(stringAttribute(layer, 'mode', 'constant')) ? [{ from: 'input', index: 0 }] : [],
    gradients: FIRST_ONLY,
  },
  Tile: { infer: inferTile, gradients: FIRST_ONLY },
  Trilu: { infer: like, gradients: FIRST_ONLY },
  /** topk keeps its indices. */
  TopK: {
    infer: inferTopK,
    saves: (context) => [{ from: 'new', what: 'indices', type: tensor('int64', context.outputs[0]?.shape ?? []) }],
    gradients: FIRST_ONLY,
  },
  OneHot: { infer: inferOneHot, gradients: ({ inputs }) => inputs.map(() => 'none') },
  ReverseSequence: { infer: like, gradients: FIRST_ONLY },
  /** How many elements are not zero only the data knows: the bound is all of them. */
  NonZero: {
    infer: (context) => {
      const { shape } = input(context, 0);
      return [tensor('int64', [shape.length, elements(shape)])];
    },
    gradients: () => ['none'],
  },
  /** Likewise for what a mask keeps: the bound is everything. */
  Compress: { infer: like, saves: () => INDICES, gradients: FIRST_ONLY },
} as const satisfies Record<string, OpSpec>;
