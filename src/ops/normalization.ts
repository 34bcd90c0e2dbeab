import { booleanAttribute, dimAt, elements, input, normalizeAxis, numberAttribute, tensor } from './context.js';
import type { AutogradContext, ImpliedParameter, OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Same shape as the input, fresh memory. */
function like(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(dtype, shape);
}

function channelsOf(context: OpContext): number {
  return dimAt(input(context, 0).shape, Math.min(1, input(context, 0).shape.length - 1));
}

/** float32 statistics of `count` rows, `copies` vectors of them. */
function statistics(count: number, copies: number): Saved {
  return { from: 'new', what: 'statistics', type: tensor('float32', [copies, count]) };
}

function saveInputAnd(statistic: (context: OpContext) => Saved): (context: AutogradContext) => readonly Saved[] {
  return (context) => [{ from: 'input', index: 0 }, ...saveWeight(context), statistic(context)];
}

/** The scale is kept for the input's gradient; it is a parameter, so this costs nothing. */
function saveWeight(context: AutogradContext): readonly Saved[] {
  return context.inputs[1] && context.requiresGrad(0) ? [{ from: 'input', index: 1 }] : [];
}

/** Elements from `axis` on: what one row of a layer norm spans. */
function rowsOf(context: OpContext): number {
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length);
  return elements(shape.slice(0, axis));
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

/** Training mode names up to five outputs; all but the first are per-channel statistics. */
function inferBatchNorm(context: OpContext): readonly TensorType[] {
  const perChannel = tensor('float32', [channelsOf(context)]);
  return Array.from({ length: Math.max(1, context.outputCount) }, (_, index) =>
    index === 0 ? like(context) : perChannel,
  );
}

/** LayerNormalization and SkipLayerNormalization-like rows may name mean and inverse deviation too. */
function inferLayerNorm(context: OpContext): readonly TensorType[] {
  const { shape } = input(context, 0);
  const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length);
  const rows = tensor(
    'float32',
    shape.map((dim, index) => (index < axis ? dim : 1)),
  );
  return Array.from({ length: Math.max(1, context.outputCount) }, (_, index) => (index === 0 ? like(context) : rows));
}

/** The squares local_response_norm pools over channels, padded to keep their number: `[N, 1, C + size - 1, ...]`. */
function paddedSquares(context: OpContext): TensorType {
  const { dtype, shape } = input(context, 0);
  const pooled = dimAt(shape, 1) + numberAttribute(context.layer, 'size', 5) - 1;
  return tensor(dtype, [dimAt(shape, 0), 1, pooled, ...shape.slice(2)]);
}

const AFFINE = ['constant', 'parameter'] as const;

export const NORMALIZATION = {
  /**
   * Saves input, scale, and save_mean and save_invstd in float32 (derivatives.yaml: cudnn_batch_norm,
   * native_batch_norm). PyTorch always trains with batch statistics, whatever the export says.
   */
  BatchNormalization: {
    infer: inferBatchNorm,
    parameters: impliedBatchNorm,
    roles: ['constant', 'parameter', 'parameter', 'buffer'],
    saves: saveInputAnd((context) => statistics(channelsOf(context), 2)),
    gradients: () => ['new', 'new', 'new', 'none', 'none'],
  },
  /** native_layer_norm saves input, weight, bias, mean and rstd, one float32 each per row. */
  LayerNormalization: {
    infer: inferLayerNorm,
    roles: AFFINE,
    saves: saveInputAnd((context) => statistics(rowsOf(context), 2)),
    autocast: 'fp32',
  },
  /** torch.nn.functional.rms_norm on CUDA (`_fused_rms_norm`, PyTorch 2.8 on) saves input, weight and rstd. */
  RMSNormalization: {
    infer: inferLayerNorm,
    roles: AFFINE,
    saves: saveInputAnd((context) => statistics(rowsOf(context), 1)),
    autocast: 'fp32',
  },
  /** instance_norm runs batch_norm on `[1, N*C, ...]`: statistics, and the scale repeated, per sample and channel. */
  InstanceNormalization: {
    infer: (context) => [like(context)],
    roles: AFFINE,
    saves: saveInputAnd((context) =>
      statistics(elements(input(context, 0).shape.slice(0, 2)), context.inputs[1] ? 3 : 2),
    ),
  },
  /** native_group_norm saves input, weight, mean and rstd per sample and group. */
  GroupNormalization: {
    infer: (context) => [like(context)],
    roles: AFFINE,
    saves: saveInputAnd((context) =>
      statistics(dimAt(input(context, 0).shape, 0) * numberAttribute(context.layer, 'num_groups', 1), 2),
    ),
    autocast: 'fp32',
  },
  /** local_response_norm: square, pad, pool, then `(k + alpha * pooled) ** beta` and a division; keeps all but the pooled. */
  LRN: {
    infer: (context) => [like(context)],
    saves: (context) => [
      { from: 'input', index: 0 },
      { from: 'new', what: 'copy', type: paddedSquares(context) },
      { from: 'new', what: 'copy', type: like(context) },
      { from: 'new', what: 'copy', type: like(context) },
    ],
    autocast: 'fp32',
  },
  /** x / max(norm(x), eps): keeps input, the norm and its maximum with eps, one value each per row. */
  LpNormalization: {
    infer: (context) => [like(context)],
    saves: (context) => {
      const { shape } = input(context, 0);
      const axis = normalizeAxis(numberAttribute(context.layer, 'axis', -1), shape.length);
      return [{ from: 'input', index: 0 }, statistics(elements(shape) / Math.max(1, dimAt(shape, axis)), 2)];
    },
    autocast: 'fp32',
  },
  /** Mean and variance over the given axes, written in PyTorch as (x - mean) / std: keeps the centred input. */
  MeanVarianceNormalization: {
    infer: (context) => [like(context)],
    saves: (context) => [
      { from: 'input', index: 0 },
      { from: 'new', what: 'copy', type: like(context) },
    ],
  },
} as const satisfies Record<string, OpSpec>;
