import { flag, parameters } from './layer.js';
import type { CaffeLayer } from './layer.js';
import { count, number, size } from './message.js';
import { required, step } from './step.js';
import type { Converter } from './step.js';

/** Matrix product over everything from `axis` on, which is 1 but for recurrent nets. */
const innerProduct: Converter = (layer) => {
  const message = parameters(layer, 'inner_product_param');
  const axis = size(message, 'axis') ?? 1;
  const product = {
    out_features: required(count(message, 'num_output'), layer, 'num_output'),
    bias: flag(message, 'bias_term', true),
  };
  if (axis !== 1) return step('InnerProduct', { ...product, axis });
  return [...step('Flatten', { axis }), ...step('Gemm', { ...product, transB: 1 })];
};

/** Mean and variance alone; the scale and shift are a Scale layer of their own. */
const batchNorm: Converter = (layer) => {
  const message = parameters(layer, 'batch_norm_param');
  return step('BatchNormalization', {
    epsilon: number(message, 'eps') ?? 1e-5,
    affine: false,
    use_global_stats: message.fields.has('use_global_stats') ? flag(message, 'use_global_stats', true) : undefined,
  });
};

/** The axes a Scale or Bias spans: read from the file where its second bottom does not say. */
function spans(layer: CaffeLayer, name: string): Record<string, number | undefined> {
  const message = parameters(layer, name);
  return {
    axis: size(message, 'axis') ?? 1,
    num_axes: layer.bottoms.length > 1 ? undefined : (size(message, 'num_axes') ?? 1),
  };
}

const recurrent =
  (type: 'CaffeLstm' | 'CaffeRnn'): Converter =>
  (layer) =>
    step(type, {
      hidden_size: required(count(parameters(layer, 'recurrent_param'), 'num_output'), layer, 'num_output'),
    });

export const WEIGHTED: Readonly<Record<string, Converter>> = {
  InnerProduct: innerProduct,
  BatchNorm: batchNorm,
  CuDNNBatchNorm: batchNorm,
  /** SegNet's and PSPNet's own layer carries slope and bias too. */
  BN: (layer) =>
    step('BatchNormalization', { epsilon: number(parameters(layer, 'bn_param'), 'eps') ?? 1e-5, affine: true }),
  Scale: (layer) =>
    step('Scale', { ...spans(layer, 'scale_param'), bias: flag(parameters(layer, 'scale_param'), 'bias_term', false) }),
  Bias: (layer) => step('Bias', spans(layer, 'bias_param')),
  PReLU: (layer) => step('PRelu', { channel_shared: flag(parameters(layer, 'prelu_param'), 'channel_shared', false) }),
  Normalize: (layer) => {
    const message = parameters(layer, 'norm_param');
    return step('Normalize', {
      across_spatial: flag(message, 'across_spatial', true),
      channel_shared: flag(message, 'channel_shared', true),
    });
  },
  Embed: (layer) => {
    const message = parameters(layer, 'embed_param');
    return step('Embed', {
      input_dim: required(count(message, 'input_dim'), layer, 'input_dim'),
      out_features: required(count(message, 'num_output'), layer, 'num_output'),
      bias: flag(message, 'bias_term', true),
    });
  },
  LSTM: recurrent('CaffeLstm'),
  RNN: recurrent('CaffeRnn'),
};
