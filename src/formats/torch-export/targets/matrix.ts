/** Linear algebra (aten/src/ATen/native/LinearAlgebra.cpp, BatchLinearAlgebra.cpp). */
import type { Call } from '../call.js';
import { all, row, scalar } from './rows.js';
import type { Rows } from './rows.js';

/** Matrices are called `A` or `self`. */
const matricesOf = (call: Call): string => call.operand('A') || call.operand('self');

const matricesIn = (call: Call): readonly string[] =>
  call.operands(call.target.operator === 'chain_matmul' ? 'matrices' : 'tensors');

/** One layer of one operand. */
const of =
  (type: 'Inverse' | 'Det' | 'Slogdet' | 'Cholesky' | 'Eigh' | 'EigenValues' | 'SingularValues') => (call: Call) => {
    call.result(type, [matricesOf(call)]);
  };

/** The logarithm where the sign is not negative, else NaN. */
function logdet(call: Call): void {
  const [sign = '', logarithm = ''] = call.layers('Slogdet', [matricesOf(call)], {}, 2);
  const isNegative = call.layer('Equal', [sign, scalar(call, -1)]);
  call.result('Where', [isNegative, scalar(call, NaN), logarithm]);
}

const solve = row('Solve', ['A', 'B'], (call) => ({ left: call.number('left', 1) }));

const unknown = (call: Call): void => {
  call.result(call.target.text, call.tensorOperands());
};

/** By squaring; a negative power is one of the inverse (matrix_power_impl). */
function matrixPower(call: Call): void {
  const exponent = call.number('n', 0);
  const self = call.operand('self');
  if (exponent === 0 || !Number.isSafeInteger(exponent)) unknown(call);
  else if (exponent === 1) call.result('Clone', [self]);
  else if (exponent === -1) call.result('Inverse', [self]);
  else powerOf(call, exponent < 0 ? call.layer('Inverse', [self]) : self, Math.abs(exponent));
}

function powerOf(call: Call, base: string, exponent: number): void {
  const product = (one: string, other: string): string => call.layer('MatMul', [one, other]);
  let [power, result] = [base, ''];
  for (const [at, bit] of [...exponent.toString(2)].reverse().entries()) {
    if (at > 0) power = product(power, power);
    if (bit === '1') result = result === '' ? power : product(result, power);
  }
  call.result('Identity', [result]);
}

/** Two or three matrices, those first whose product takes fewer multiplications (multi_dot_impl); more are left unknown. */
function multiDot(call: Call): void {
  const [first = '', second = '', third] = matricesIn(call);
  const count = matricesIn(call).length;
  if (count > 3) unknown(call);
  else if (third === undefined) call.result('MatMul', [first, second]);
  else if (isFromTheRight(call, [first, second, third])) {
    call.result('MatMul', [first, call.layer('MatMul', [second, third])]);
  } else call.result('MatMul', [call.layer('MatMul', [first, second]), third]);
}

/** Of `[a, b]`, `[b, c]` and `[c, d]`; a vector in front is a row, one behind a column. */
function isFromTheRight(call: Call, [first, second, third]: readonly [string, string, string]): boolean {
  const at = (id: string, axis: number): number => {
    const shape = call.recorded(id)?.shape ?? [];
    const dim = shape.length < 2 ? 1 : shape[axis];
    return typeof dim === 'number' ? dim : NaN;
  };
  const [a, b, c, d] = [at(first, 0), at(second, 0), at(second, 1), at(third, 1)];
  return a * c * (b + d) > b * d * (a + c);
}

/** Of the last two axes: of singular values, or of the sums along one axis. */
export function matrixNorm(call: Call): void {
  const order = call.text('ord') ?? call.numbers('ord')?.join() ?? 'fro';
  const isPlain = call.number('keepdim', 0) === 0 && call.dtype() === undefined;
  const norm = isPlain && isOfLastTwo(call) && Object.hasOwn(NORMS, order) ? NORMS[order] : undefined;
  (norm ?? unknown)(call);
}

function isOfLastTwo(call: Call): boolean {
  const [first = -2, second = -1] = call.numbers('dim') ?? [];
  const rank = call.rankOf(call.operand('self'));
  return [first, second].every((axis, at) => (axis < 0 ? axis : axis - rank) === at - 2);
}

type Reduction = 'ReduceSum' | 'ReduceMax' | 'ReduceMin';

const ofSingularValues = (reduction: Reduction) => (call: Call) => {
  const values = call.layer('SingularValues', [call.operand('self')]);
  call.result(reduction, [values], { axes: [-1], keepdims: 0 });
};

/** Sums of absolute values along an axis, then along the one that is left. */
const ofSums = (axis: number, reduction: Reduction) => (call: Call) => {
  const sums = call.layer('ReduceL1', [call.operand('self')], { axes: [axis], keepdims: 0 });
  call.result(reduction, [sums], { axes: [-1], keepdims: 0 });
};

const NORMS: Readonly<Record<string, (call: Call) => void>> = {
  fro: row('ReduceL2', ['self'], () => ({ axes: [-2, -1], keepdims: 0 })),
  nuc: ofSingularValues('ReduceSum'),
  '2': ofSingularValues('ReduceMax'),
  '-2': ofSingularValues('ReduceMin'),
  '1': ofSums(-2, 'ReduceMax'),
  '-1': ofSums(-2, 'ReduceMin'),
  Infinity: ofSums(-1, 'ReduceMax'),
  '-Infinity': ofSums(-1, 'ReduceMin'),
};

export const MATRIX: Rows = {
  ...all(['linalg_inv', 'inverse', 'linalg_inv_ex'], of('Inverse')),
  ...all(['linalg_det', 'det'], of('Det')),
  ...all(['linalg_slogdet', 'slogdet'], of('Slogdet')),
  logdet,
  ...all(['linalg_solve', 'linalg_solve_ex'], solve),
  linalg_solve_triangular: row('SolveTriangular', ['self', 'B']),
  ...all(['linalg_cholesky', 'linalg_cholesky_ex'], of('Cholesky')),
  linalg_qr: row('Qr', ['A'], (call) => ({ mode: call.text('mode') })),
  linalg_svd: row('Svd', ['A'], (call) => ({ full_matrices: call.number('full_matrices', 1) })),
  linalg_svdvals: of('SingularValues'),
  linalg_eigh: of('Eigh'),
  linalg_eigvalsh: of('EigenValues'),
  linalg_vecdot: row('VecDot', ['x', 'y'], (call) => ({ axis: call.number('dim', -1) })),
  ...all(['linalg_multi_dot', 'chain_matmul'], multiDot),
  ...all(['matrix_power', 'linalg_matrix_power'], matrixPower),
  linalg_matrix_norm: matrixNorm,
};
