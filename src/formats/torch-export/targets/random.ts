/** Windows, frequencies and what is drawn, beside generator.ts. */
import type { Call } from '../call.js';
import { madeOf } from './generator.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** Of a size that follows from Python's numbers alone: as the file states it, unless that is computed. */
function asStated(call: Call): void {
  const { dtype, shape = [] } = call.recorded(call.outputs[0] ?? '') ?? {};
  const sizes = shape.filter((dim) => typeof dim === 'number');
  if (sizes.length < shape.length) call.result(call.target.text, []);
  else call.result('ConstantOfShape', [call.vector(sizes)], { value_dtype: dtype, uninitialized: 1 });
}

/**
 * Without replacement the probabilities are divided by draws, of which the largest are taken; with it a kernel draws
 * (aten/src/ATen/native/Distributions.cpp, multinomial).
 */
function multinomial(call: Call): void {
  const self = call.operand('self');
  const samples = call.vector(call.sizes('num_samples') ?? [1]);
  if (call.number('replacement', 0) === 0) drawn(call, self, samples);
  else {
    const rows = call.layer('Shape', [self], { start: 0, end: call.rankOf(self) - 1 });
    const shape = call.layer('Concat', [rows, samples], { axis: 0 });
    call.result('ConstantOfShape', [shape], { value_dtype: 'int64', uninitialized: 1 });
  }
}

function drawn(call: Call, self: string, samples: string): void {
  const quotient = call.layer('RandomUniformLike', [self]);
  if (call.number('num_samples', 0) === 1) call.result('ArgMax', [quotient], { axis: -1, keepdims: 1 });
  else call.resultBehind('TopK', [quotient, samples], { axis: -1 });
}

export const RANDOM: Rows = {
  ...all(
    ['hann_window', 'hamming_window', 'blackman_window', 'bartlett_window', 'kaiser_window'],
    madeOf('float32', 'window_length'),
  ),
  fft_fftfreq: madeOf('float32', 'n'),
  logspace: madeOf('float32', 'steps'),
  fft_rfftfreq: asStated,
  multinomial,
  poisson: row('Poisson'),
  randint_like: row('RandomUniformLike', ['self'], (call) => ({ dtype: call.dtype() })),
  ...all(['exponential', 'geometric', 'cauchy', 'log_normal', 'random'], row('RandomUniformLike')),
};
