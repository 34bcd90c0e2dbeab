/** Programs that several tests read. */
import type { ProgramDescription } from '../../../examples/pt2-writer.js';
import { call, described } from './reading.js';

const IMAGE = ['s0', 4, 8, 8];

/** Small, and dense with what a flipped bit can turn into something else. */
export const DENSE: ProgramDescription = described(
  [
    call(
      'conv2d.default',
      { input: '%x', weight: '%p_a_weight', bias: null, stride: [1, 1], padding: [1, 1] },
      { conv: IMAGE },
    ),
    call('relu_.default', { self: '%conv' }, { relu: IMAGE }),
    call(
      'conv2d.default',
      { input: '%relu', weight: '%p_b_weight', bias: null, stride: [1], padding: 'same' },
      { conv2: IMAGE },
    ),
    call('add.Tensor', { self: '%conv2', other: { float: 1 } }, { sum: IMAGE }),
    call('max_pool2d.default', { self: '%sum', kernel_size: [2, 2], stride: [] }, { pool: ['s0', 4, 4, 4] }),
    call(
      'split.Tensor',
      { self: '%pool', split_size: 2, dim: 1 },
      { left: ['s0', 2, 4, 4], right: ['s0', 2, 4, 4] },
      { isList: true },
    ),
    call('cat.default', { tensors: ['%left', '%right'], dim: 1 }, { cat: ['s0', 4, 4, 4] }),
    call('index.Tensor', { self: '%cat', indices: [null, '%b_order'] }, { index: ['s0', 4, 4, 4] }),
    call('sym_size.int', { self: '%x', dim: 0 }, { $size: [] }),
    { target: '_operator.mul', arguments: { a: '$size', b: 2 }, outputs: { $twice: [] } },
    call('view.default', { self: '%index', size: ['$twice', -1] }, { view: ['2*s0', 32] }),
    call('slice.Tensor', { self: '%view', dim: 1, start: 0, end: 2 ** 63 }, { slice: ['2*s0', 32] }),
    call('pow.Tensor_Scalar', { self: '%slice', exponent: 2 }, { pow: ['2*s0', 32] }),
    {
      target: 'higher_order.wrap_with_set_grad_enabled',
      arguments: {
        '#0': true,
        '#1': {
          graph: {
            inputs: { y: ['2*s0', 32] },
            nodes: [call('cos.default', { self: '%y' }, { cos: ['2*s0', 32] })],
            outputs: ['cos'],
          },
        },
        '#2': '%pow',
      },
      outputs: { item: ['2*s0', 32] },
      isList: true,
    },
    call(
      'linear.default',
      { input: '%item', weight: '%p_c_weight', bias: '%p_c_bias' },
      { linear: ['2*s0', 10] },
      { module: 'c' },
    ),
  ],
  {
    parameters: { 'a.weight': [4, 4, 3, 3], 'b.weight': [4, 4, 3, 3], 'c.weight': [10, 32], 'c.bias': [10] },
    buffers: { order: [4] },
  },
);
