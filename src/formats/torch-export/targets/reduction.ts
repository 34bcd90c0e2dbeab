import type { OpType } from '../../../ops/index.js';
import type { Call, GivenAttributes, Row } from '../call.js';
import { matrixNorm } from './matrix.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** `dim` absent or empty reduces everything; `dtype` is what the sum is computed in. */
const reduce =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [widened(call)], axesOf(call));
  };

/** any and all: the largest or smallest of what is true. */
const logical =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [call.layer('Cast', [call.operand('self')], { to: 'bool' })], axesOf(call));
  };

function axesOf(call: Call): GivenAttributes {
  const axes = call.numbers('dim');
  return { ...(axes && axes.length > 0 && { axes }), keepdims: call.number('keepdim', 0) };
}

function widened(call: Call): string {
  const [dtype, self] = [call.dtype(), call.operand('self')];
  return dtype ? call.layer('Cast', [self], { to: dtype }) : self;
}

/** The reduction of an order, which is 2 by default; any other keeps what that keeps. */
export function normOf(call: Call): OpType {
  const order = call.number('ord', call.number('p', 2));
  return NORMS[String(order)] ?? 'ReduceL2';
}

/** linalg_vector_norm(ord). */
function norm(call: Call): void {
  call.result(normOf(call), [widened(call)], axesOf(call));
}

const NORMS: Readonly<Record<string, OpType>> = {
  '1': 'ReduceL1',
  '2': 'ReduceL2',
  Infinity: 'ReduceMax',
  '-Infinity': 'ReduceMin',
};

/** Of one axis, or of all in a row, that of a vector; of two axes `fro` is; other orders are those of matrices. */
function linalgNorm(call: Call): void {
  const axes = call.numbers('dim')?.length ?? call.rankOf(call.operand('self'));
  const isMatrix = axes === 2 && call.argument('ord').kind !== 'none' && call.text('ord') !== 'fro';
  if (isMatrix) matrixNorm(call);
  else norm(call);
}

/** Which elements are not 0, as bools; their sum is counted in integers. */
function counted(call: Call, mask: string): string {
  return call.layer('Cast', [call.layer('ReduceSum', [mask], axesOf(call))], { to: 'int64' });
}

function countNonzero(call: Call): void {
  const mask = call.layer('Cast', [call.operand('self')], { to: 'bool' });
  call.result('Identity', [counted(call, mask)]);
}

/** nansum by how many are numbers (aten/src/ATen/native/ReduceOps.cpp, nanmean). */
function nanMean(call: Call): void {
  const total = call.layer('ReduceNanSum', [widened(call)], axesOf(call));
  const isNumber = call.layer('Not', [call.layer('IsNaN', [call.operand('self')])]);
  call.result('Div', [total, counted(call, isNumber)]);
}

/** `max.dim` gives values and where they were, which it keeps, as topk does. */
function extremeOf(call: Call): void {
  const self = call.operand('self');
  const axis = call.number('dim', -1);
  const one = call.vector([1]);
  if (call.number('keepdim', 0) !== 0) {
    call.result('TopK', [self, one], { axis });
    return;
  }
  call.layers('TopK', [self, one], { axis }).forEach((output, index) => {
    call.resultAt(index, 'Squeeze', [output], { axes: [axis] });
  });
}

/** All of an axis, as TopK takes it: the tensor, and how many. */
function wholeAxis(call: Call): { inputs: readonly string[]; axis: number } {
  const self = call.operand('self');
  const axis = call.number('dim', -1);
  const size = call.recorded(self)?.shape?.at(axis);
  const rank = call.rankOf(self);
  const at = axis < 0 ? axis + rank : axis;
  const count =
    typeof size === 'number' ? call.vector([size]) : call.layer('Shape', [self], { start: at, end: at + 1 });
  return { inputs: [self, count], axis };
}

function sort(call: Call): void {
  const { inputs, axis } = wholeAxis(call);
  call.result('TopK', inputs, { axis });
}

/** The positions that sort puts out second. */
function argsort(call: Call): void {
  const { inputs, axis } = wholeAxis(call);
  call.resultBehind('TopK', inputs, { axis });
}

function topk(call: Call): void {
  call.result('TopK', [call.operand('self'), call.vector(call.sizes('k') ?? [1])], { axis: call.number('dim', -1) });
}

const cumulative =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [widened(call), call.vector([call.number('dim', 0)])]);
  };

/** Without an axis the tensor is one row. */
const position =
  (type: OpType): Row =>
  (call) => {
    const self = call.operand('self');
    const source = call.numbers('dim') ? self : call.layer('Reshape', [self, call.vector([-1])]);
    call.result(type, [source], { axis: call.number('dim', 0), keepdims: call.number('keepdim', 0) });
  };

/** Two statistics of one tensor. */
const both =
  (...types: readonly OpType[]): Row =>
  (call) => {
    types.forEach((each, index) => {
      call.resultAt(index, each, [call.operand('self')], axesOf(call));
    });
  };

export const REDUCTION: Rows = {
  mean: reduce('ReduceMean'),
  sum: reduce('ReduceSum'),
  prod: reduce('ReduceProd'),
  ...all(['amax', 'max.default'], reduce('ReduceMax')),
  ...all(['amin', 'min.default'], reduce('ReduceMin')),
  ...all(['max.dim', 'min.dim', 'mode', 'median.dim', 'nanmedian.dim', 'kthvalue'], extremeOf),
  logsumexp: reduce('ReduceLogSumExp'),
  var: reduce('ReduceVariance'),
  std: reduce('ReduceDeviation'),
  var_mean: both('ReduceVariance', 'ReduceMean'),
  std_mean: both('ReduceDeviation', 'ReduceMean'),
  ...all(['linalg_vector_norm', 'norm'], norm),
  linalg_norm: linalgNorm,
  frobenius_norm: (call) => {
    call.result('ReduceL2', [call.layer('Widen', [call.operand('self')])], axesOf(call));
  },
  ...all(['median', 'nanmedian'], reduce('ReduceMedian')),
  aminmax: both('ReduceMin', 'ReduceMax'),
  nansum: reduce('ReduceNanSum'),
  nanmean: nanMean,
  count_nonzero: countNonzero,
  _is_any_true: reduce('ReduceMax'),
  _is_all_true: reduce('ReduceMin'),
  any: logical('ReduceMax'),
  all: logical('ReduceMin'),
  argmax: position('ArgMax'),
  argmin: position('ArgMin'),
  cumsum: cumulative('CumSum'),
  cumprod: cumulative('CumProd'),
  ...all(['cummax', 'cummin'], row('CumExtreme')),
  logcumsumexp: row('LogCumSumExp'),
  renorm: row('Renorm'),
  sort,
  argsort,
  topk,
  histc: row('Histogram', ['self'], (call) => ({ bins: call.number('bins', 100) })),
};
