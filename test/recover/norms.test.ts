import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

function norm(layers: Layers, outputs: readonly string[] = ['y']): Graph {
  const scalar = (value: number): { shape: number[]; value: number[] } => ({ shape: [], value: [value] });
  return net({
    inputs: { x: [batch, 4, 8], z: [batch, 4, 8] },
    parameters: { w: [8], b: [8], matrix: [4, 8], channels: [4, 1], half: [8] },
    constants: {
      eps: scalar(1e-5),
      one: scalar(1),
      two: scalar(2),
      three: scalar(3),
      last: { shape: [1], value: [-1], dtype: 'int64' },
      first: { shape: [1], value: [0], dtype: 'int64' },
    },
    layers,
    outputs,
  });
}

/** A case that nothing matches. */
const stay = (
  name: string,
  layers: Layers,
  outputs: readonly string[] = ['y'],
): [string, Layers, readonly string[]] => [name, layers, outputs];

const idsOf = (graph: Graph): string[] => graph.layers.map(({ id }) => id);

const LAST = { axes: [-1], keepdims: 1 };
const MEAN = ['ReduceMean', 'x', 'mean', LAST] as const;
const SUB = ['Sub', 'x mean', 'centred'] as const;
const POW = ['Pow', 'centred two', 'square'] as const;
const VARIANCE = ['ReduceMean', 'square', 'variance', LAST] as const;
const ROOT = [
  ['Add', 'variance eps', 'shifted'],
  ['Sqrt', 'shifted', 'root'],
] as const;
const CORE = [MEAN, SUB, POW, VARIANCE, ...ROOT] as const;

describe('a decomposed LayerNorm is one layer', () => {
  const AFFINE = ['x', 'w', 'b'];
  test.each<[string, Layers, readonly string[], number]>([
    // torch/onnx, symbolic_opset9.py, native_layer_norm, opset 9 to 16.
    [
      'with weight and bias',
      [...CORE, ['Div', 'centred root', 'q'], ['Mul', 'q w', 'm'], ['Add', 'm b', 'y']],
      AFFINE,
      -1,
    ],
    [
      'the parameters first',
      [...CORE, ['Div', 'centred root', 'q'], ['Mul', 'w q', 'm'], ['Add', 'b m', 'y']],
      AFFINE,
      -1,
    ],
    ['without a bias', [...CORE, ['Div', 'centred root', 'q'], ['Mul', 'q w', 'y']], ['x', 'w'], -1],
    ['without either', [...CORE, ['Div', 'centred root', 'y']], ['x'], -1],
    [
      'the square as a product',
      [MEAN, SUB, ['Mul', 'centred centred', 'square'], VARIANCE, ...ROOT, ['Div', 'centred root', 'y']],
      ['x'],
      -1,
    ],
    [
      'the subtraction written twice',
      [
        MEAN,
        SUB,
        ['Sub', 'x mean', 'again'],
        ['Pow', 'again two', 'square'],
        VARIANCE,
        ...ROOT,
        ['Div', 'centred root', 'y'],
      ],
      ['x'],
      -1,
    ],
    [
      'epsilon first',
      [
        ...CORE.slice(0, 4),
        ['Add', 'eps variance', 'shifted'],
        ['Sqrt', 'shifted', 'root'],
        ['Div', 'centred root', 'y'],
      ],
      ['x'],
      -1,
    ],
    [
      // Opset 18 on reads the axes.
      'axes as an input',
      [
        ['ReduceMean', 'x last', 'mean'],
        SUB,
        POW,
        ['ReduceMean', 'square last', 'variance'],
        ...ROOT,
        ['Div', 'centred root', 'y'],
      ],
      ['x'],
      -1,
    ],
    [
      'the axis counted from the front',
      [
        ['ReduceMean', 'x', 'mean', { axes: [2] }],
        SUB,
        POW,
        ['ReduceMean', 'square', 'variance', { axes: [2] }],
        ...ROOT,
        ['Div', 'centred root', 'q'],
        ['Mul', 'q w', 'm'],
        ['Add', 'm b', 'y'],
      ],
      AFFINE,
      -1,
    ],
    [
      'two axes and weights of two',
      [
        ['ReduceMean', 'x', 'mean', { axes: [-2, -1] }],
        SUB,
        POW,
        ['ReduceMean', 'square', 'variance', { axes: [-1, -2] }],
        ...ROOT,
        ['Div', 'centred root', 'q'],
        ['Mul', 'q matrix', 'y'],
      ],
      ['x', 'matrix'],
      -2,
    ],
  ])('%s', (_, layers, inputs, axis) => {
    const { graph, assumptions } = recoverTraining(norm(layers));
    const attributes = { axis, epsilon: 1e-5 };
    expect(graph.layers).toEqual([{ id: 'y', type: 'LayerNormalization', inputs, outputs: ['y'], attributes }]);
    expect(assumptions).toEqual(['LayerNormalization restored from its decomposition (1x)']);
  });

  // The same function for float16 input: the centred input is cast to float32, the quotient back.
  test('with the casts around it that half precision gets', () => {
    const half = norm([
      MEAN,
      SUB,
      ['Cast', 'centred', 'wide', { to: 'float32' }],
      ['Pow', 'wide two', 'square'],
      VARIANCE,
      ...ROOT,
      ['Div', 'wide root', 'q'],
      ['Cast', 'q', 'narrow', { to: 'float16' }],
      ['Mul', 'narrow w', 'm'],
      ['Add', 'm b', 'y'],
    ]);
    expect(recoverTraining(half).graph.layers).toMatchObject([{ type: 'LayerNormalization', inputs: ['x', 'w', 'b'] }]);
  });

  test.each<[string, Layers, readonly string[]]>([
    ['is an output', [], ['y', 'q']],
    ['has other readers', [['Relu', 'q', 'v']], ['y', 'v']],
  ])('without its affine part where the quotient %s', (_, more, outputs) => {
    const layers: Layers = [...CORE, ['Div', 'centred root', 'q'], ['Mul', 'q w', 'y'], ...more];
    const { graph } = recoverTraining(norm(layers, outputs));
    expect(graph.layers.map(({ type, inputs }) => [type, ...inputs])).toEqual([
      ['LayerNormalization', 'x'],
      ['Mul', 'q', 'w'],
      ...more.map(([type, inputs]) => [type, inputs]),
    ]);
  });

  test('and what follows without being its own stays', () => {
    const followed = norm([
      ...CORE,
      ['Div', 'centred root', 'q'],
      ['Mul', 'q channels', 'm'],
      ['Cast', 'm', 'y', { to: 'float16' }],
    ]);
    expect(recoverTraining(followed).graph.layers.map(({ type }) => type)).toEqual([
      'LayerNormalization',
      'Mul',
      'Cast',
    ]);
  });
});

describe('what looks like a LayerNorm stays', () => {
  const END = ['Div', 'centred root', 'y'] as const;
  test.each([
    stay('a mean that drops its axis', [
      MEAN,
      SUB,
      POW,
      ['ReduceMean', 'square', 'variance', { axes: [-1], keepdims: 0 }],
      ...ROOT,
      END,
    ]),
    // ConvNeXt's LayerNorm2d spans the channels alone.
    stay('a mean over an axis in front', [
      ['ReduceMean', 'x', 'mean', { axes: [1] }],
      SUB,
      POW,
      ['ReduceMean', 'square', 'variance', { axes: [1] }],
      ...ROOT,
      END,
    ]),
    stay('means over different axes', [
      ['ReduceMean', 'x', 'mean', { axes: [-2, -1] }],
      SUB,
      POW,
      VARIANCE,
      ...ROOT,
      END,
    ]),
    stay('axes with a gap', [
      ['ReduceMean', 'x', 'mean', { axes: [-3, -1] }],
      SUB,
      POW,
      ['ReduceMean', 'square', 'variance', { axes: [-3, -1] }],
      ...ROOT,
      END,
    ]),
    stay('a mean over everything', [
      ['ReduceMean', 'x', 'mean'],
      SUB,
      POW,
      ['ReduceMean', 'square', 'variance'],
      ...ROOT,
      END,
    ]),
    stay('the mean of another tensor', [['ReduceMean', 'z', 'mean', LAST], SUB, POW, VARIANCE, ...ROOT, END]),
    stay('another subtraction under the root', [
      MEAN,
      SUB,
      ['Sub', 'z mean', 'again'],
      ['Pow', 'again two', 'square'],
      VARIANCE,
      ...ROOT,
      END,
    ]),
    stay('a cube', [MEAN, SUB, ['Pow', 'centred three', 'square'], VARIANCE, ...ROOT, END]),
    stay('a product of two tensors', [MEAN, SUB, ['Mul', 'centred z', 'square'], VARIANCE, ...ROOT, END]),
    stay('no epsilon', [MEAN, SUB, POW, VARIANCE, ['Sqrt', 'variance', 'root'], END]),
    stay('no root', [MEAN, SUB, POW, VARIANCE, ['Add', 'variance eps', 'root'], END]),
    stay('the root divided', [...CORE, ['Div', 'root centred', 'y']]),
    stay('a mean that others read', [...CORE, END, ['Relu', 'mean', 'v']], ['y', 'v']),
    stay('a variance that is an output', [...CORE, END], ['y', 'variance']),
    stay('a centred input that is an output', [...CORE, END], ['y', 'centred']),
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(norm(layers, outputs));
    expect(idsOf(graph)).toEqual(layers.map(([, , output]) => output));
    expect(assumptions).toEqual([]);
  });
});

const SQUARE = ['Pow', 'x two', 'square'] as const;
const MEAN_SQUARE = [SQUARE, VARIANCE, ...ROOT] as const;

describe('a decomposed RMSNorm is one layer', () => {
  test.each<[string, Layers, readonly string[]]>([
    // torch.export's decomposition of aten.rms_norm: (x * rsqrt(mean(x^2) + eps)) * weight.
    [
      'Reciprocal',
      [...MEAN_SQUARE, ['Reciprocal', 'root', 'inverse'], ['Mul', 'x inverse', 'q'], ['Mul', 'q w', 'y']],
      ['x', 'w'],
    ],
    // torch/onnx, symbolic_opset9.py, rsqrt.
    [
      '1 / root',
      [...MEAN_SQUARE, ['Div', 'one root', 'inverse'], ['Mul', 'x inverse', 'q'], ['Mul', 'q w', 'y']],
      ['x', 'w'],
    ],
    ['the inverse first', [...MEAN_SQUARE, ['Div', 'one root', 'inverse'], ['Mul', 'inverse x', 'y']], ['x']],
    [
      'the square as a product',
      [['Mul', 'x x', 'square'], VARIANCE, ...ROOT, ['Reciprocal', 'root', 'inverse'], ['Mul', 'inverse x', 'y']],
      ['x'],
    ],
  ])('%s', (_, layers, inputs) => {
    const { graph, assumptions } = recoverTraining(norm(layers));
    const attributes = { axis: -1, epsilon: 1e-5 };
    expect(graph.layers).toEqual([{ id: 'y', type: 'RMSNormalization', inputs, outputs: ['y'], attributes }]);
    expect(assumptions).toEqual(['RMSNormalization restored from its decomposition (1x)']);
  });

  // The same decomposition of float16 input: x to float32 first, the product with the weight back last.
  test('with the casts around it that half precision gets', () => {
    const half = norm([
      ['Cast', 'x', 'wide', { to: 'float32' }],
      ['Pow', 'wide two', 'square'],
      VARIANCE,
      ...ROOT,
      ['Reciprocal', 'root', 'inverse'],
      ['Mul', 'wide inverse', 'q'],
      ['Mul', 'q w', 'm'],
      ['Cast', 'm', 'y', { to: 'float16' }],
    ]);
    expect(recoverTraining(half).graph.layers).toMatchObject([
      { id: 'y', type: 'RMSNormalization', inputs: ['x', 'w'], outputs: ['y'] },
    ]);
  });

  test('behind a cast that others read it keeps that cast', () => {
    const shared = norm(
      [
        ['Cast', 'x', 'wide', { to: 'float32' }],
        ['Pow', 'wide two', 'square'],
        VARIANCE,
        ...ROOT,
        ['Reciprocal', 'root', 'inverse'],
        ['Mul', 'wide inverse', 'q'],
        ['Cast', 'q', 'y', { to: 'float16' }],
        ['Relu', 'wide', 'v'],
      ],
      ['y', 'v'],
    );
    expect(recoverTraining(shared).graph.layers.map(({ type, inputs }) => [type, ...inputs])).toEqual([
      ['Cast', 'x'],
      ['RMSNormalization', 'wide'],
      ['Cast', 'q'],
      ['Relu', 'wide'],
    ]);
  });
});

describe('what looks like an RMSNorm stays', () => {
  const INVERSE = ['Reciprocal', 'root', 'inverse'] as const;
  test.each([
    // transformers, LlamaRMSNorm: weight * (x * rsqrt(variance + eps)); eager training keeps the inner product too.
    stay("a model's own, the weight first", [...MEAN_SQUARE, INVERSE, ['Mul', 'x inverse', 'q'], ['Mul', 'w q', 'y']]),
    stay("a model's own, behind a cast", [
      ['Cast', 'x', 'wide', { to: 'float32' }],
      ['Pow', 'wide two', 'square'],
      VARIANCE,
      ...ROOT,
      INVERSE,
      ['Mul', 'wide inverse', 'q'],
      ['Cast', 'q', 'narrow', { to: 'float16' }],
      ['Mul', 'w narrow', 'y'],
    ]),
    stay('times another tensor', [...MEAN_SQUARE, INVERSE, ['Mul', 'z inverse', 'y']]),
    stay('2 / root', [...MEAN_SQUARE, ['Div', 'two root', 'inverse'], ['Mul', 'x inverse', 'y']]),
    // No exporter divides by the root.
    stay('x / root', [...MEAN_SQUARE, ['Div', 'x root', 'q'], ['Mul', 'q w', 'y']]),
    stay("a model's own LayerNorm", [...CORE, INVERSE, ['Mul', 'centred inverse', 'y']]),
    stay('an axis in front', [
      SQUARE,
      ['ReduceMean', 'square', 'variance', { axes: [-2] }],
      ...ROOT,
      INVERSE,
      ['Mul', 'x inverse', 'y'],
    ]),
    stay(
      'a root that others read',
      [...MEAN_SQUARE, INVERSE, ['Mul', 'x inverse', 'y'], ['Relu', 'root', 'v']],
      ['y', 'v'],
    ),
    stay('a square that is an output', [...MEAN_SQUARE, INVERSE, ['Mul', 'x inverse', 'y']], ['y', 'square']),
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(norm(layers, outputs));
    expect(idsOf(graph)).toEqual(layers.map(([, , output]) => output));
    expect(assumptions).toEqual([]);
  });
});

// torch/_decomp/decompositions.py, _fused_rms_norm: the axes are counted from the front.
describe('RMSNorm of a program that was decomposed', () => {
  const decomposed = (axis: number, weighting: Layers[number]): Graph => {
    const exported = norm([
      SQUARE,
      ['ReduceMean', 'square', 'variance', { axes: [axis], keepdims: 1 }],
      ROOT[0],
      ['Rsqrt', 'shifted', 'inverse'],
      ['Mul', 'x inverse', 'q'],
      weighting,
    ]);
    return { ...exported, hints: { isVerbatim: false } };
  };

  test('is one layer', () => {
    const { graph } = recoverTraining(decomposed(2, ['Mul', 'q w', 'y']));
    expect(graph.layers).toMatchObject([{ id: 'y', type: 'RMSNormalization', inputs: ['x', 'w'] }]);
  });

  test.each<[string, number, Layers[number]]>([
    ['with its axis counted from the end', -1, ['Mul', 'q w', 'y']],
    ['with its weight in front', 2, ['Mul', 'w q', 'y']],
  ])('is the model’s own %s', (_, axis, weighting) => {
    expect(recoverTraining(decomposed(axis, weighting)).graph.layers).toHaveLength(6);
  });
});
