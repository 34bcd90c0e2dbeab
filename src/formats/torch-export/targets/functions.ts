/** The names of `torch.special`, NumPy's other names, and functions beside those of unary.ts and elementwise.ts. */
import type { Call } from '../call.js';
import { REDUCTION } from './reduction.js';
import { all, identity, nothing, row, scalar } from './rows.js';
import type { Rows } from './rows.js';
import { UNARY } from './unary.js';

const PAIR = ['self', 'other'];

/** `special_expm1` is expm1 and so on (native_functions.yaml). */
const ALIASES = {
  ...{ special_expm1: 'expm1', special_log1p: 'log1p', special_erfc: 'erfc', special_erfinv: 'erfinv' },
  ...{ special_exp2: 'exp2', special_digamma: 'digamma', special_psi: 'digamma', special_gammaln: 'lgamma' },
  ...{ special_logit: 'logit', special_round: 'round', special_sinc: 'sinc', fix: 'trunc' },
};

/** Times a number (aten/src/ATen/native/UnaryOps.cpp). */
const scaled = (factor: number) => (call: Call) => {
  call.result('Mul', [call.operand('self'), scalar(call, factor)]);
};

/** (1 + erf(x / sqrt(2))) / 2 (UnaryOps.cpp, calc_ndtr). */
function ndtr(call: Call): void {
  const error = call.layer('Erf', [call.layer('Div', [call.operand('self'), scalar(call, Math.SQRT2)])]);
  call.result('Mul', [call.layer('Add', [error, scalar(call, 1)]), scalar(call, 0.5)]);
}

/** pow in float64 (aten/src/ATen/native/Pow.cpp, float_power). */
function floatPower(call: Call): void {
  const [base, exponent] = ['self', 'exponent'].map((name) =>
    call.layer('Cast', [call.operand(name)], { to: 'float64' }),
  );
  call.result('Pow', [base ?? '', exponent ?? '']);
}

export const FUNCTIONS: Rows = {
  ...Object.fromEntries(Object.entries(ALIASES).map(([target, name]) => [target, UNARY[name] ?? nothing])),
  special_logsumexp: REDUCTION['logsumexp'] ?? nothing,
  ...all(['positive', 'resolve_conj', 'resolve_neg'], identity),
  deg2rad: scaled(Math.PI / 180),
  rad2deg: scaled(180 / Math.PI),
  special_ndtr: ndtr,
  special_log_ndtr: row('LogNdtr'),
  special_entr: row('Entr'),
  ...all(['i0', 'special_i0'], row('BesselI0')),
  special_i0e: row('BesselI0e'),
  special_xlog1py: row('XLog1pY', PAIR),
  logaddexp2: row('LogAddExp2', PAIR),
  ldexp: row('Ldexp', PAIR),
  copysign: row('CopySign', PAIR),
  heaviside: row('Heaviside', ['self', 'values']),
  signbit: row('SignBit'),
  float_power: floatPower,
};
