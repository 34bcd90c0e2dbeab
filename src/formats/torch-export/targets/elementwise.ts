import type { OpType } from '../../../ops/index.js';
import type { Call, Row } from '../call.js';
import { all, row, scalar } from './rows.js';
import type { Rows } from './rows.js';

const PAIR = ['self', 'other'];

const binary = (type: OpType): Row => row(type, PAIR);

/** `ne` has no name of its own. */
function notEqual(call: Call): void {
  call.result('Not', [call.layer('Equal', [call.operand('self'), call.operand('other')])]);
}

/** clamp(min, max), either of which may be absent; hardtanh and relu6 are that. */
const clip = (low: string, high: string, bounds: readonly [number, number] | [] = []): Row => {
  return (call) => {
    const self = call.operand('self');
    const [least, most] = bounds.map((value) => scalar(call, value));
    const given = [call.operand(low) || (least ?? ''), call.operand(high) || (most ?? '')];
    call.result('Clip', [self, ...given]);
  };
};

/** masked_fill keeps its mask, as where does. */
function maskedFill(call: Call): void {
  call.result('Where', [call.operand('mask'), call.operand('value'), call.operand('self')]);
}

/** square is pow(x, 2) (aten/src/ATen/native/UnaryOps.cpp). */
function square(call: Call): void {
  call.result('Pow', [call.operand('self'), scalar(call, 2)]);
}

/** `outer(self, vec2)`: a column times a row (aten/src/ATen/native/LinearAlgebra.cpp). */
function outer(call: Call): void {
  const column = call.layer('Unsqueeze', [call.operand('self')], { axes: [1] });
  call.result('Mul', [column, call.operand('vec2')]);
}

/** Of two tensors, `max.other`; else `max` reduces, which stands elsewhere. */
export const ELEMENTWISE: Rows = {
  add: binary('Add'),
  ...all(['sub', 'subtract'], binary('Sub')),
  rsub: row('Sub', ['other', 'self']),
  ...all(['mul', 'multiply'], binary('Mul')),
  ...all(['div', 'floor_divide', 'true_divide', 'divide'], binary('Div')),
  ...all(['remainder'], binary('Mod')),
  fmod: row('Mod', PAIR, () => ({ fmod: 1 })),
  outer,
  pow: row('Pow', ['self', 'exponent']),
  square,
  addcmul: row('Addcmul', ['self', 'tensor1', 'tensor2']),
  addcdiv: row('Addcdiv', ['self', 'tensor1', 'tensor2']),
  lerp: row('Lerp', ['self', 'end', 'weight']),
  ...all(['atan2', 'arctan2'], binary('Atan2')),
  ...all(['cross', 'linalg_cross'], binary('Cross')),
  hypot: binary('Hypot'),
  logaddexp: binary('LogAddExp'),
  ...all(['xlogy', 'special_xlogy'], binary('XLogY')),
  ...all(['maximum', 'max.other', 'fmax'], binary('Max')),
  ...all(['minimum', 'min.other', 'fmin'], binary('Min')),
  eq: binary('Equal'),
  ...all(['ne', 'not_equal'], notEqual),
  ...all(['gt', 'greater'], binary('Greater')),
  ...all(['lt', 'less'], binary('Less')),
  ...all(['ge', 'greater_equal'], binary('GreaterOrEqual')),
  ...all(['le', 'less_equal'], binary('LessOrEqual')),
  ...all(['__and__', 'bitwise_and'], binary('BitwiseAnd')),
  ...all(['__or__', 'bitwise_or'], binary('BitwiseOr')),
  ...all(['__xor__', 'bitwise_xor'], binary('BitwiseXor')),
  bitwise_not: row('BitwiseNot'),
  logical_and: binary('And'),
  logical_or: binary('Or'),
  logical_xor: binary('Xor'),
  logical_not: row('Not'),
  isnan: row('IsNaN'),
  isinf: row('IsInf'),
  isfinite: row('IsFinite'),
  where: row('Where', ['condition', 'self', 'other']),
  masked_fill: maskedFill,
  ...all(['clamp', 'clip'], clip('min', 'max')),
  clamp_min: clip('min', ''),
  clamp_max: clip('', 'max'),
  hardtanh: clip('min_val', 'max_val', [-1, 1]),
  relu6: clip('', '', [0, 6]),
};
