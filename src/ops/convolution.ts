import {
  booleanAttribute,
  dimAt,
  elements,
  input,
  isDifferentiable,
  numberAttribute,
  numbersAttribute,
  output,
  stringAttribute,
  tensor,
} from './context.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, ImpliedParameter, OpContext, OpSpec, Saved } from './spec.js';
import { windowOf, windowedSize } from './window.js';

/** `group: -1` (Caffe's depthwise layers) means one group per input channel. */
function groupsOf(context: OpContext): number {
  const group = numberAttribute(context.layer, 'group', 1);
  return group === -1 ? dimAt(input(context, 0).shape, 1) : group;
}

/** Spatial kernel sizes: from the weight `[M, C/group, k...]` where there is one, else from the attributes. */
function kernelOf(context: OpContext): readonly number[] {
  const kernel = context.inputs[1]?.shape.slice(2) ?? numbersAttribute(context.layer, 'kernel_shape');
  if (!kernel) throw new ShapeError(`${context.layer.type} has neither a weight nor kernel_shape`);
  return kernel;
}

/** `Conv`, ONNX opset 1-22: X `[N, C, d...]`, W `[M, C/group, k...]`, output `[N, M, windowed d...]`. */
function inferConv(context: OpContext): readonly [ReturnType<typeof tensor>] {
  const { dtype, shape } = input(context, 0);
  const weight = context.inputs[1]?.shape;
  const channels = dimAt(shape, 1);
  const groups = groupsOf(context);
  if (weight && dimAt(weight, 1) * groups !== channels) {
    throw new ShapeError(`Conv weight [${weight.join(', ')}] does not fit ${channels} channels in ${groups} groups`);
  }
  const spatial = windowedSize(shape.slice(2), windowOf(context.layer, kernelOf(context)));
  const out = weight ? dimAt(weight, 0) : numberAttribute(context.layer, 'out_channels', channels);
  return [tensor(dtype, [dimAt(shape, 0), out, ...spatial])];
}

/** Weight and bias that a layer without its own implies: `[M, C/group, k...]` (Conv) or `[C, M/group, k...]` (transposed). */
function impliedConv(transposed: boolean): (context: OpContext) => readonly ImpliedParameter[] {
  return (context) => {
    if (context.inputs[1]) return [];
    const { dtype, shape } = input(context, 0);
    const channels = dimAt(shape, 1);
    const out = numberAttribute(context.layer, 'out_channels', channels);
    const groups = groupsOf(context);
    const matrix = transposed ? [channels, out / groups] : [out, channels / groups];
    const weight = { name: 'weight', role: 'parameter', dtype, shape: [...matrix, ...kernelOf(context)] } as const;
    const bias = { name: 'bias', role: 'parameter', dtype, shape: [out] } as const;
    return booleanAttribute(context.layer, 'bias', true) ? [weight, bias] : [weight];
  };
}

/** `ConvTranspose`, ONNX opset 11: out = stride * (in - 1) + output_padding + (k - 1) * dilation + 1 - pads. */
function inferConvTranspose(context: OpContext): readonly [ReturnType<typeof tensor>] {
  const { layer } = context;
  const { dtype, shape } = input(context, 0);
  const kernel = kernelOf(context);
  const window = windowOf(layer, kernel);
  const extra = numbersAttribute(layer, 'output_padding');
  const forced = numbersAttribute(layer, 'output_shape');
  const same = stringAttribute(layer, 'auto_pad', 'NOTSET').startsWith('SAME');
  const spatial = shape.slice(2).map((size, axis) => {
    const stride = window.strides[axis] ?? 1;
    if (same) return size * stride;
    const span = ((kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    return stride * (size - 1) + (extra?.[axis] ?? 0) + span - (window.begins[axis] ?? 0) - (window.ends[axis] ?? 0);
  });
  const weight = context.inputs[1]?.shape;
  if (weight && dimAt(weight, 0) !== dimAt(shape, 1)) {
    throw new ShapeError(`ConvTranspose weight [${weight.join(', ')}] does not fit ${dimAt(shape, 1)} channels`);
  }
  const out = weight ? dimAt(weight, 1) * groupsOf(context) : numberAttribute(layer, 'out_channels', dimAt(shape, 1));
  return [tensor(dtype, [dimAt(shape, 0), out, ...(forced?.slice(-spatial.length) ?? spatial)])];
}

/** 2 x N x M x C/group x k... x spatial positions; of the output for Conv, of the input for ConvTranspose. */
function convFlops(positionsOf: 'input' | 'output'): (context: OpContext) => number {
  return (context) => {
    const weight = input(context, 1).shape;
    const at = positionsOf === 'output' ? output(context, 0).shape : input(context, 0).shape;
    return 2 * elements(weight) * dimAt(at, 0) * elements(at.slice(2));
  };
}

/**
 * One formula gives all gradients of a convolution, so both operands are kept, whichever gradient is wanted: a frozen
 * convolution keeps its input (derivatives.yaml: convolution_backward; seen with saved_tensors_hooks, torch 2.15).
 */
const BOTH = [
  { from: 'input', index: 0 },
  { from: 'input', index: 1 },
] as const;

/** A product needs each operand for the other's gradient, and keeps no more than that (derivatives.yaml: mm, bmm, mul). */
export function saveOperands(context: AutogradContext): readonly Saved[] {
  const saved: Saved[] = [];
  if (context.requiresGrad(1)) saved.push({ from: 'input', index: 0 });
  if (context.requiresGrad(0)) saved.push({ from: 'input', index: 1 });
  return saved;
}

export const CONVOLUTION = {
  Conv: {
    infer: inferConv,
    parameters: impliedConv(false),
    roles: ['constant', 'parameter'],
    flops: convFlops('output'),
    saves: () => BOTH,
    autocast: 'lower',
  },
  ConvTranspose: {
    infer: inferConvTranspose,
    parameters: impliedConv(true),
    roles: ['constant', 'parameter'],
    flops: convFlops('input'),
    saves: () => BOTH,
    autocast: 'lower',
  },
} as const satisfies Record<string, OpSpec>;

/** True for the layers whose library (cuDNN) may ask for a workspace of its own. */
export function asksWorkspace(type: string, context: OpContext): boolean {
  return type in CONVOLUTION && isDifferentiable(context.inputs[0]);
}
