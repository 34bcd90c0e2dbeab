import type { Call, GivenAttributes, Row } from '../call.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** A list of one is meant for every spatial axis; a number, too. */
export function spatial(call: Call, name: string, rank: number): readonly number[] | undefined {
  const values = call.numbers(name);
  if (!values || values.length === 0) return undefined;
  return values.length === 1 ? new Array<number>(rank).fill(values[0] ?? 0) : values;
}

/** PyTorch pads both ends alike. */
export function padsOf(call: Call, rank: number, name = 'padding'): readonly number[] | undefined {
  const pads = spatial(call, name, rank);
  return pads && [...pads, ...pads];
}

/** `padding` is a number per axis, or `same` or `valid`. */
function windowOf(call: Call): GivenAttributes {
  const rank = Math.max(0, call.rankOf(call.operand('weight')) - 2);
  const mode = call.text('padding');
  return {
    strides: spatial(call, 'stride', rank),
    dilations: spatial(call, 'dilation', rank),
    group: call.number('groups', 1),
    ...(mode === undefined ? { pads: padsOf(call, rank) } : { auto_pad: mode === 'same' ? 'SAME_UPPER' : 'VALID' }),
  };
}

function transposedWindow(call: Call): GivenAttributes {
  const rank = Math.max(0, call.rankOf(call.operand('weight')) - 2);
  return { ...windowOf(call), output_padding: spatial(call, 'output_padding', rank) };
}

const OPERANDS = ['input', 'weight', 'bias'];
const conv = row('Conv', OPERANDS, windowOf);
const convTransposed = row('ConvTranspose', OPERANDS, transposedWindow);

/** What a decomposed export calls all of them. */
const convolution: Row = (call) => {
  (call.number('transposed', 0) === 0 ? conv : convTransposed)(call);
};

export const CONVOLUTION: Rows = {
  ...all(['conv1d', 'conv2d', 'conv3d'], conv),
  ...all(['conv_transpose1d', 'conv_transpose2d', 'conv_transpose3d'], convTransposed),
  convolution,
};
