import { describe, expect, test } from '@jest/globals';
import { operatorsOf, parseText } from './fixtures.js';

/** Defaults are those of caffe.proto, and of the forks that have a layer of their own. */
test.each([
  ['BatchNorm', '', ['BatchNormalization {"epsilon":0.00001,"affine":false}']],
  [
    'CuDNNBatchNorm',
    'batch_norm_param { use_global_stats: true eps: 0.001 }',
    ['BatchNormalization {"epsilon":0.001,"affine":false,"use_global_stats":true}'],
  ],
  ['BN', 'bn_param { eps: 0.01 }', ['BatchNormalization {"epsilon":0.01,"affine":true}']],
  ['Scale', '', ['Scale {"axis":1,"num_axes":1,"bias":false}']],
  ['Scale', 'scale_param { axis: 2 num_axes: -1 bias_term: true }', ['Scale {"axis":2,"num_axes":-1,"bias":true}']],
  ['Scale', 'bottom: "data"', ['Scale {"axis":1,"bias":false}']],
  ['Bias', 'bias_param { axis: 0 }', ['Bias {"axis":0,"num_axes":1}']],
  ['PReLU', '', ['PRelu {"channel_shared":false}']],
  ['PReLU', 'prelu_param { channel_shared: true }', ['PRelu {"channel_shared":true}']],
  ['Normalize', '', ['Normalize {"across_spatial":true,"channel_shared":true}']],
  [
    'Normalize',
    'norm_param { across_spatial: false channel_shared: false }',
    ['Normalize {"across_spatial":false,"channel_shared":false}'],
  ],
  [
    'Embed',
    'embed_param { input_dim: 100 num_output: 8 bias_term: false }',
    ['Embed {"input_dim":100,"out_features":8,"bias":false}'],
  ],
  ['LSTM', 'recurrent_param { num_output: 4 }', ['CaffeLstm {"hidden_size":4}']],
  ['RNN', 'recurrent_param { num_output: 4 }', ['CaffeRnn {"hidden_size":4}']],
  [
    'InnerProduct',
    'inner_product_param { num_output: 5 }',
    ['Flatten {"axis":1}', 'Gemm {"out_features":5,"bias":true,"transB":1}'],
  ],
  [
    'InnerProduct',
    'inner_product_param { num_output: 5 axis: 2 bias_term: false }',
    ['InnerProduct {"out_features":5,"bias":false,"axis":2}'],
  ],
])('%s { %s } is %j', async (type, fields, expected) => {
  expect(await operatorsOf(type, fields)).toEqual(expected);
});

describe('what a layer cannot do without is asked for', () => {
  test.each([
    ['InnerProduct', 'num_output'],
    ['Embed', 'input_dim'],
    ['LSTM', 'num_output'],
    ['RNN', 'num_output'],
  ])('by %s, %s', async (type, field) => {
    await expect(operatorsOf(type)).rejects.toMatchObject({
      code: 'MALFORMED',
      message: `caffe at line 1: the ${type} layer has no ${field}`,
    });
  });
});

describe('learning rates and names of weights', () => {
  const convolution = (fields: string): Promise<readonly string[]> =>
    operatorsOf('Scale', `${fields} scale_param { bias_term: true }`);

  test.each([
    ['a rate of 0 freezes', 'param { lr_mult: 0 } param { lr_mult: 2 }', ',"trainable":[0,1]'],
    ['a rate left out is 1', 'param { lr_mult: 0 } param { }', ',"trainable":[0,1]'],
    ['rates other than 0 change nothing', 'param { lr_mult: 0.1 } param { lr_mult: 10 }', ''],
    ['a name shares', 'param { name: "w" } param { name: "b" }', ',"parameter_names":["w","b"]'],
    ['a name left out shares nothing', 'param { name: "w" } param { }', ',"parameter_names":["w",""]'],
    ['both at once', 'param { name: "w" lr_mult: 0 } param { }', ',"trainable":[0,1],"parameter_names":["w",""]'],
  ])('%s', async (_, fields, attributes) => {
    expect(await convolution(fields)).toEqual([`Scale {"axis":1,"num_axes":1,"bias":true${attributes}}`]);
  });

  test('of the V1 format stand side by side', async () => {
    const { layers } = await parseText(
      'input: "data" layers { type: CONVOLUTION name: "c" bottom: "data" top: "c" blobs_lr: 1 blobs_lr: 0 param: "w" convolution_param { num_output: 2 kernel_size: 1 } }',
    );
    expect(layers[0]?.attributes).toMatchObject({ trainable: [1, 0], parameter_names: ['w', ''] });
  });
});
