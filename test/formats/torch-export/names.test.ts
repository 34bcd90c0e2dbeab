import { describe, expect, test } from '@jest/globals';
import { scopeOf } from '../../../src/formats/torch-export/scope.js';
import { sniffTorchExport } from '../../../src/formats/torch-export/sniff.js';
import { readTarget } from '../../../src/formats/torch-export/target.js';

describe('the module that owns a node', () => {
  test.each([
    [
      'L__self__,,pkg.Net;L__self__layer1,layer1,pkg.Block;L__self__layer1.0.conv1,layer1.0.conv1,pkg.Conv2d',
      'layer1.0.conv1',
    ],
    ["L__self__,L['self'],pkg.Net;L__self___fc,L['self'].fc,pkg.Linear", 'fc'],
    [
      '_empty_nn_module_stack_from_metadata_hook,_empty_nn_module_stack_from_metadata_hook,_empty_nn_module_stack_from_metadata_hook',
      undefined,
    ],
    ['L__self__,,pkg.Net;L__self__act@1,act@1,pkg.ReLU', 'act'],
    ['L__self__,,pkg.Net', undefined],
    ['', undefined],
  ])('of %s is %s', (stack, scope) => {
    expect(scopeOf(stack)).toBe(scope);
  });
});

describe('a target', () => {
  test.each([
    ['torch.ops.aten.relu.default', 'relu', 'default', false],
    ['torch.ops.aten.relu_.default', 'relu', 'default', true],
    ['torch.ops.aten.__and__.Tensor', '__and__', 'Tensor', false],
    ['torch.ops.aten.max.dim', 'max', 'dim', false],
    ['torch.ops.higher_order.cond', 'higher_order.cond', 'default', false],
    ['torch.ops.transformers.grouped_mm_fallback.default', 'transformers.grouped_mm_fallback', 'default', false],
    ['_operator.mul', '_operator.mul', 'default', false],
  ])('%s is %s, %s, in place: %s', (target, operator, overload, inPlace) => {
    expect(readTarget(target)).toMatchObject({ operator, overload, inPlace });
  });
});

describe('recognised', () => {
  const head = (text: string): Uint8Array => new TextEncoder().encode(text);
  test.each([
    [true, 'an archive', 'PK\u0003\u0004....net/data/weights/weight_0'],
    [
      true,
      'an archive of before 2.8',
      'PK\u0003\u0004....version....PK\u0003\u0004....serialized_exported_program.json',
    ],
    [true, 'a program', '{"graph_module": {"graph": {'],
    [true, 'a program whose fields were sorted', '{\n  "dialect": "ATEN",\n  "graph_module": {'],
    [false, 'a checkpoint', 'PK\u0003\u0004....archive/data.pkl'],
    [false, 'a Keras archive', 'PK\u0003\u0004....metadata.json'],
    [false, 'the configuration of a language model', '{"architectures": ["BertModel"]}'],
    [false, 'text about one', 'see "graph_module": {'],
  ])('%s: %s', (isOne, _, text) => {
    expect(sniffTorchExport(head(text))).toBe(isOne);
  });
});
