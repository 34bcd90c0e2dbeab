import type { OpType } from '../../../ops/index.js';
import type { Call, GivenAttributes } from '../call.js';
import { all, evaluated, row } from './rows.js';
import type { Rows } from './rows.js';

/** Functions of one tensor that have an operator of their own. */
const FUNCTIONS = {
  neg: 'Neg',
  negative: 'Neg',
  abs: 'Abs',
  absolute: 'Abs',
  sqrt: 'Sqrt',
  rsqrt: 'Rsqrt',
  exp: 'Exp',
  log: 'Log',
  log1p: 'Log1p',
  log2: 'Log2',
  log10: 'Log10',
  exp2: 'Exp2',
  expm1: 'Expm1',
  reciprocal: 'Reciprocal',
  sign: 'Sign',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  trunc: 'Trunc',
  nan_to_num: 'NanToNum',
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  asinh: 'Asinh',
  acosh: 'Acosh',
  atanh: 'Atanh',
  erf: 'Erf',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  leaky_relu: 'LeakyRelu',
  elu: 'Elu',
  celu: 'Celu',
  selu: 'Selu',
  threshold: 'ThresholdedRelu',
  hardsigmoid: 'HardSigmoid',
  hardswish: 'HardSwish',
  softplus: 'Softplus',
  hardshrink: 'Shrink',
  softshrink: 'Shrink',
  silu: 'Swish',
  mish: 'Mish',
  log_sigmoid: 'LogSigmoid',
  arcsin: 'Asin',
  arccos: 'Acos',
  arctan: 'Atan',
  arcsinh: 'Asinh',
  arccosh: 'Acosh',
  arctanh: 'Atanh',
  special_expit: 'Sigmoid',
  special_erf: 'Erf',
  erfc: 'Erfc',
  erfinv: 'Erfinv',
  lgamma: 'Lgamma',
  digamma: 'Digamma',
  polygamma: 'Polygamma',
  sinc: 'Sinc',
  logit: 'Logit',
  sgn: 'Sgn',
  frac: 'Frac',
} as const satisfies Record<string, OpType>;

/** softmax and log_softmax, public and internal (`_softmax`), with `dtype` a cast in front. */
const softmax = (type: OpType) => (call: Call) => {
  const dtype = call.dtype();
  const self = call.operand('self');
  const source = dtype ? call.layer('Cast', [self], { to: dtype }) : self;
  call.result(type, [source], { axis: call.number('dim', -1) });
};

/** `rrelu(self, lower, upper, training)`, whose slope is the mean of the two in evaluation. */
function randomizedRelu(call: Call): void {
  evaluated(call, 'training', 'RandomizedLeakyRelu');
  call.result('RandomizedLeakyRelu', [call.operand('self')]);
}

/** `dropout(input, p, train)`: trained whether or not it was exported so. */
const dropout = (attributes: GivenAttributes) => (call: Call) => {
  evaluated(call, 'train', 'Dropout');
  const ratio = call.number('p', 0.5);
  call.result('Dropout', [call.operand('input') || call.operand('self')], { ratio, ...attributes });
};

export const UNARY: Rows = {
  ...Object.fromEntries(Object.entries(FUNCTIONS).map(([target, type]) => [target, row(type)])),
  gelu: row('Gelu', ['self'], (call) => ({ approximate: call.text('approximate') })),
  glu: row('Glu', ['self'], (call) => ({ axis: call.number('dim', -1) })),
  prelu: row('PRelu', ['self', 'weight']),
  _prelu_kernel: row('PRelu', ['self', 'weight']),
  rrelu: randomizedRelu,
  ...all(['softmax', '_softmax', 'special_softmax'], softmax('Softmax')),
  ...all(['log_softmax', '_log_softmax', 'special_log_softmax'], softmax('LogSoftmax')),
  ...all(['dropout', 'native_dropout'], dropout({})),
  feature_dropout: dropout({ per_channel: 1 }),
  alpha_dropout: dropout({ alpha: 1 }),
  feature_alpha_dropout: dropout({ alpha: 1, per_channel: 1 }),
  bernoulli: row('Bernoulli'),
};
