import type { OpType } from '../../../ops/index.js';
import type { Call, GivenAttributes, Row } from '../call.js';
import { padsOf, spatial } from './convolution.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** `max_pool2d` has two spatial axes; no stride is the kernel's. */
const windowOf =
  (rank: number) =>
  (call: Call): GivenAttributes => {
    const kernel = spatial(call, 'kernel_size', rank);
    return {
      kernel_shape: kernel,
      strides: spatial(call, 'stride', rank) ?? kernel,
      pads: padsOf(call, rank),
      dilations: spatial(call, 'dilation', rank),
      ceil_mode: call.number('ceil_mode', 0),
    };
  };

/** An image without a batch has an axis less. */
const pool = (type: OpType, rank: number): Row => row(type, ['self'], windowOf(rank));

/** To one element per channel a pool is global: of the average that is a mean (aten/src/ATen/native/AdaptiveAveragePooling.cpp). */
const adaptive =
  (whole: OpType, parts: OpType, rank: number): Row =>
  (call) => {
    const sizes = spatial(call, 'output_size', rank);
    if (sizes?.every((size) => size === 1) === true) call.result(whole, [call.operand('self')]);
    else call.result(parts, [call.operand('self')], { output_size: sizes });
  };

const PER_RANK = [1, 2, 3].map((rank): Rows => {
  const average = adaptive('GlobalAveragePool', 'AdaptiveAveragePool', rank);
  const most = adaptive('GlobalMaxPool', 'AdaptiveMaxPool', rank);
  return {
    ...all([`max_pool${rank}d`, `max_pool${rank}d_with_indices`], pool('MaxPool', rank)),
    [`avg_pool${rank}d`]: pool('AveragePool', rank),
    ...all([`adaptive_avg_pool${rank}d`, `_adaptive_avg_pool${rank}d`], average),
    [`adaptive_max_pool${rank}d`]: most,
  };
});

export const POOLING: Rows = Object.assign({}, ...PER_RANK) as Rows;
