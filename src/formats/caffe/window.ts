import type { CaffeLayer } from './layer.js';
import { flag, parameters } from './layer.js';
import { count, counts, enumeration, number, size } from './message.js';
import { required, step } from './step.js';
import type { Converter, Step } from './step.js';
import type { Message } from './text.js';

/** What is said per axis: the field for all axes, those for height and width, and the least that can be meant. */
interface PerAxis {
  readonly names: readonly [all: string, height: string, width: string];
  readonly least: number;
}

const KERNEL: PerAxis = { names: ['kernel_size', 'kernel_h', 'kernel_w'], least: 1 };
const STRIDE: PerAxis = { names: ['stride', 'stride_h', 'stride_w'], least: 1 };
const PAD: PerAxis = { names: ['pad', 'pad_h', 'pad_w'], least: 0 };

/** Height and width said each by itself, or one number for all spatial axes, or one per axis. */
function perAxis(message: Message, { names, least }: PerAxis): readonly number[] | undefined {
  const [all, height, width] = names;
  const h = count(message, height, least);
  const w = count(message, width, least);
  if (h !== undefined || w !== undefined) return [h ?? w ?? 0, w ?? h ?? 0];
  const listed = counts(message, all, least);
  const [first] = listed;
  if (first === undefined) return undefined;
  return listed.length === 1 ? [first, first] : listed;
}

function spread(values: readonly number[] | undefined, rank: number, fallback: number): number[] {
  return Array.from({ length: rank }, (_, axis) => values?.[axis] ?? values?.[0] ?? fallback);
}

/** kernel_shape, strides and pads, which convolution and pooling write alike; pads are the same on both sides. */
function windowOf(message: Message, kernel: readonly number[]): Record<string, readonly number[]> {
  const rank = kernel.length;
  const pads = spread(perAxis(message, PAD), rank, 0);
  return {
    kernel_shape: kernel,
    strides: spread(perAxis(message, STRIDE), rank, 1),
    pads: [...pads, ...pads],
  };
}

function convolve(layer: CaffeLayer, type: 'Conv' | 'ConvTranspose', group: number | undefined): readonly Step[] {
  const message = parameters(layer, 'convolution_param');
  const kernel = required(perAxis(message, KERNEL), layer, 'kernel_size');
  return step(type, {
    out_channels: required(count(message, 'num_output'), layer, 'num_output'),
    ...windowOf(message, kernel),
    dilations: spread(counts(message, 'dilation', 1), kernel.length, 1),
    group: group ?? count(message, 'group') ?? 1,
    bias: flag(message, 'bias_term', true),
  });
}

/** One group per input channel. */
const DEPTHWISE = -1;

const depthwise: Converter = (layer) => convolve(layer, 'Conv', DEPTHWISE);

const POOL_METHODS = ['MAX', 'AVE', 'STOCHASTIC'];
const ROUND_MODES = ['CEIL', 'FLOOR'];

/** Caffe rounds up; BVLC's `round_mode: FLOOR` and the forks' `ceil_mode: false` change that. */
function roundsUp(message: Message): boolean {
  return enumeration(message, 'round_mode', ROUND_MODES) !== 'FLOOR' && flag(message, 'ceil_mode', true);
}

/** Stochastic pooling picks one element of each window as max pooling does, and keeps its index. */
const pool: Converter = (layer) => {
  const message = parameters(layer, 'pooling_param');
  const averages = enumeration(message, 'pool', POOL_METHODS) === 'AVE';
  if (flag(message, 'global_pooling', false)) return step(averages ? 'GlobalAveragePool' : 'GlobalMaxPool');
  const kernel = required(perAxis(message, KERNEL), layer, 'kernel_size');
  return step(averages ? 'AveragePool' : 'MaxPool', {
    ...windowOf(message, kernel),
    ceil_mode: Number(roundsUp(message)),
    caffe_rounding: true,
    count_include_pad: averages ? 1 : undefined,
  });
};

const im2col: Converter = (layer) => {
  const message = parameters(layer, 'convolution_param');
  const kernel = required(perAxis(message, KERNEL), layer, 'kernel_size');
  return step('Im2col', {
    ...windowOf(message, kernel),
    dilations: spread(counts(message, 'dilation', 1), kernel.length, 1),
  });
};

/** `Interp` (DeepLab, PSPNet) and `Upsample` (SegNet, YOLO) resize by a factor, to a size, or to the size of bottom 1. */
const resize: Converter = (layer) => {
  const message = parameters(layer, 'interp_param', 'upsample_param');
  return step('Interp', {
    height: size(message, 'height') ?? size(message, 'upsample_h'),
    width: size(message, 'width') ?? size(message, 'upsample_w'),
    scale: size(message, 'scale'),
    zoom_factor: size(message, 'zoom_factor'),
    shrink_factor: size(message, 'shrink_factor'),
    pad_beg: size(message, 'pad_beg'),
    pad_end: size(message, 'pad_end'),
  });
};

const LRN_REGIONS = ['ACROSS_CHANNELS', 'WITHIN_CHANNEL'];

export const WINDOW: Readonly<Record<string, Converter>> = {
  Convolution: (layer) => convolve(layer, 'Conv', undefined),
  ConvolutionDepthwise: depthwise,
  DepthwiseConvolution: depthwise,
  Deconvolution: (layer) => convolve(layer, 'ConvTranspose', undefined),
  DeconvolutionDepthwise: (layer) => convolve(layer, 'ConvTranspose', DEPTHWISE),
  Pooling: pool,
  Im2col: im2col,
  Interp: resize,
  Upsample: resize,
  SPP: (layer) => step('SPP', { pyramid_height: size(parameters(layer, 'spp_param'), 'pyramid_height') }),
  LRN: (layer) => {
    const message = parameters(layer, 'lrn_param');
    return step('LRN', {
      size: size(message, 'local_size') ?? 5,
      alpha: number(message, 'alpha') ?? 1,
      beta: number(message, 'beta') ?? 0.75,
      bias: number(message, 'k') ?? 1,
      norm_region: enumeration(message, 'norm_region', LRN_REGIONS),
    });
  },
};
