import { describe, expect, test } from '@jest/globals';
import { parseText } from './fixtures.js';

const attributesOf = async (type: string, fields: string): Promise<unknown> => {
  const graph = await parseText(`input: "data" layer { name: "x" type: "${type}" bottom: "data" top: "y" ${fields} }`);
  return graph.layers[0]?.attributes;
};

const convolution = (fields: string): Promise<unknown> =>
  attributesOf('Convolution', `convolution_param { num_output: 4 ${fields} }`);

describe('a window', () => {
  test.each([
    ['of one size is square', 'kernel_size: 3', { kernel_shape: [3, 3], strides: [1, 1], pads: [0, 0, 0, 0] }],
    ['may have a size per axis', 'kernel_size: 3 kernel_size: 5', { kernel_shape: [3, 5] }],
    ['may have a height and a width', 'kernel_h: 3 kernel_w: 1', { kernel_shape: [3, 1] }],
    ['of a height alone is square', 'kernel_h: 3', { kernel_shape: [3, 3] }],
    ['may have three axes', 'kernel_size: [3, 3, 3] pad: 1', { kernel_shape: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1] }],
    ['moves by a stride per axis', 'kernel_size: 3 stride_h: 2 stride_w: 1', { strides: [2, 1] }],
    ['is padded alike on both sides', 'kernel_size: 3 pad_h: 1 pad_w: 2', { pads: [1, 2, 1, 2] }],
    ['may be dilated', 'kernel_size: 3 dilation: 2', { dilations: [2, 2] }],
    ['may be dilated per axis', 'kernel_size: 3 dilation: 2 dilation: 3', { dilations: [2, 3] }],
    ['has a bias unless it says otherwise', 'kernel_size: 3', { bias: true, group: 1 }],
    ['may have no bias', 'kernel_size: 3 bias_term: false group: 2', { bias: false, group: 2 }],
  ])('%s', async (_, fields, expected) => {
    expect(await convolution(fields)).toMatchObject(expected);
  });

  test('of a depthwise convolution has a group per channel', async () => {
    const fields = 'convolution_param { num_output: 4 kernel_size: 3 group: 2 }';
    for (const type of ['ConvolutionDepthwise', 'DepthwiseConvolution']) {
      expect(await attributesOf(type, fields)).toMatchObject({ group: -1 });
    }
  });
});

describe('a pooling', () => {
  test.each([
    ['rounds up', 'kernel_size: 2', 1],
    ['rounds up where it says so', 'kernel_size: 2 round_mode: CEIL', 1],
    ['rounds down by round_mode', 'kernel_size: 2 round_mode: FLOOR', 0],
    ['rounds down by the number of that', 'kernel_size: 2 round_mode: 1', 0],
    ['rounds down by ceil_mode', 'kernel_size: 2 ceil_mode: false', 0],
  ])('%s', async (_, fields, ceil) => {
    expect(await attributesOf('Pooling', `pooling_param { ${fields} }`)).toMatchObject({
      ceil_mode: ceil,
      caffe_rounding: true,
    });
  });

  test('counts what is padded only where it averages', async () => {
    expect(await attributesOf('Pooling', 'pooling_param { pool: AVE kernel_size: 2 }')).toMatchObject({
      count_include_pad: 1,
    });
    expect(await attributesOf('Pooling', 'pooling_param { pool: STOCHASTIC kernel_size: 2 }')).not.toHaveProperty(
      'count_include_pad',
    );
  });

  test('needs a window, unless it is over everything', async () => {
    const message = 'caffe at line 1: the Pooling layer has no kernel_size';
    await expect(attributesOf('Pooling', '')).rejects.toMatchObject({ code: 'MALFORMED', message });
    expect(await attributesOf('Pooling', 'pooling_param { global_pooling: true }')).toEqual({});
  });
});

test.each([
  ['', { size: 5, alpha: 1, beta: 0.75, bias: 1 }],
  [
    'lrn_param { local_size: 3 alpha: 0.0001 beta: 0.5 k: 2 norm_region: WITHIN_CHANNEL }',
    { size: 3, alpha: 0.0001, beta: 0.5, bias: 2, norm_region: 'WITHIN_CHANNEL' },
  ],
  ['lrn_param { norm_region: 0 }', { size: 5, alpha: 1, beta: 0.75, bias: 1, norm_region: 'ACROSS_CHANNELS' }],
])('LRN { %s }', async (fields, expected) => {
  expect(await attributesOf('LRN', fields)).toEqual(expected);
});
