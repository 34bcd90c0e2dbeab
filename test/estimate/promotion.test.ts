import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import { promoted } from '../../src/estimate/promotion.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';
import { type } from '../helpers/row.js';

// torch.result_type, torch 2.15; a number is marked by `#`.
describe('the dtype of a result', () => {
  test.each([
    ['4 bfloat16', '4', 'float32'],
    ['4 bfloat16', '4 float16', 'float32'],
    ['4 bfloat16', 'scalar', 'bfloat16'],
    ['scalar', '4 bfloat16', 'bfloat16'],
    ['scalar bfloat16', 'scalar', 'float32'],
    ['scalar bfloat16', '#scalar', 'bfloat16'],
    ['#scalar', 'scalar bfloat16', 'bfloat16'],
    ['4 bfloat16', '#scalar', 'bfloat16'],
    ['#scalar', '#scalar', 'float32'],
    ['4 int64', '#scalar', 'float32'],
    ['4 bool', '-', undefined],
  ])('of %s and %s is %s', (...[left, right, dtype]) => {
    const operands = [left, right];
    const types = operands.map((text) => type(text.replace('#', '')));
    expect(promoted(types, (index) => operands[index]?.startsWith('#') === true)).toBe(dtype);
  });
});

/** transformers' eager_mask: `torch.where(mask, torch.tensor(0.0, dtype=dtype), min_dtype)`, added to the scores. */
test('a mask that is made in the dtype of the model leaves the scores in it', () => {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16] },
    constants: {
      shape: { shape: [0], value: [], dtype: 'int64' },
      nothing: { shape: [], value: [0] },
      least: { shape: [], value: [-3e38] },
    },
    layers: [
      ['Gemm', 'x w', 'scores'],
      ['Greater', 'x nothing', 'mask'],
      ['ConstantOfShape', 'shape', 'zero', { value_dtype: 'float32', value: 0 }],
      ['Where', 'mask zero least', 'added'],
      ['Add', 'scores added', 'sum'],
      ['Softmax', 'sum', 'y'],
    ],
    outputs: ['y'],
  });
  const { layers } = planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), 'bf16');
  expect(layers.slice(-3).map(({ outputs }) => outputs[0]?.type.dtype)).toEqual(['bfloat16', 'bfloat16', 'bfloat16']);
});
