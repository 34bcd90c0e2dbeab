import { describe, expect, test } from '@jest/globals';
import { resolveSetup } from '../../src/estimate/bindings.js';
import { planStep } from '../../src/estimate/plan.js';
import type { PrecisionName } from '../../src/estimate/precisions.js';
import type { DType, Graph, Tensor } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { batch, net } from '../helpers/graphs.js';

/** peft's LoRA (peft/tuners/lora/layer.py, Linear.forward) on a frozen layer in `base`. */
function adapted(base: DType, isFrozen = true): Graph {
  const graph = net({
    inputs: { x: [batch, 16] },
    parameters: { w: [16, 16], a: [16, 4], b: [4, 16] },
    layers: [
      ['Gemm', 'x w', 'result'],
      ['Cast', 'x', 'wide', { to: 'float32' }],
      ['Gemm', 'wide a', 'low_rank'],
      ['Gemm', 'low_rank b', 'update'],
      ['Add', 'result update', 'sum'],
      ['Cast', 'sum', 'y', { to: base }],
    ],
    outputs: ['y'],
  });
  const ofBase = (tensor: Tensor): Tensor => ({ ...tensor, dtype: base });
  const tensors = new Map(graph.tensors);
  for (const id of ['x', 'w']) tensors.set(id, ofBase(graph.tensors.get(id) as Tensor));
  tensors.set('w', { ...(tensors.get('w') as Tensor), trainable: !isFrozen });
  return { ...graph, tensors };
}

function dtypesOf(graph: Graph, precision: PrecisionName): Record<string, DType> {
  const { tensors } = planStep(bindGraph(graph, { bindings: new Map([['batch', 4]]) }), precision);
  return Object.fromEntries([...tensors.values()].map(({ id, type }) => [id, type.dtype]));
}

const WIDE = { a: 'float32', b: 'float32', wide: 'float32', sum: 'float32' };

describe('adapters in float32 on a frozen model in bfloat16', () => {
  test('each has the dtype of the file, and so have the casts between them', () => {
    const low = { x: 'bfloat16', w: 'bfloat16', result: 'bfloat16', y: 'bfloat16' };
    expect(dtypesOf(adapted('bfloat16'), 'fp32')).toEqual({ ...WIDE, ...low, low_rank: 'float32', update: 'float32' });
  });

  test('under autocast weights are those of the file, and products in its low precision', () => {
    const low = { x: 'bfloat16', w: 'bfloat16', result: 'bfloat16', low_rank: 'bfloat16', update: 'bfloat16' };
    const found = dtypesOf(adapted('bfloat16'), 'amp-bf16');
    expect(found).toMatchObject({ a: 'float32', b: 'float32', wide: 'float32', ...low });
  });

  test('all is in bfloat16 where that is asked for', () => {
    expect(dtypesOf(adapted('bfloat16'), 'bf16')).toMatchObject({ w: 'bfloat16', a: 'bfloat16', b: 'bfloat16' });
  });

  test('the report says so', () => {
    const { assumptions } = resolveSetup(adapted('bfloat16'), {});
    expect(assumptions).toContain(
      'weights in the dtypes of the file, which freezes some in bfloat16 beside trained ones in float32',
    );
  });
});

test('a model in several dtypes that is trained as a whole is in float32', () => {
  expect(dtypesOf(adapted('float16', false), 'fp32')).toMatchObject({ ...WIDE, w: 'float32', x: 'float32' });
});
