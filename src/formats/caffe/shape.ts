import type { OpType } from '../../ops/index.js';
import { parameters } from './layer.js';
import { child, enumeration, size, sizes } from './message.js';
import { plain, step } from './step.js';
import type { Converter, Step } from './step.js';

/** V1 calls the axis of Concat and Slice a dim. */
const concat: Converter = (layer) => {
  const message = parameters(layer, 'concat_param');
  return step('Concat', { axis: size(message, 'axis') ?? size(message, 'concat_dim') ?? 1 });
};

/** Between the points lie the parts, of which the last runs to the end: only the shape says how long it is. */
const slice: Converter = (layer) => {
  const message = parameters(layer, 'slice_param');
  const axis = size(message, 'axis') ?? size(message, 'slice_dim') ?? 1;
  const points = sizes(message, 'slice_point');
  if (points.length === 0) return step('Split', { axis, num_outputs: layer.tops.length });
  return step('CaffeSlice', { axis, slice_point: points });
};

/** ONNX Flatten makes a matrix; from another axis, or up to one, Caffe keeps the other axes as they are. */
const flatten: Converter = (layer) => {
  const message = parameters(layer, 'flatten_param');
  const axis = size(message, 'axis') ?? 1;
  const end = size(message, 'end_axis') ?? -1;
  if (axis === 1 && end === -1) return step('Flatten', { axis });
  return step('CaffeReshape', { dims: [-1], axis, end_axis: end });
};

/** 0 copies a dim and -1 is what is left, as in ONNX; `axis` and `num_axes` reshape a part of the axes only. */
const reshape: Converter = (layer) => {
  const message = parameters(layer, 'reshape_param');
  const dims = sizes(child(message, 'shape'), 'dim');
  const axis = size(message, 'axis') ?? 0;
  const count = size(message, 'num_axes') ?? -1;
  if (axis === 0 && count === -1) return [{ type: 'Reshape', attributes: {}, constants: [dims] }];
  return step('CaffeReshape', { dims, axis, num_axes: count });
};

/** Caffe's images have four axes; those the order leaves out follow in their own order. */
const IMAGE_RANK = 4;

const permute: Converter = (layer) => {
  const stated = sizes(parameters(layer, 'permute_param'), 'order');
  const axes = Array.from({ length: Math.max(IMAGE_RANK, stated.length) }, (_, axis) => axis);
  const missing = new Set(axes);
  for (const axis of stated) missing.delete(axis);
  return step('Transpose', { perm: [...stated, ...missing] });
};

const REDUCTIONS = ['', 'SUM', 'ASUM', 'SUMSQ', 'MEAN'];
const REDUCTION_TYPES: ReadonlyMap<string, OpType> = new Map([
  ['SUM', 'ReduceSum'],
  ['ASUM', 'ReduceL1'],
  ['SUMSQ', 'ReduceSumSquare'],
  ['MEAN', 'ReduceMean'],
]);

/** Everything from `axis` on becomes one number. */
const reduce: Converter = (layer): readonly Step[] => {
  const message = parameters(layer, 'reduction_param');
  const type = REDUCTION_TYPES.get(enumeration(message, 'operation', REDUCTIONS) ?? 'SUM') ?? 'ReduceSum';
  return [...step('Flatten', { axis: size(message, 'axis') ?? 0 }), ...step(type, { axes: [1], keepdims: 0 })];
};

/** Without an axis the maximum is over everything but the batch. */
const argMax: Converter = (layer) => {
  const axis = size(parameters(layer, 'argmax_param'), 'axis');
  if (axis !== undefined) return step('ArgMax', { axis, keepdims: 1 });
  return [...step('Flatten', { axis: 1 }), ...step('ArgMax', { axis: 1, keepdims: 1 })];
};

export const SHAPE: Readonly<Record<string, Converter>> = {
  Concat: concat,
  Slice: slice,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  Reduction: reduce,
  ArgMax: argMax,
  Tile: (layer) => {
    const message = parameters(layer, 'tile_param');
    return step('CaffeTile', { axis: size(message, 'axis') ?? 1, tiles: size(message, 'tiles') ?? 1 });
  },
  Crop: (layer) => step('Crop', { axis: size(parameters(layer, 'crop_param'), 'axis') ?? 2 }),
  Split: plain('Identity'),
  /** What the viewer Netscope calls a node without a type. */
  implicit: plain('Identity'),
  Filter: plain('Filter'),
  BatchReindex: plain('BatchReindex'),
  ShuffleChannel: (layer) =>
    step('ShuffleChannel', { group: size(parameters(layer, 'shuffle_channel_param'), 'group') }),
  /** Sinks: they read, and nothing comes of it. */
  Silence: plain('Silence'),
  HDF5Output: plain('Silence'),
  Accuracy: plain('Accuracy'),
  SegAccuracy: plain('Accuracy'),
};
