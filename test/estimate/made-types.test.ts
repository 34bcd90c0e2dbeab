import { describe, expect, test } from '@jest/globals';
import { planStep } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { DType } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

/** The dtype of an activation plus something that the program makes. */
function sumWith(made: NetDescription['layers'], precision: PrecisionName): DType | undefined {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16] },
    constants: {
      shape: { shape: [1], value: [16], dtype: 'int64' },
      none: { shape: [0], value: [], dtype: 'int64' },
      zero: { shape: [], value: [0], dtype: 'int64' },
      sixteen: { shape: [], value: [16], dtype: 'int64' },
      one: { shape: [], value: [1], dtype: 'int64' },
      least: { shape: [], value: [-3e38] },
    },
    layers: [['Gemm', 'x w', 'e'], ...made, ['Add', 'e made', 'y']],
    outputs: ['y'],
  });
  const plan = planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), precision);
  return plan.layers.at(-1)?.outputs[0]?.type.dtype;
}

const FILLED = { value_dtype: 'float32', value: 1 };
const POSITIONS: NetDescription['layers'][number] = ['Range', 'zero sixteen one', 'positions'];

// torch 2.15: the model is `to(torch.bfloat16)`, its float32 export is what is read.
describe('what a program makes of nothing', () => {
  test.each<[string, NetDescription['layers'], DType]>([
    ['torch.ones(shape, dtype=x.dtype)', [['ConstantOfShape', 'shape', 'made', FILLED]], 'bfloat16'],
    ['torch.ones(shape)', [['ConstantOfShape', 'shape', 'made', { ...FILLED, default_dtype: 1 }]], 'float32'],
    [
      'torch.ones(shape).to(x.dtype)',
      [
        ['ConstantOfShape', 'shape', 'ones', { ...FILLED, default_dtype: 1 }],
        ['Cast', 'ones', 'made', { to: 'float32' }],
      ],
      'bfloat16',
    ],
    [
      'torch.where(mask, torch.tensor(0.0, dtype=x.dtype), least)',
      [
        POSITIONS,
        ['Greater', 'positions one', 'mask'],
        ['ConstantOfShape', 'none', 'nothing', FILLED],
        ['Where', 'mask nothing least', 'made'],
      ],
      'bfloat16',
    ],
    ['positions.float()', [POSITIONS, ['Cast', 'positions', 'made', { to: 'float32' }]], 'float32'],
  ])('%s', (_, made, dtype) => {
    expect(sumWith(made, 'bf16')).toBe(dtype);
    expect(sumWith(made, 'fp32')).toBe('float32');
  });
});
