import { describe, expect, test } from '@jest/globals';
import { provenanceOf, scopeOf } from '../../../src/formats/onnx/scope.js';
import type { OnnxNode } from '../../../src/formats/onnx/schema.js';
import { inTime } from '../in-time.js';

const named = (name: string, rest: Partial<OnnxNode> = {}): OnnxNode => ({
  input: [],
  output: [],
  name,
  opType: 'Conv',
  attribute: [],
  domain: '',
  overload: '',
  metadataProps: [],
  ...rest,
});

const property = (key: string, value: string): OnnxNode => named('node_1', { metadataProps: [{ key, value }] });

describe('the scope of a node', () => {
  test.each([
    ['/conv1/Conv', 'conv1'],
    ['/layer1/layer1.0/conv1/Conv', 'layer1.0.conv1'],
    ['/encoder/layer.0/attention/self/query/MatMul', 'encoder.layer.0.attention.self.query'],
    ['/Flatten', ''],
  ])('named %s by the TorchScript exporter is "%s"', (name, scope) => {
    expect(scopeOf(named(name))).toBe(scope);
  });

  test.each([
    ["['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_5']", 'layer1.0.conv1'],
    ["['', 'relu']", ''],
    ["['relu']", ''],
    ['nonsense', ''],
    [`[${"'a', ".repeat(100_000)}'layer1', 'conv2d']`, 'layer1'],
    ["'".repeat(10_000_000), ''],
  ])('listed as %.40s by torch.export is "%s"', async (value, scope) => {
    expect(await inTime(() => scopeOf(property('pkg.torch.onnx.name_scopes', value)))).toBe(scope);
  });

  test('is read from no more of a name than a name may be long', async () => {
    expect((await inTime(() => scopeOf(named('/a'.repeat(5_000_000)))))?.length).toBeLessThanOrEqual(4096);
  });

  test('is otherwise that of its weight or bias', () => {
    expect(scopeOf(named('Conv_0', { input: ['x', 'layer1.conv.weight', 'layer1.conv.bias'] }))).toBe('layer1.conv');
    expect(scopeOf(named('Add_0', { input: ['x', 'fc.bias'] }))).toBe('fc');
  });

  test('is unknown where neither says it', () => {
    expect(scopeOf(named('Conv_0', { input: ['x', 'onnx::Conv_12'] }))).toBeUndefined();
  });
});

test('the rule that rewrote a node is its provenance', () => {
  expect(provenanceOf(property('pkg.onnxscript.rewriter.rule_name', 'FuseBatchNorm'))).toBe('FuseBatchNorm');
  expect(provenanceOf(named('Conv_0'))).toBeUndefined();
});
