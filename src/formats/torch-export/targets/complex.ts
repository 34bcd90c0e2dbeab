import { complexOf } from '../../../graph/index.js';
import type { OpType } from '../../../ops/index.js';
import type { Call, Row } from '../call.js';
import { all, identity, row } from './rows.js';
import type { Rows } from './rows.js';

const LAST_TWO = [-2, -1];
/** Of a size: not cut, not padded. */
const AS_IT_IS = -1;

/** `fft(self, n, dim)`. */
const along =
  (type: OpType): Row =>
  (call) => {
    const axes = [call.number('dim', -1)];
    call.result(type, [call.operand('self')], { axes, sizes: [call.number('n', AS_IT_IS)] });
  };

/** `fftn(self, s, dim)`: without axes the last ones for which there are sizes, or these. */
const over =
  (type: OpType, axes: (call: Call) => readonly number[]): Row =>
  (call) => {
    const sizes = call.numbers('s');
    const stated = call.numbers('dim') ?? (sizes ? lastAxes(sizes.length) : axes(call));
    call.result(type, [type === 'FFT' ? asComplex(call) : call.operand('self')], { axes: stated, sizes });
  };

/** What is real becomes complex before it is transformed over several axes (SpectralOps.cpp, promote_tensor_fft). */
function asComplex(call: Call): string {
  const self = call.operand('self');
  const dtype = call.recorded(self)?.dtype;
  const to = dtype && complexOf(dtype);
  return to === dtype ? self : call.layer('Cast', [self], { to });
}

const lastAxes = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index - count);
const allAxes = (call: Call): readonly number[] => lastAxes(call.rankOf(call.operand('self')));

function transforms(targets: readonly string[], type: OpType): Rows {
  return Object.fromEntries(
    targets.flatMap((target) => [
      [target, along(type)],
      [`${target}2`, over(type, () => LAST_TWO)],
      [`${target}n`, over(type, allAxes)],
    ]),
  );
}

/** Axes are moved round by half their length. */
const shift = row('Roll', ['self'], (call) => ({ axes: call.numbers('dim') }));

/** The window in the middle of as many elements as are transformed. */
function padded(call: Call, window: string): string {
  const [size, own] = [call.number('n_fft', 1), call.number('win_length', call.number('n_fft', 1))];
  const left = Math.floor((size - own) / 2);
  return size === own ? window : call.layer('Pad', [window, call.vector([left, size - own - left])]);
}

/**
 * Frames of a sound, a view, times a window, each transformed (SpectralOps.cpp, stft). Its ends are padded by
 * torch/functional.py before.
 */
function shortTime(call: Call): void {
  const [self, window, size] = [call.operand('self'), call.operand('window'), call.number('n_fft', 1)];
  const isOne = call.rankOf(self) === 1;
  const sound = isOne ? call.layer('Unsqueeze', [self], { axes: [0] }) : self;
  const step = call.number('hop_length', Math.floor(size / 4));
  const frames = call.layer('Unfold', [sound], { axis: -1, size, step });
  const windowed = window === '' ? frames : call.layer('Mul', [frames, padded(call, window)]);
  const type = call.number('onesided', 1) === 0 ? 'FFT' : 'RFFT';
  const spectra = call.layer(type, [windowed], { axes: [-1] });
  const turned = call.layer('Transpose', [spectra], { perm: [0, 2, 1] });
  const complex = isOne ? call.layer('Squeeze', [turned], { axes: [0] }) : turned;
  call.result(call.number('return_complex', 1) === 0 ? 'ViewAsReal' : 'Identity', [complex]);
}

/** Sources: aten/src/ATen/native/native_functions.yaml; SpectralOps.cpp for the default axes. */
export const COMPLEX: Rows = {
  complex: row('Complex', ['real', 'imag']),
  polar: row('Polar', ['abs', 'angle']),
  view_as_complex: row('ViewAsComplex'),
  view_as_real: row('ViewAsReal'),
  real: row('Real'),
  imag: row('Imag'),
  angle: row('Angle'),
  'stft.default': shortTime,
  ...all(['conj', '_conj'], identity),
  ...transforms(['fft_fft', 'fft_ifft'], 'FFT'),
  ...transforms(['fft_rfft'], 'RFFT'),
  ...transforms(['fft_irfft'], 'IRFFT'),
  ...all(['fft_fftshift', 'fft_ifftshift'], shift),
};
