import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

/** 64 ** -0.25, on query and key each: 1 / sqrt(64) of the scores. */
const SCALE = 0.3535533905932738;

function attention(layers: Layers, outputs: readonly string[] = ['y']): Graph {
  const scalar = (value: number): { shape: number[]; value: number[] } => ({ shape: [], value: [value] });
  return net({
    inputs: {
      q: [batch, 12, 32, 64],
      k: [batch, 12, 32, 64],
      v: [batch, 12, 32, 64],
      split: [batch, 32, 12, 64],
      mask: [batch, 1, 32, 32],
      gain: [batch, 1, 1, 1],
    },
    constants: {
      scale: scalar(SCALE),
      same: { shape: [1], value: [SCALE] },
      whole: scalar(0.125),
      zero: scalar(0),
      one: scalar(1),
      ratio: scalar(0.1),
      minus: { shape: [1], value: [-1], dtype: 'int64' },
      folded: { shape: [3], value: [-1, 32, 64], dtype: 'int64' },
      unfolded: { shape: [4], value: [2, 12, 64, 32], dtype: 'int64' },
    },
    layers,
    outputs,
  });
}

const TURN = { perm: [0, 1, 3, 2] };
const QUERY = ['Mul', 'q scale', 'q1'] as const;
const KEY = [
  ['Transpose', 'k', 't', TURN],
  ['Mul', 't scale', 'k1'],
] as const;
const SCORES = ['MatMul', 'q1 k1', 'scores'] as const;
const HEAD = [QUERY, ...KEY, SCORES] as const;
const SOFTMAX = ['Softmax', 'scores', 'p', { axis: -1 }] as const;
const VALUES = ['MatMul', 'p v', 'y'] as const;

const shapeOf = (graph: Graph): unknown[] => graph.layers.map(({ type, inputs }) => [type, ...inputs]);

describe('a decomposed scaled_dot_product_attention is one layer', () => {
  // torch/onnx, symbolic_opset14.py, scaled_dot_product_attention; onnxscript's torch_lib writes the same.
  test.each<[string, Layers, readonly string[]]>([
    ['bare', [...HEAD, SOFTMAX, VALUES], ['q', 'k', 'v']],
    [
      'the scale first',
      [['Mul', 'scale q', 'q1'], KEY[0], ['Mul', 'scale t', 'k1'], SCORES, SOFTMAX, VALUES],
      ['q', 'k', 'v'],
    ],
    ['two tensors of one scale', [['Mul', 'q same', 'q1'], ...KEY, SCORES, SOFTMAX, VALUES], ['q', 'k', 'v']],
    ['the axis counted from the front', [...HEAD, ['Softmax', 'scores', 'p', { axis: 3 }], VALUES], ['q', 'k', 'v']],
    ['no axis stated', [...HEAD, ['Softmax', 'scores', 'p'], VALUES], ['q', 'k', 'v']],
    ['a mask', [...HEAD, ['Add', 'scores mask', 's'], ['Softmax', 's', 'p'], VALUES], ['q', 'k', 'v', 'mask']],
    ['the mask first', [...HEAD, ['Add', 'mask scores', 's'], ['Softmax', 's', 'p'], VALUES], ['q', 'k', 'v', 'mask']],
    [
      'the guard of rows that are all masked',
      [...HEAD, SOFTMAX, ['IsNaN', 'p', 'nan'], ['Where', 'nan zero p', 'safe'], ['MatMul', 'safe v', 'y']],
      ['q', 'k', 'v'],
    ],
    [
      'the Dropout of training',
      [...HEAD, SOFTMAX, ['Dropout', 'p ratio', 'd'], ['MatMul', 'd v', 'y']],
      ['q', 'k', 'v'],
    ],
    [
      'guard and Dropout',
      [
        ...HEAD,
        SOFTMAX,
        ['IsNaN', 'p', 'nan'],
        ['Where', 'nan zero p', 'safe'],
        ['Dropout', 'safe ratio', 'd'],
        ['MatMul', 'd v', 'y'],
      ],
      ['q', 'k', 'v'],
    ],
    [
      'Softmax in float32',
      [
        ...HEAD,
        ['Cast', 'scores', 'wide', { to: 'float32' }],
        ['Softmax', 'wide', 'p'],
        ['Cast', 'p', 'narrow', { to: 'float16' }],
        ['MatMul', 'narrow v', 'y'],
      ],
      ['q', 'k', 'v'],
    ],
  ])('%s', (_, layers, inputs) => {
    const { graph, assumptions } = recoverTraining(attention(layers));
    expect(graph.layers).toEqual([{ id: 'y', type: 'Attention', inputs, outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual([
      'attention restored from MatMul, Softmax and MatMul (1x): scaled_dot_product_attention keeps no score matrix',
    ]);
  });

  // symbolic_opset14.py, _attention_scale: 1 / sqrt(size of the head), from the query's shape, and a root of it each.
  test('where the scale is computed from the head size, which is then gone', () => {
    const computed = attention([
      ['Shape', 'q', 'shape'],
      ['Slice', 'shape minus', 'size'],
      ['Cast', 'size', 'float', { to: 'float32' }],
      ['Sqrt', 'float', 'root'],
      ['Div', 'one root', 'factor'],
      ['Sqrt', 'factor', 'left'],
      ['Sqrt', 'factor', 'right'],
      ['Mul', 'q left', 'q1'],
      ['Transpose', 'k', 't', TURN],
      ['Mul', 't right', 'k1'],
      SCORES,
      SOFTMAX,
      VALUES,
    ]);
    expect(shapeOf(recoverTraining(computed).graph)).toEqual([['Attention', 'q', 'k', 'v']]);
  });

  test('where one Transpose brings the heads forward and turns the key, one that does the former is left', () => {
    const fused = attention([
      QUERY,
      ['Transpose', 'split', 't', { perm: [0, 2, 3, 1] }],
      KEY[1],
      SCORES,
      SOFTMAX,
      VALUES,
    ]);
    const { graph } = recoverTraining(fused);
    expect(graph.layers).toMatchObject([
      { type: 'Transpose', inputs: ['split'], outputs: ['t/key'], attributes: { perm: [0, 2, 1, 3] } },
      { type: 'Attention', inputs: ['q', 't/key', 'v'] },
    ]);
  });

  // onnxscript, _aten_scaled_dot_product_attention_no_mask_onnx: it turns a key of three axes.
  test('where the key is folded to three axes to be turned, it is read before', () => {
    const folded = attention([
      QUERY,
      ['Reshape', 'k folded', 'f'],
      ['Transpose', 'f', 't', { perm: [0, 2, 1] }],
      ['Reshape', 't unfolded', 'u'],
      ['Mul', 'u scale', 'k1'],
      SCORES,
      SOFTMAX,
      VALUES,
    ]);
    expect(shapeOf(recoverTraining(folded).graph)).toEqual([['Attention', 'q', 'k', 'v']]);
  });

  test('where the key had three axes before, it is unfolded as the turned one was', () => {
    const { graph } = recoverTraining(
      net({
        inputs: { q: [2, 12, 32, 64], k: [24, 32, 64], v: [2, 12, 32, 64] },
        constants: {
          scale: { shape: [], value: [SCALE] },
          unfolded: { shape: [4], value: [2, 12, 64, 32], dtype: 'int64' },
        },
        layers: [
          QUERY,
          ['Transpose', 'k', 't', { perm: [0, 2, 1] }],
          ['Reshape', 't unfolded', 'u'],
          ['Mul', 'u scale', 'k1'],
          SCORES,
          SOFTMAX,
          VALUES,
        ],
        outputs: ['y'],
      }),
    );
    expect(shapeOf(graph)).toEqual([
      ['Reshape', 'k', 'u/key_shape'],
      ['Attention', 'q', 'u/key', 'v'],
    ]);
    expect(graph.tensors.get('u/key_shape')?.value).toEqual([2, 12, 32, 64]);
  });

  // Llama: a key for every four heads, [2, 2, 4, 32, 64] once expanded, is folded to [16, 32, 64] at once.
  test('where the key was folded from groups of heads, it gets the heads the scores have', () => {
    const { graph } = recoverTraining(
      net({
        inputs: { q: [2, 8, 32, 64], k: [2, 2, 4, 32, 64], v: [2, 8, 32, 64] },
        constants: {
          scale: { shape: [], value: [SCALE] },
          folded: { shape: [3], value: [16, 32, 64], dtype: 'int64' },
          unfolded: { shape: [4], value: [2, 8, 64, 32], dtype: 'int64' },
        },
        layers: [
          QUERY,
          ['Reshape', 'k folded', 'f'],
          ['Transpose', 'f', 't', { perm: [0, 2, 1] }],
          ['Reshape', 't unfolded', 'u'],
          ['Mul', 'u scale', 'k1'],
          SCORES,
          SOFTMAX,
          VALUES,
        ],
        outputs: ['y'],
      }),
    );
    expect(shapeOf(graph)).toEqual([
      ['Reshape', 'k', 'u/key_shape'],
      ['Attention', 'q', 'u/key', 'v'],
    ]);
    expect(graph.tensors.get('u/key_shape')?.value).toEqual([2, 8, 32, 64]);
  });

  test('and leaves a scaled query alone that others read', () => {
    const shared = attention([...HEAD, SOFTMAX, VALUES, ['Relu', 'q1', 'w']], ['y', 'w']);
    expect(shapeOf(recoverTraining(shared).graph)).toEqual([
      ['Mul', 'q', 'scale'],
      ['Attention', 'q', 'k', 'v'],
      ['Relu', 'q1'],
    ]);
  });
});

describe('attention that the model computes itself stays', () => {
  const stay = (
    name: string,
    layers: Layers,
    outputs: readonly string[] = ['y'],
  ): [string, Layers, readonly string[]] => [name, layers, outputs];
  test.each([
    // transformers, eager_attention_forward: matmul(q, k^T) * scaling.
    stay('scaled after the product', [
      KEY[0],
      ['MatMul', 'q t', 'raw'],
      ['Mul', 'raw whole', 'scores'],
      SOFTMAX,
      VALUES,
    ]),
    stay('scaled after the product, with Dropout', [
      KEY[0],
      ['MatMul', 'q t', 'raw'],
      ['Div', 'raw whole', 'scores'],
      SOFTMAX,
      ['Dropout', 'p ratio', 'd'],
      ['MatMul', 'd v', 'y'],
    ]),
    // torchvision's Swin: q * scale.
    stay('scaled on the query alone', [
      ['Mul', 'q whole', 'q1'],
      ['Transpose', 'k', 'k1', TURN],
      SCORES,
      SOFTMAX,
      VALUES,
    ]),
    stay('scaled on the key alone', [
      ['Transpose', 'k', 't', TURN],
      ['Mul', 't whole', 'k1'],
      ['MatMul', 'q k1', 'scores'],
      SOFTMAX,
      VALUES,
    ]),
    stay('different scales', [['Mul', 'q whole', 'q1'], ...KEY, SCORES, SOFTMAX, VALUES]),
    stay('scaled by a tensor', [['Mul', 'q gain', 'q1'], ...KEY, SCORES, SOFTMAX, VALUES]),
    stay('a scale that is learned from the query', [
      ['ReduceMean', 'q', 'g'],
      ['Mul', 'q g', 'q1'],
      ...KEY,
      SCORES,
      SOFTMAX,
      VALUES,
    ]),
    stay('a key that is not turned', [QUERY, ['Mul', 'k scale', 'k1'], SCORES, SOFTMAX, VALUES]),
    stay('a key turned otherwise and folded', [
      QUERY,
      ['Transpose', 'k', 't', { perm: [1, 0, 2] }],
      ['Reshape', 't unfolded', 'u'],
      ['Mul', 'u scale', 'k1'],
      SCORES,
      SOFTMAX,
      VALUES,
    ]),
    stay('Softmax over the queries', [...HEAD, ['Softmax', 'scores', 'p', { axis: 2 }], VALUES]),
    stay('two masks', [
      ...HEAD,
      ['Add', 'scores mask', 's1'],
      ['Add', 's1 mask', 's2'],
      ['Softmax', 's2', 'p'],
      VALUES,
    ]),
    stay('values on the left', [...HEAD, SOFTMAX, ['MatMul', 'v p', 'y']]),
    stay('no values', [...HEAD, ['Softmax', 'scores', 'y']]),
    stay('probabilities that are an output', [...HEAD, SOFTMAX, VALUES], ['y', 'p']),
    stay('probabilities that others read', [...HEAD, SOFTMAX, VALUES, ['Relu', 'p', 'w']], ['y', 'w']),
    stay('scores that are an output', [...HEAD, SOFTMAX, VALUES], ['y', 'scores']),
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(attention(layers, outputs));
    expect(graph.layers.map(({ id }) => id)).toEqual(layers.map(([, , output]) => output));
    expect(assumptions).toEqual([]);
  });

  test('a scale is computed in a few layers, not in a chain of any length', () => {
    const chain = (length: number): Graph =>
      attention([
        ...Array.from({ length }, (_, i) => ['Sqrt', i === 0 ? 'whole' : `s${i - 1}`, `s${i}`] as const),
        ['Mul', `q s${length - 1}`, 'q1'],
        ['Transpose', 'k', 't', TURN],
        ['Mul', `t s${length - 1}`, 'k1'],
        SCORES,
        SOFTMAX,
        VALUES,
      ]);
    expect(shapeOf(recoverTraining(chain(16)).graph)).toEqual([['Attention', 'q', 'k', 'v']]);
    expect(recoverTraining(chain(17)).assumptions).toEqual([]);
    expect(recoverTraining(chain(10_000)).assumptions).toEqual([]);
  });
});
