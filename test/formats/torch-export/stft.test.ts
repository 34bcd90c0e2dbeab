import { expect, test } from '@jest/globals';
import { bound, call, read } from './reading.js';

// torch.stft of frames of 16 in steps of 4, torch 2.15.
test.each([
  [['s0', 64], { onesided: true, return_complex: true }, [2, 9, 13]],
  [['s0', 64], { onesided: false, return_complex: true }, [2, 16, 13]],
  [['s0', 64], { onesided: true, return_complex: false }, [2, 9, 13, 2]],
  [[64], { onesided: true, return_complex: true }, [9, 13]],
])('frames of a sound of %j with %j are transformed to %j', async (sound, flags, shape) => {
  const given = { self: '%x', n_fft: 16, hop_length: 4, win_length: 8, window: '%w', ...flags };
  const graph = await read([call('stft.default', given, { y: shape })], { inputs: { x: sound, w: [8] } });
  const { tensors, problems, unknownOps } = bound(graph);
  expect({ problems, unknownOps }).toEqual({ problems: [], unknownOps: {} });
  expect(tensors.get('y')?.type?.shape).toEqual(shape);
});
