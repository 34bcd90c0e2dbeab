import { expect, test } from '@jest/globals';
import { operatorName } from '../../../src/formats/onnx/domains.js';

test.each([
  ['', 'Conv', 'Conv'],
  ['ai.onnx', 'Conv', 'Conv'],
  ['com.microsoft', 'Gelu', 'Gelu'],
  ['com.microsoft', 'FastGelu', 'Gelu'],
  ['com.microsoft', 'QuickGelu', 'Swish'],
  ['com.microsoft', 'FusedMatMul', 'FusedMatMul'],
  ['com.microsoft', 'FusedConv', 'Conv'],
  ['com.microsoft', 'SimplifiedLayerNormalization', 'RMSNormalization'],
  ['com.microsoft', 'Conv', 'com.microsoft.Conv'],
  ['com.microsoft', 'constructor', 'com.microsoft.constructor'],
  ['ai.onnx.ml', 'Scaler', 'ai.onnx.ml.Scaler'],
])('the operator of domain "%s" named %s is %s', (domain, opType, name) => {
  expect(operatorName(domain, opType)).toBe(name);
});
