import type { Call, GivenAttributes, Row } from '../call.js';
import type { Size } from '../argument.js';
import { padsOf, spatial } from './convolution.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

/** Sizes of the spatial axes, or the factors they grow by. */
const upsample =
  (mode: string): Row =>
  (call) => {
    const self = call.operand('input') || call.operand('self');
    const sizes = call.sizes('output_size');
    if (sizes) {
      const all4: readonly Size[] = [...axesOf(call, self, [0, 2]), ...sizes];
      call.result('Resize', [self, '', '', call.vector(all4)], { mode });
      return;
    }
    const factors = [1, 1, ...(call.numbers('scale_factors') ?? [])];
    const scales = call.constant({ dtype: 'float32', shape: [factors.length], value: factors });
    call.result('Resize', [self, '', scales], { mode });
  };

/** torch's pads run from the last axis to the first, in pairs; ONNX's are all begins, then all ends. */
function pad(call: Call): void {
  const self = call.operand('self');
  const rank = call.rankOf(self);
  const pairs = call.numbers('pad') ?? call.numbers('padding') ?? [];
  const at = (side: 0 | 1): number[] =>
    Array.from({ length: rank }, (_, axis) => pairs[2 * (rank - 1 - axis) + side] ?? 0);
  const mode = PAD_MODES[call.text('mode') ?? MODE_BY_NAME.exec(call.target.operator)?.[1] ?? 'constant'] ?? 'constant';
  call.result('Pad', [self, call.vector([...at(0), ...at(1)])], { mode });
}

const MODE_BY_NAME = /^(reflection|replication)_pad/;
const PAD_MODES: Readonly<Record<string, string>> = {
  reflect: 'reflect',
  reflection: 'reflect',
  replicate: 'edge',
  replication: 'edge',
  circular: 'wrap',
};

/** `im2col` and `col2im`: windows of an image as columns, and back. */
function window(call: Call): GivenAttributes {
  return {
    kernel_shape: spatial(call, 'kernel_size', 2),
    strides: spatial(call, 'stride', 2),
    dilations: spatial(call, 'dilation', 2),
    pads: padsOf(call, 2),
  };
}

function col2im(call: Call): void {
  const [image, block] = [call.vector(call.sizes('output_size') ?? []), call.vector(call.sizes('kernel_size') ?? [])];
  call.result('Col2Im', [call.operand('self'), image, block]);
}

const ALL_PADS = ['reflection', 'replication'].flatMap((kind) => [1, 2, 3].map((rank) => `${kind}_pad${rank}d`));
const NEAREST = [1, 2, 3].flatMap((rank) => [`upsample_nearest${rank}d`, `_upsample_nearest_exact${rank}d`]);
const LINEAR = ['upsample_linear1d', 'upsample_bilinear2d', 'upsample_trilinear3d', '_upsample_bilinear2d_aa'];
const CUBIC = ['upsample_bicubic2d', '_upsample_bicubic2d_aa'];

export const RESAMPLE: Rows = {
  ...all(NEAREST, upsample('nearest')),
  ...all(LINEAR, upsample('linear')),
  ...all(CUBIC, upsample('cubic')),
  ...all(['pad', 'constant_pad_nd', ...ALL_PADS], pad),
  im2col: row('Im2Col', ['self'], window),
  col2im,
  ...all(['grid_sampler', 'grid_sampler_2d', 'grid_sampler_3d'], row('GridSample', ['input', 'grid'])),
  pixel_shuffle: row('DepthToSpace', ['self'], (call) => ({ blocksize: call.number('upscale_factor', 1) })),
  pixel_unshuffle: row('SpaceToDepth', ['self'], (call) => ({ blocksize: call.number('downscale_factor', 1) })),
};
