import {
  booleanAttribute,
  dimAt,
  divided,
  elements,
  input,
  numberAttribute,
  numbersAttribute,
  output,
  stringAttribute,
  tensor,
} from './context.js';
import { inLayoutOf, isChannelsLast } from './layout.js';
import { contiguousCopy, KEEP_OPERANDS, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { ImpliedParameter, OpContext, OpSpec, Saved, Temporaries, TensorType } from './spec.js';
import { windowOf, windowedSize } from './window.js';

/** `group: -1` (Caffe's depthwise layers) means one group per input channel. All groups are of one size. */
function groupsOf(context: OpContext): number {
  const channels = dimAt(input(context, 0).shape, 1);
  const group = numberAttribute(context.layer, 'group', 1);
  return divided(channels, group === -1 ? channels : group);
}

/** Spatial kernel sizes, from the weight `[M, C/group, k...]`. */
function kernelOf(context: OpContext): readonly number[] {
  return input(context, 1).shape.slice(2);
}

/** `Conv`, ONNX opset 1-22: X `[N, C, d...]`, W `[M, C/group, k...]`, output `[N, M, windowed d...]`. */
function inferConv(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const weight = input(context, 1).shape;
  const channels = dimAt(type.shape, 1);
  const groups = groupsOf(context);
  if (dimAt(weight, 1) * groups !== channels) {
    throw new ShapeError(`Conv weight [${weight.join(', ')}] does not fit ${channels} channels in ${groups} groups`);
  }
  divided(dimAt(weight, 0), groups, 'output channels');
  const spatial = windowedSize(type.shape.slice(2), windowOf(context.layer, kernelOf(context)));
  return [inLayoutOf(type, [dimAt(type.shape, 0), dimAt(weight, 0), ...spatial])];
}

/** Weight and bias that a layer without its own implies: `[M, C/group, k...]` (Conv) or `[C, M/group, k...]` (transposed). */
function impliedConv(transposed: boolean): (context: OpContext) => readonly ImpliedParameter[] {
  return (context) => {
    if (context.inputs[1]) return [];
    const { dtype, shape } = input(context, 0);
    const kernel = numbersAttribute(context.layer, 'kernel_shape');
    if (!kernel) throw new ShapeError(`${context.layer.type} has neither a weight nor kernel_shape`);
    const channels = dimAt(shape, 1);
    const out = numberAttribute(context.layer, 'out_channels', channels);
    const groups = divided(out, groupsOf(context), 'output channels');
    const matrix = transposed ? [channels, out / groups] : [out, channels / groups];
    const weight = { name: 'weight', role: 'parameter', dtype, shape: [...matrix, ...kernel] } as const;
    const bias = { name: 'bias', role: 'parameter', dtype, shape: [out] } as const;
    return booleanAttribute(context.layer, 'bias', true) ? [weight, bias] : [weight];
  };
}

/** `ConvTranspose`, ONNX opset 1-22: out = stride * (in - 1) + output_padding + (k - 1) * dilation + 1 - pads. */
function transposedSize(context: OpContext): readonly number[] {
  const { layer } = context;
  const kernel = kernelOf(context);
  const window = windowOf(layer, kernel);
  const sizes = input(context, 0).shape.slice(2);
  if (sizes.length !== kernel.length) {
    throw new ShapeError(`a ${kernel.length}-d window cannot slide over ${sizes.length} spatial axes`);
  }
  const forced = numbersAttribute(layer, 'output_shape');
  if (forced) return forced.slice(-sizes.length);
  const isSame = stringAttribute(layer, 'auto_pad', 'NOTSET').startsWith('SAME');
  const extra = numbersAttribute(layer, 'output_padding');
  return sizes.map((size, axis) => {
    const stride = window.strides[axis] ?? 1;
    if (isSame) return size * stride;
    const span = ((kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    return stride * (size - 1) + (extra?.[axis] ?? 0) + span - (window.begins[axis] ?? 0) - (window.ends[axis] ?? 0);
  });
}

function inferConvTranspose(context: OpContext): readonly TensorType[] {
  const type = input(context, 0);
  const channels = dimAt(type.shape, 1);
  const weight = input(context, 1).shape;
  if (dimAt(weight, 0) !== channels) {
    throw new ShapeError(`ConvTranspose weight [${weight.join(', ')}] does not fit ${channels} channels`);
  }
  const out = dimAt(weight, 1) * groupsOf(context);
  return [inLayoutOf(type, [dimAt(type.shape, 0), out, ...transposedSize(context)])];
}

/** 2 x N x M x C/group x k... x spatial positions; of the output for Conv, of the input for ConvTranspose. */
function convFlops(positionsOf: 'input' | 'output'): (context: OpContext) => number {
  return (context) => {
    const weight = input(context, 1).shape;
    const at = positionsOf === 'output' ? output(context, 0).shape : input(context, 0).shape;
    return 2 * elements(weight) * dimAt(at, 0) * elements(at.slice(2));
  };
}

/** cuDNN takes images contiguous or channels last; any other is copied (aten/src/ATen/native/Convolution.cpp). */
function imageCopy(context: OpContext): Temporaries {
  return isChannelsLast(input(context, 0)) ? {} : contiguousCopy(context);
}

/**
 * One formula gives all gradients of a convolution, so both operands are kept, whichever gradient is wanted: a frozen
 * convolution keeps its input (derivatives.yaml: convolution_backward; seen with saved_tensors_hooks, torch 2.15).
 */
const CONVOLVED = {
  operands: 2,
  roles: ['constant', 'parameter'],
  saves: () => KEEP_OPERANDS,
  temporaries: imageCopy,
  autocast: 'lower',
  library: 'cudnn',
} as const satisfies Partial<OpSpec>;

/** torchvision computes so many images at once: the largest divisor of the batch up to this (deform_conv2d_kernel.cu). */
const MAX_PARALLEL_IMAGES = 32;

/** Every window's elements, gathered for the images that are computed at once, and in backward their gradient too. */
function deformedColumns(context: OpContext): Temporaries {
  const { dtype, shape } = input(context, 0);
  const [batch = 1, , ...spatial] = output(context, 0).shape;
  let images = Math.min(batch, MAX_PARALLEL_IMAGES);
  while (images > 1 && batch % images !== 0) images--;
  const columns = tensor(dtype, [dimAt(shape, 1) * elements(kernelOf(context)), images, ...spatial]);
  return { forward: scratchOf(columns, 1), backward: scratchOf(columns, 1) };
}

export const CONVOLUTION = {
  Conv: { ...CONVOLVED, infer: inferConv, parameters: impliedConv(false), flops: convFlops('output') },
  ConvTranspose: {
    ...CONVOLVED,
    infer: inferConvTranspose,
    parameters: impliedConv(true),
    flops: convFlops('input'),
  },
  /**
   * torchvision.ops.deform_conv2d keeps all it reads: input, weight, offsets, bias, mask (deform_conv2d_kernel.cpp); the
   * gathered columns are multiplied by addmm_.
   */
  DeformConv: {
    operands: 3,
    infer: inferConv,
    roles: ['constant', 'parameter', 'constant', 'parameter', 'constant'],
    flops: convFlops('output'),
    saves: ({ inputs }) => inputs.flatMap((type, index): Saved[] => (type ? [{ from: 'input', index }] : [])),
    temporaries: deformedColumns,
    autocast: 'fp32',
    library: 'cublas',
  },
} as const satisfies Record<string, OpSpec>;
