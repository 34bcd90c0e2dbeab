import { flag, parameters } from './layer.js';
import { enumeration, number, numbers, size } from './message.js';
import { plain, scalarsOf, step } from './step.js';
import type { Converter } from './step.js';

const relu: Converter = (layer) => {
  const slope = number(parameters(layer, 'relu_param'), 'negative_slope') ?? 0;
  return slope === 0 ? step('Relu') : step('LeakyRelu', { alpha: slope });
};

const dropout: Converter = (layer) => {
  const message = parameters(layer, 'dropout_param', 'selu_dropout_param');
  return step('Dropout', { ratio: number(message, 'dropout_ratio') ?? 0.5 });
};

const ELTWISE = ['PROD', 'SUM', 'MAX'] as const;
const ELTWISE_TYPES = { PROD: 'Mul', SUM: 'Sum', MAX: 'Max' } as const;

function isOperation(name: string): name is keyof typeof ELTWISE_TYPES {
  return Object.hasOwn(ELTWISE_TYPES, name);
}

const eltwise: Converter = (layer) => {
  const message = parameters(layer, 'eltwise_param');
  const operation = enumeration(message, 'operation', ELTWISE) ?? 'SUM';
  const coefficients = numbers(message, 'coeff');
  return step(ELTWISE_TYPES[isOperation(operation) ? operation : 'SUM'], {
    coeff: coefficients.length > 0 ? coefficients : undefined,
  });
};

/** y = (shift + scale x) ^ power. */
const power: Converter = (layer) => {
  const message = parameters(layer, 'power_param');
  return step('Power', {
    power: number(message, 'power') ?? 1,
    scale: number(message, 'scale') ?? 1,
    shift: number(message, 'shift') ?? 0,
  });
};

const clip: Converter = (layer) => {
  const message = parameters(layer, 'clip_param');
  return step('Clip', { min: number(message, 'min'), max: number(message, 'max') });
};

export const POINTWISE: Readonly<Record<string, Converter>> = {
  ReLU: relu,
  ReLU6: () => step('Clip', { min: 0, max: 6 }),
  Clip: clip,
  Sigmoid: plain('Sigmoid'),
  TanH: plain('Tanh'),
  ELU: (layer) => step('Elu', { alpha: number(parameters(layer, 'elu_param'), 'alpha') ?? 1 }),
  SeLu: plain('Selu'),
  SELU: plain('Selu'),
  Swish: plain('Swish'),
  Mish: plain('Mish'),
  AbsVal: plain('Abs'),
  BNLL: plain('Softplus'),
  Power: power,
  Exp: (layer) => [{ type: 'Exp', attributes: scalarsOf(parameters(layer, 'exp_param')) }],
  Log: (layer) => [{ type: 'Log', attributes: scalarsOf(parameters(layer, 'log_param')) }],
  Threshold: (layer) => step('Threshold', { threshold: number(parameters(layer, 'threshold_param'), 'threshold') }),
  Dropout: dropout,
  /** Alpha dropout keeps a mask too. */
  SeLuDropout: dropout,
  Softmax: (layer) => step('Softmax', { axis: size(parameters(layer, 'softmax_param'), 'axis') ?? 1 }),
  Eltwise: eltwise,
  Axpy: plain('Axpy'),
  MVN: (layer) =>
    step('MeanVarianceNormalization', {
      across_channels: flag(parameters(layer, 'mvn_param'), 'across_channels', false),
    }),
};
