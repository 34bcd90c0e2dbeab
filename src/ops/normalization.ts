import {
  axisOf,
  booleanAttribute,
  dimAt,
  divided,
  elements,
  input,
  isCountable,
  numberAttribute,
  numbersAttribute,
  tensor,
} from './context.js';
import { inLayoutOf, isChannelsLast, iteratedType } from './layout.js';
import { contiguousCopy, copyOf, KEEP_INPUT, like, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { ImpliedParameter, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';
import { isContiguous } from './strides.js';

function channelsOf(context: OpContext): number {
  const { shape } = input(context, 0);
  return dimAt(shape, Math.min(1, shape.length - 1));
}

/** So many tensors of float32 statistics, one each per row. */
function statistics(rows: number, tensors: number): readonly Saved[] {
  const each: Saved = { from: 'new', what: 'statistics', type: tensor('float32', [rows]) };
  return new Array<Saved>(tensors).fill(each);
}

/** Those of these inputs that there are: weights, which are there anyway. */
function weights({ inputs }: OpContext, ...indices: readonly number[]): readonly Saved[] {
  return indices.filter((index) => inputs[index]).map((index) => ({ from: 'input', index }));
}

/** An image that is made contiguous before the kernel sees it is kept as that copy. */
function keptImage(context: OpContext, isFit: boolean): readonly Saved[] {
  return isFit ? KEEP_INPUT : [copyOf(like(context))];
}

/** What a layer norm normalises lies from `axis` on: the rows are everything before. */
function rowsOf(context: OpContext): number {
  return elements(input(context, 0).shape.slice(0, axisOf(context, -1)));
}

/** Scale, shift and running statistics of C channels; Caffe's BatchNorm has the statistics alone (`affine: false`). */
function impliedBatchNorm(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const shape = [channelsOf(context)];
  const affine = booleanAttribute(context.layer, 'affine', true);
  const names = affine ? ['weight', 'bias', 'running_mean', 'running_var'] : ['running_mean', 'running_var'];
  return names.map((name) => ({
    name,
    role: name.startsWith('running') ? 'buffer' : 'parameter',
    dtype: 'float32',
    shape,
  }));
}

/** Training mode names up to five outputs; all but the first are statistics, of which there are as many as scales. */
function inferBatchNorm(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const { dtype, shape } = context.inputs[3] ?? tensor('float32', [channelsOf(context)]);
  return Array.from({ length: Math.max(1, context.outputCount) }, (_, index) =>
    index === 0 ? inLayoutOf(type, type.shape) : tensor(dtype, shape),
  );
}

/**
 * bfloat16 beside float32 scales is none of cuDNN's (Normalization.cpp, _batch_norm_impl_index): kept in any layout.
 * As many statistics as scales: with `spatial: 0`, before opset 9, every activation has one of its own.
 */
function saveBatchNorm(context: OpContext): readonly Saved[] {
  const type = input(context, 0);
  return [
    ...keptImage(context, isContiguous(type) || isChannelsLast(type) || type.dtype === 'bfloat16'),
    ...weights(context, 1, 3, 4),
    ...statistics(elements(context.inputs[1]?.shape ?? [channelsOf(context)]), 2),
  ];
}

/** LayerNormalization may name mean and inverse deviation too. */
function inferLayerNorm(context: OpContext): readonly TensorType[] {
  const { shape } = input(context, 0);
  const axis = axisOf(context, -1);
  const rows = tensor(
    'float32',
    shape.map((dim, index) => (index < axis ? dim : 1)),
  );
  return Array.from({ length: Math.max(1, context.outputCount) }, (_, index) => (index === 0 ? like(context) : rows));
}

function normsOf(context: OpContext): TensorType {
  return tensor('float32', input(context, 1).shape);
}

/**
 * One kernel takes the first axis or the last, and keeps both factors and the norms, in float32. An axis in between is
 * brought to the front in a copy, of which the norm is taken, and the quotient is kept for the product
 * (WeightNorm.cpp, norm_except_dim).
 */
function saveWeightNorm(context: OpContext): readonly Saved[] {
  const norms: Saved = { from: 'new', what: 'statistics', type: normsOf(context) };
  const kept = weights(context, 0, 1);
  const axis = numberAttribute(context.layer, 'axis', 0);
  if (axis !== 0 && axis !== input(context, 0).shape.length - 1) return [...kept, copyOf(like(context)), norms, norms];
  return [...kept, context.outputCount > 1 ? { from: 'output', index: 1 } : norms];
}

function groupsOf(context: OpContext): number {
  return divided(channelsOf(context), numberAttribute(context.layer, 'num_groups', 1));
}

function inferGroupNorm(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  groupsOf(context);
  return [inLayoutOf(type, type.shape)];
}

/** The group norm kernel takes images contiguous or channels last; any other is copied. */
function imageCopy(context: OpContext): Temporaries {
  return isChannelsLast(input(context, 0)) ? {} : contiguousCopy(context);
}

/** What element-wise arithmetic leaves: the layout of the input. */
function inferIterated(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  return [iteratedType([type], type.dtype)];
}

/** The squares local_response_norm pools over channels, padded to keep their number: `[N, 1, C + size - 1, ...]`. */
function paddedSquares(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const pooled = dimAt(shape, 1) + numberAttribute(context.layer, 'size', 5) - 1;
  return tensor(dtype, [dimAt(shape, 0), 1, pooled, ...shape.slice(2)]);
}

/** Mean and variance are over these axes; Caffe says whether the channels are among them (mvn_layer.cpp). */
function normalizedAxes({ layer }: OpContext): readonly number[] {
  const stated = numbersAttribute(layer, 'axes');
  if (stated) return stated;
  if (!('across_channels' in layer.attributes)) return [0, 2, 3];
  return booleanAttribute(layer, 'across_channels', false) ? [1, 2, 3] : [2, 3];
}

/** How many means and variances there are. */
function momentsOf(context: OpContext): number {
  const { shape } = input(context, 0);
  const axes = normalizedAxes(context);
  return elements(shape.filter((_, axis) => !axes.includes(axis) && !axes.includes(axis - shape.length)));
}

/** Backward scratch, in tensors of the input's size. */
const inputScratch =
  (tensors: number) =>
  (context: OpContext): Temporaries => ({ backward: scratchOf(input(context, 0), tensors) });

const AFFINE = ['constant', 'parameter'] as const;

/** Norms of rows, from an axis on. */
const ROWS = { infer: inferLayerNorm, roles: AFFINE, temporaries: contiguousCopy, autocast: 'fp32' } as const;

/** Sources: ONNX operator specification; derivatives.yaml; saved_tensors_hooks on CUDA tensors, torch 2.15. */
export const NORMALIZATION = {
  /**
   * Saves input, scale, running statistics, and save_mean and save_invstd in float32 (cudnn_batch_norm,
   * native_batch_norm). PyTorch always trains with batch statistics, whatever the export says.
   */
  BatchNormalization: {
    infer: inferBatchNorm,
    parameters: impliedBatchNorm,
    roles: ['constant', 'parameter', 'parameter', 'buffer'],
    saves: saveBatchNorm,
    gradients: () => ['new', 'new', 'new', 'none', 'none'],
  },
  /** native_layer_norm saves input, weight, bias, mean and rstd, one float32 each per row. */
  LayerNormalization: {
    ...ROWS,
    saves: (context) => [...KEEP_INPUT, ...weights(context, 1, 2), ...statistics(rowsOf(context), 2)],
  },
  /** torch.nn.functional.rms_norm on CUDA (`_fused_rms_norm`, PyTorch 2.8 on) saves input, weight and rstd. */
  RMSNormalization: {
    ...ROWS,
    saves: (context) => [...KEEP_INPUT, ...weights(context, 1), ...statistics(rowsOf(context), 1)],
  },
  /** instance_norm runs batch_norm on `[1, N*C, ...]`: statistics, and the scale repeated, per sample and channel. */
  InstanceNormalization: {
    infer: (context) => [like(context)],
    roles: AFFINE,
    saves: (context) => {
      const type = input(context, 0);
      const count = elements(type.shape.slice(0, 2));
      return [...keptImage(context, isContiguous(type)), ...statistics(count, context.inputs[1] ? 3 : 2)];
    },
  },
  /** native_group_norm saves input, weight, mean and rstd per sample and group. */
  GroupNormalization: {
    infer: inferGroupNorm,
    roles: AFFINE,
    saves: (context) => [
      ...KEEP_INPUT,
      ...weights(context, 1),
      ...statistics(dimAt(input(context, 0).shape, 0) * groupsOf(context), 2),
    ],
    temporaries: imageCopy,
    autocast: 'fp32',
  },
  /** local_response_norm: square, pad, pool, then `(k + alpha * pooled) ** beta` and a division; keeps all but the pooled. */
  LRN: {
    infer: (context) => {
      if (!isCountable(paddedSquares(context).shape)) throw new ShapeError('LRN over no number of channels');
      return inferIterated(context);
    },
    saves: (context) => [...KEEP_INPUT, copyOf(paddedSquares(context)), copyOf(like(context)), copyOf(like(context))],
    temporaries: inputScratch(4),
    autocast: 'fp32',
  },
  /** x / max(norm(x), eps): keeps input, the norm and its maximum with eps, one value each per row. */
  LpNormalization: {
    infer: (context) => {
      axisOf(context, -1);
      return inferIterated(context);
    },
    saves: (context) => {
      const { shape } = input(context, 0);
      return [...KEEP_INPUT, ...statistics(elements(shape.toSpliced(axisOf(context, -1), 1)), 2)];
    },
    temporaries: inputScratch(3),
    autocast: 'fp32',
  },
  /** (x - mean) / std: std keeps its input and itself, the division the centred input besides. */
  MeanVarianceNormalization: {
    infer: inferIterated,
    saves: (context) => [...KEEP_INPUT, ...statistics(momentsOf(context), 1), copyOf(like(context))],
    temporaries: inputScratch(3),
  },
  /**
   * v * (g / norm(v)) of a weight. Both want a gradient of their own (WeightNorm.cpp, _weight_norm; derivatives.yaml:
   * _weight_norm_interface).
   */
  WeightNorm: {
    operands: 2,
    infer: (context) => [like(context), normsOf(context)].slice(0, Math.max(1, context.outputCount)),
    saves: saveWeightNorm,
    roles: ['parameter'],
  },
} as const satisfies Record<string, OpSpec>;
