/** Losses that PyTorch writes out in its own operators, which autocast runs in float32 (ATen/autocast_mode.h). */
import type { Call } from '../call.js';
import { differenceOf } from './distance.js';
import { normOf } from './reduction.js';
import { REDUCTIONS, scalar } from './rows.js';
import type { Rows } from './rows.js';

/** The arguments of these names, in float32. */
function widened(call: Call, ...names: readonly string[]): readonly string[] {
  return names.map((name) => call.layer('Widen', [call.operand(name)]));
}

/** apply_loss_reduction. */
function reduced(call: Call, loss: string): void {
  call.result('LossReduction', [loss], { reduction: REDUCTIONS[call.number('reduction', 1)] });
}

/** What is below 0 is 0: in place, of which the tensor before is kept. */
function positive(call: Call, loss: string): string {
  return call.layer('Clip', [loss, scalar(call, 0)]);
}

function zerosLike(call: Call, id: string): string {
  return call.layer('ConstantOfShape', [call.layer('Shape', [id]), id], { value_dtype: 'float32', value: 0 });
}

const equals = (call: Call, id: string, value: number): string => call.layer('Equal', [id, scalar(call, value)]);

/** clamp_min(margin + |anchor - positive| - |anchor - negative|, 0). */
function tripletMargin(call: Call): void {
  const [anchor = '', alike = '', other = ''] = widened(call, 'anchor', 'positive', 'negative');
  const distance = (first: string, second: string): string =>
    call.layer(normOf(call), [differenceOf(call, first, second)], { axes: [-1], keepdims: 0 });
  const near = distance(anchor, alike);
  const far = distance(anchor, other);
  const nearest = call.number('swap', 0) === 0 ? far : call.layer('Min', [far, distance(alike, other)]);
  const margin = scalar(call, call.number('margin', 1));
  reduced(call, positive(call, call.layer('Sub', [call.layer('Add', [near, margin]), nearest])));
}

/** clamp_min(-target * (input1 - input2) + margin, 0). */
function marginRanking(call: Call): void {
  const [first = '', second = '', target = ''] = widened(call, 'input1', 'input2', 'target');
  const difference = call.layer('Sub', [first, second]);
  const product = call.layer('Mul', [call.layer('Neg', [target]), difference]);
  reduced(call, positive(call, call.layer('Add', [product, scalar(call, call.number('margin', 0))])));
}

/** The tensor itself where the label is 1, and what it lacks to the margin where it is -1. */
function hingeEmbedding(call: Call): void {
  const [self = '', target = ''] = widened(call, 'self', 'target');
  const zeros = zerosLike(call, self);
  const lacking = positive(call, call.layer('Sub', [scalar(call, call.number('margin', 1)), self]));
  const unless = (value: number): string => call.layer('Not', [equals(call, target, value)]);
  const parts = [call.layer('Where', [unless(1), lacking, zeros]), call.layer('Where', [unless(-1), self, zeros])];
  reduced(call, call.layer('Add', parts));
}

/** The cosine of two rows, of which neither norm is taken by itself. */
function cosineOf(call: Call, first: string, second: string): string {
  const axes = { axes: [call.rankOf(call.operand('target'))], keepdims: 0 };
  const summed = (one: string, other: string): string =>
    call.layer('ReduceSum', [call.layer('Mul', [one, other])], axes);
  const square = (id: string): string => call.layer('Add', [summed(id, id), scalar(call, 1e-12)]);
  const product = summed(first, second);
  const norms = call.layer('Sqrt', [call.layer('Mul', [square(first), square(second)])]);
  return call.layer('Div', [product, norms]);
}

/** 1 - cos where the label is 1, and clamp_min(cos - margin, 0) where it is -1. */
function cosineEmbedding(call: Call): void {
  const [first = '', second = '', target = ''] = widened(call, 'input1', 'input2', 'target');
  const cosine = cosineOf(call, first, second);
  const zeros = zerosLike(call, cosine);
  const alike = call.layer('Sub', [scalar(call, 1), cosine]);
  const other = positive(call, call.layer('Sub', [cosine, scalar(call, call.number('margin', 0))]));
  const parts = [
    call.layer('Where', [equals(call, target, 1), alike, zeros]),
    call.layer('Where', [equals(call, target, -1), other, zeros]),
  ];
  reduced(call, call.layer('Add', parts));
}

/** Stirling's approximation of the logarithm of a factorial, which is left out of 0 and 1. */
function stirling(call: Call, target: string): string {
  const circle = call.layer('Mul', [target, scalar(call, 2 * Math.PI)]);
  const half = call.layer('Mul', [call.layer('Log', [circle]), scalar(call, 0.5)]);
  const product = call.layer('Mul', [target, call.layer('Log', [target])]);
  const sum = call.layer('Add', [call.layer('Sub', [product, target]), half]);
  const isSmall = call.layer('LessOrEqual', [target, scalar(call, 1)]);
  return call.layer('Where', [isSmall, scalar(call, 0), sum]);
}

/** exp(input) - target * input, of the logarithm of a rate; of the rate itself input - target * log(input + eps). */
function poisson(call: Call): void {
  const [self = '', target = ''] = widened(call, 'input', 'target');
  const isLog = call.number('log_input', 1) !== 0;
  const shifted = (): string => call.layer('Add', [self, scalar(call, call.number('eps', 1e-8))]);
  const product = call.layer('Mul', [target, isLog ? self : call.layer('Log', [shifted()])]);
  const loss = call.layer('Sub', [isLog ? call.layer('Exp', [self]) : self, product]);
  reduced(call, call.number('full', 0) === 0 ? loss : call.layer('Add', [loss, stirling(call, target)]));
}

/** Sources: aten/src/ATen/native/Loss.cpp. */
export const MARGIN: Rows = {
  triplet_margin_loss: tripletMargin,
  margin_ranking_loss: marginRanking,
  hinge_embedding_loss: hingeEmbedding,
  cosine_embedding_loss: cosineEmbedding,
  poisson_nll_loss: poisson,
};
