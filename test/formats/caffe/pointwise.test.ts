import { expect, test } from '@jest/globals';
import { operatorsOf } from './fixtures.js';

/** Defaults are those of caffe.proto, and of the forks that have a layer of their own. */
test.each([
  ['ReLU', '', 'Relu {}'],
  ['ReLU', 'relu_param { negative_slope: 0 }', 'Relu {}'],
  ['ReLU', 'relu_param { negative_slope: 0.1 }', 'LeakyRelu {"alpha":0.1}'],
  ['ReLU6', '', 'Clip {"min":0,"max":6}'],
  ['Clip', 'clip_param { min: -1 max: 2 }', 'Clip {"min":-1,"max":2}'],
  ['Sigmoid', '', 'Sigmoid {}'],
  ['TanH', '', 'Tanh {}'],
  ['ELU', '', 'Elu {"alpha":1}'],
  ['ELU', 'elu_param { alpha: 0.5 }', 'Elu {"alpha":0.5}'],
  ['SELU', '', 'Selu {}'],
  ['SeLu', '', 'Selu {}'],
  ['Swish', '', 'Swish {}'],
  ['Mish', '', 'Mish {}'],
  ['AbsVal', '', 'Abs {}'],
  ['BNLL', '', 'Softplus {}'],
  ['Power', '', 'Power {"power":1,"scale":1,"shift":0}'],
  ['Power', 'power_param { power: 2 scale: 3 shift: -1 }', 'Power {"power":2,"scale":3,"shift":-1}'],
  ['Exp', 'exp_param { base: 2 }', 'Exp {"base":2}'],
  ['Log', 'log_param { base: 10 scale: 2 }', 'Log {"base":10,"scale":2}'],
  ['Threshold', 'threshold_param { threshold: 0.3 }', 'Threshold {"threshold":0.3}'],
  ['Dropout', '', 'Dropout {"ratio":0.5}'],
  ['SeLuDropout', 'selu_dropout_param { dropout_ratio: 0.1 }', 'Dropout {"ratio":0.1}'],
  ['Softmax', '', 'Softmax {"axis":1}'],
  ['Softmax', 'softmax_param { axis: 2 }', 'Softmax {"axis":2}'],
  ['Eltwise', 'bottom: "data"', 'Sum {}'],
  ['Eltwise', 'bottom: "data" eltwise_param { coeff: 1 coeff: -1 }', 'Sum {"coeff":[1,-1]}'],
  ['Eltwise', 'bottom: "data" eltwise_param { operation: PROD }', 'Mul {}'],
  ['Eltwise', 'bottom: "data" eltwise_param { operation: 2 }', 'Max {}'],
  ['Eltwise', 'bottom: "data" eltwise_param { operation: OTHER }', 'Sum {}'],
  ['Axpy', 'bottom: "data" bottom: "data"', 'Axpy {}'],
  ['MVN', '', 'MeanVarianceNormalization {"across_channels":false}'],
  ['MVN', 'mvn_param { across_channels: true }', 'MeanVarianceNormalization {"across_channels":true}'],
])('%s { %s } is %s', async (type, fields, expected) => {
  expect(await operatorsOf(type, fields)).toEqual([expected]);
});
