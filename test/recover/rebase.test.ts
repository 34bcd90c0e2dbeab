import { describe, expect, test } from '@jest/globals';
import { buildGraph } from '../../src/graph/index.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { BatchFixedError, rebaseBatch } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

const NONE = new Map<string, number>();

interface Moved {
  /** Each layer's first output: `[8, 4]`. */
  readonly shapes: Readonly<Record<string, string>>;
  readonly problems: number;
  readonly assumption: string | undefined;
}

/** Moves a graph to another batch, binds it as an estimate would, and says what became of its layers. */
function move(
  graph: Graph,
  from: number,
  to: number,
  shapes: ReadonlyMap<string, readonly number[]> = new Map(),
): Moved {
  const rebased = rebaseBatch(graph, { from, to, bindings: NONE, shapes });
  const bound = bindGraph(rebased.graph, { bindings: NONE, shapes: rebased.shapes });
  const entries = bound.layers.map(({ outputs: [id = ''] }) => [
    id,
    bound.tensors.get(id)?.type?.shape.join('x') ?? '?',
  ]);
  return {
    shapes: Object.fromEntries(entries) as Record<string, string>,
    problems: bound.problems.length,
    assumption: rebased.assumptions[0],
  };
}

/** The message of the refusal, or undefined where there is none. */
function refusal(graph: Graph, from: number, to: number): string | undefined {
  try {
    rebaseBatch(graph, { from, to, bindings: NONE, shapes: new Map() });
    return undefined;
  } catch (error) {
    if (error instanceof BatchFixedError) return error.message;
    throw error;
  }
}

const shape = (...value: number[]): { shape: number[]; value: number[]; dtype: 'int64' } => ({
  shape: [value.length],
  value,
  dtype: 'int64',
});

type Static = Omit<NetDescription, 'outputs'> & { readonly outputs?: readonly string[] };
const fixed = (description: Static): Graph => net({ outputs: ['y'], ...description });

describe('a static batch is moved', () => {
  test('on every input whose dim 0 is the old one', () => {
    const graph = fixed({
      inputs: { a: [2, 8], b: [2, 8], table: [5, 8] },
      layers: [
        ['Add', 'a b', 'sum'],
        ['Gemm', 'sum table', 'y', { transB: 1 }],
      ],
    });
    expect(rebaseBatch(graph, { from: 2, to: 16, bindings: NONE, shapes: new Map() }).shapes).toEqual(
      new Map([
        ['a', [16, 8]],
        ['b', [16, 8]],
      ]),
    );
    expect(move(graph, 2, 16).shapes).toEqual({ sum: '16x8', y: '16x5' });
  });

  test('nowhere where it is the one that is wanted', () => {
    const graph = fixed({ inputs: { x: [4, 8] }, layers: [['Relu', 'x', 'y']] });
    expect(rebaseBatch(graph, { from: 4, to: 4, bindings: NONE, shapes: new Map() })).toEqual({
      graph,
      shapes: new Map(),
      assumptions: [],
    });
  });

  test.each([
    [1, 8],
    [32, 1],
    [256, 7],
  ])('from %d to %d, up or down', (from, to) => {
    const graph = fixed({
      inputs: { x: [from, 3, 4] },
      constants: { target: shape(from, 12) },
      layers: [['Reshape', 'x target', 'y']],
    });
    expect(move(graph, from, to)).toMatchObject({ shapes: { y: `${to}x12` }, problems: 0 });
  });

  test('and the report says from what to what, and how many shapes it was baked into', () => {
    const baked = (count: number): Graph =>
      fixed({
        inputs: { x: [2, 12] },
        constants: { target: shape(2, 12) },
        layers: Array.from(
          { length: count },
          (_, i) => ['Reshape', `${i === 0 ? 'x' : `r${i - 1}`} target`, `r${i}`] as const,
        ),
        outputs: [`r${count - 1}`],
      });
    const plain = fixed({ inputs: { x: [2, 12] }, layers: [['Relu', 'x', 'y']] });
    const start = 'batch 16 in place of the 2 the file was exported with';
    expect(move(plain, 2, 16).assumption).toBe(start);
    expect(move(baked(1), 2, 16).assumption).toBe(`${start}, and in 1 shape baked into it`);
    expect(move(baked(3), 2, 16).assumption).toBe(`${start}, and in 3 shapes baked into it`);
  });
});

describe('the target of a Reshape', () => {
  const reshape = (input: readonly number[], target: readonly number[]): Graph =>
    fixed({
      inputs: { x: input },
      constants: { target: shape(...target) },
      layers: [['Reshape', 'x target', 'y']],
    });

  test.each<[string, number[], number[], string]>([
    ['that splits heads off', [2, 64, 768], [2, 64, 12, 64], '8x64x12x64'],
    ['that merges them', [2, 64, 12, 64], [2, 64, 768], '8x64x768'],
    ['with a -1 that would take the batch in', [2, 64, 768], [2, 64, -1, 64], '8x64x12x64'],
    ['with a -1 for the batch, which is right', [2, 64, 768], [-1, 64, 768], '8x64x768'],
    ['with a 0 for the batch, which is right', [2, 64, 768], [0, 64, 12, 64], '8x64x12x64'],
    ['with a 0 and a -1', [2, 64, 768], [0, -1], '8x49152'],
    ['that merges the batch with the sequence', [2, 64, 768], [128, 768], '512x768'],
    ['that merges it by a -1', [2, 64, 768], [-1, 768], '512x768'],
    ['that merges the batch with the heads', [2, 12, 64, 64], [24, 64, 64], '96x64x64'],
    ['that splits the batch from the heads', [2, 768], [2, 12, 64], '8x12x64'],
    ['with a dim behind it that equals the batch', [2, 2, 768], [2, 2, 12, 64], '8x2x12x64'],
    ['with nothing but such dims', [2, 2, 2], [2, 4], '8x4'],
    ['that flattens', [2, 16, 7, 7], [2, 784], '8x784'],
  ])('%s', (_, input, target, expected) => {
    expect(move(reshape(input, target), 2, 8)).toMatchObject({ shapes: { y: expected }, problems: 0 });
  });

  test.each<[string, number[], number[], string]>([
    ['a batch of one that splits heads off', [1, 64, 768], [1, 64, 12, 64], '8x64x12x64'],
    ['a batch of one merged away', [1, 64, 768], [64, 768], '512x768'],
    ['a batch of one in front of ones', [1, 1, 768], [1, 12, 64], '8x12x64'],
    ['a batch of one that flattens', [1, 16, 7, 7], [1, 784], '8x784'],
    ['a batch of one and a -1', [1, 64, 768], [1, 64, -1, 64], '8x64x12x64'],
  ])('%s', (_, input, target, expected) => {
    expect(move(reshape(input, target), 1, 8)).toMatchObject({ shapes: { y: expected }, problems: 0 });
  });

  test('that says by a -1 where a batch of one goes', () => {
    const graph = fixed({
      inputs: { x: [1, 197, 768] },
      constants: { target: shape(-1, 12, 64) },
      layers: [
        ['Transpose', 'x', 't', { perm: [1, 0, 2] }],
        ['Reshape', 't target', 'y'],
      ],
    });
    expect(move(graph, 1, 8)).toMatchObject({ shapes: { y: '1576x12x64' }, problems: 0 });
  });

  test('whose shape is an attribute, as before opset 5', () => {
    const graph = fixed({ inputs: { x: [2, 12] }, layers: [['Reshape', 'x', 'y', { shape: [2, 3, 4] }]] });
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { y: '8x3x4' }, problems: 0 });
  });

  test('in the body of a control-flow layer', () => {
    const body = net({
      inputs: {},
      constants: { target: shape(2, 3, 4) },
      layers: [['Reshape', 'x target', 'inner']],
      outputs: ['inner'],
    });
    const graph = fixed({
      inputs: { x: [2, 12] },
      constants: { yes: { shape: [], value: [1], dtype: 'bool' } },
      layers: [['If', 'yes', 'y']],
    });
    const whole = buildGraph({ ...graph, subgraphs: new Map([['y/then_branch', body]]) });
    expect(move(whole, 2, 8)).toMatchObject({ shapes: { y: '8x3x4' }, problems: 0 });
  });

  // torch.nn.MultiheadAttention works on [sequence, batch, features], and on [batch * heads, sequence, size] inside.
  test.each([1, 2])('in attention that has the sequence in front, from a batch of %d', (from) => {
    const graph = fixed({
      inputs: { x: [from, 197, 768] },
      parameters: { w: [768, 768] },
      constants: {
        heads: shape(197, from * 12, 64),
        four: shape(from, 12, 197, 64),
        merged: shape(197 * from, 768),
        split: shape(197, from, 768),
      },
      layers: [
        ['Transpose', 'x', 'turned', { perm: [1, 0, 2] }],
        ['Reshape', 'turned heads', 'q'],
        ['Transpose', 'q', 'front', { perm: [1, 0, 2] }],
        ['Reshape', 'front four', 'own'],
        ['Relu', 'own', 'attended'],
        ['Transpose', 'attended', 'back', { perm: [2, 0, 1, 3] }],
        ['Reshape', 'back merged', 'flat'],
        ['Gemm', 'flat w', 'projected'],
        ['Reshape', 'projected split', 'again'],
        ['Transpose', 'again', 'y', { perm: [1, 0, 2] }],
      ],
    });
    expect(move(graph, from, 8)).toMatchObject({
      shapes: {
        q: '197x96x64',
        front: '96x197x64',
        own: '8x12x197x64',
        flat: '1576x768',
        again: '197x8x768',
        y: '8x197x768',
      },
      problems: 0,
    });
  });
});

describe('other shapes that hold the batch', () => {
  test.each<[string, Static, string]>([
    [
      'an Expand to the batch, at the front',
      {
        inputs: { x: [2, 4, 8] },
        parameters: { token: [1, 1, 8] },
        constants: { target: shape(2, 1, 8) },
        layers: [
          ['Expand', 'token target', 'e'],
          ['Concat', 'e x', 'y', { axis: 1 }],
        ],
      },
      '8x5x8',
    ],
    [
      'an Expand of what moved, along another axis',
      {
        inputs: { x: [2, 2, 1, 8] },
        constants: { target: shape(2, 2, 4, 8) },
        layers: [['Expand', 'x target', 'y']],
      },
      '8x2x4x8',
    ],
    [
      'an Expand of what moved that adds axes',
      {
        inputs: { x: [2, 8] },
        constants: { target: shape(5, 2, 8) },
        layers: [
          ['Expand', 'x target', 'e'],
          ['Transpose', 'e', 'y', { perm: [1, 0, 2] }],
        ],
      },
      '8x5x8',
    ],
    [
      'a ConstantOfShape',
      {
        inputs: { x: [2, 8] },
        constants: { target: shape(2, 8) },
        layers: [
          ['ConstantOfShape', 'target', 'zeros'],
          ['Add', 'x zeros', 'y'],
        ],
      },
      '8x8',
    ],
    [
      'the sizes of a Resize',
      {
        inputs: { x: [2, 3, 4, 4] },
        constants: { sizes: shape(2, 3, 8, 8) },
        layers: [['Resize', 'x - - sizes', 'y']],
      },
      '8x3x8x8',
    ],
    [
      'the size of an AffineGrid',
      {
        inputs: { x: [2, 2, 3] },
        constants: { sizes: shape(2, 3, 5, 7) },
        layers: [['AffineGrid', 'x sizes', 'y']],
      },
      '8x5x7x2',
    ],
  ])('are moved: %s', (_, description, expected) => {
    expect(move(fixed(description), 2, 8)).toMatchObject({ shapes: { y: expected }, problems: 0 });
  });

  test('are moved where they would broadcast as they are', () => {
    const graph = fixed({
      inputs: { x: [1, 8] },
      parameters: { token: [1, 8] },
      constants: { target: shape(1, 8) },
      layers: [
        ['Expand', 'token target', 'e'],
        ['Add', 'x e', 'y'],
      ],
    });
    expect(move(graph, 1, 8)).toMatchObject({ shapes: { e: '8x8', y: '8x8' }, problems: 0 });
  });

  // torch.onnx writes x.expand(2, -1, -1) so; the vector has as many elements as the target has axes, not as the batch.
  test('but not the vector that a target is computed from, which is as long as its rank', () => {
    const graph = fixed({
      inputs: { x: [2, 8] },
      parameters: { token: [1, 8] },
      constants: { rank: shape(2), wanted: shape(2, -1), minus: { shape: [], value: [-1], dtype: 'int64' } },
      layers: [
        ['ConstantOfShape', 'rank', 'ones', { value: [1], value_dtype: 'int64' }],
        ['Mul', 'ones minus', 'unknown'],
        ['Equal', 'wanted unknown', 'isUnknown'],
        ['Where', 'isUnknown ones wanted', 'target'],
        ['Expand', 'token target', 'e'],
        ['Add', 'x e', 'y'],
      ],
    });
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { ones: '2', e: '8x8', y: '8x8' }, problems: 0 });
  });

  test('nor a fill that starts with the batch by coincidence', () => {
    const graph = fixed({
      inputs: { x: [2, 4, 2] },
      constants: { target: shape(2, 3) },
      layers: [
        ['ConstantOfShape', 'target', 'table'],
        ['MatMul', 'x table', 'y'],
      ],
    });
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { table: '2x3', y: '8x4x3' }, problems: 0 });
  });

  test('nor the sizes of a Resize of some axes', () => {
    const graph = fixed({
      inputs: { x: [2, 3, 4, 4] },
      constants: { sizes: shape(2, 2) },
      layers: [['Resize', 'x - - sizes', 'y', { axes: [2, 3] }]],
    });
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { y: '8x3x2x2' }, problems: 0 });
  });
});

describe('a tensor that the exporter expanded to the batch', () => {
  const token = (from: number): Graph =>
    fixed({
      inputs: { x: [from, 196, 768] },
      parameters: { token: [from, 1, 768] },
      layers: [['Concat', 'token x', 'y', { axis: 1 }]],
    });

  test.each([
    [2, 8],
    [2, 1],
    [1, 8],
  ])('is one sample of it, expanded again: a class token of %d to %d', (from, to) => {
    const { graph, shapes } = rebaseBatch(token(from), { from, to, bindings: NONE, shapes: new Map() });
    expect(graph.tensors.get('token')).toMatchObject({ role: 'parameter', shape: [1, 1, 768] });
    const bound = bindGraph(graph, { bindings: NONE, shapes });
    expect(bound.tensors.get('y')?.type?.shape).toEqual([to, 197, 768]);
    expect(bound.problems).toEqual([]);
    expect(graph.layers.map(({ type }) => type)).toEqual(to === 1 ? ['Concat'] : ['Expand', 'Concat']);
  });

  test.each([8, 1])('is one sample of it where that broadcasts: masks of two layers, to %d', (to) => {
    const graph = fixed({
      inputs: { x: [2, 12, 16, 16] },
      constants: { mask1: { shape: [2, 1, 16, 16] }, mask2: { shape: [2, 1, 16, 16] } },
      layers: [
        ['Add', 'x mask1', 'a'],
        ['Add', 'a mask2', 'y'],
      ],
    });
    const { graph: moved } = rebaseBatch(graph, { from: 2, to, bindings: NONE, shapes: new Map() });
    expect([moved.tensors.get('mask1')?.shape, moved.tensors.get('mask2')?.shape]).toEqual([
      [1, 1, 16, 16],
      [1, 1, 16, 16],
    ]);
    expect(move(graph, 2, to)).toMatchObject({ shapes: { a: `${to}x12x16x16`, y: `${to}x12x16x16` }, problems: 0 });
  });

  test('is one sample of it where an Attention reads it as its mask', () => {
    const graph = fixed({
      inputs: { q: [2, 12, 16, 64], k: [2, 12, 16, 64], v: [2, 12, 16, 64] },
      constants: { mask: { shape: [2, 1, 16, 16] } },
      layers: [['Attention', 'q k v mask', 'y']],
    });
    const { graph: moved } = rebaseBatch(graph, { from: 2, to: 8, bindings: NONE, shapes: new Map() });
    expect(moved.tensors.get('mask')?.shape).toEqual([1, 1, 16, 16]);
  });

  // BERT's table of token types has two rows, which is no batch.
  test('behind a layer that reads it, but not the weight that layer reads: token types of each sample', () => {
    const graph = fixed({
      inputs: { x: [2, 3, 8] },
      parameters: { table: [2, 8] },
      constants: { types: { shape: [2, 3], value: [0, 1, 1, 0, 1, 1], dtype: 'int64' } },
      layers: [
        ['Gather', 'table types', 'g'],
        ['Add', 'x g', 'y'],
      ],
    });
    const { graph: moved } = rebaseBatch(graph, { from: 2, to: 8, bindings: NONE, shapes: new Map() });
    expect(moved.tensors.get('types')).toMatchObject({ shape: [1, 3], value: [0, 1, 1] });
    expect(moved.tensors.get('table')?.shape).toEqual([2, 8]);
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { g: '1x3x8', y: '8x3x8' }, problems: 0 });
  });

  test('says nothing of another vector that is as long', () => {
    const graph = fixed({
      inputs: { x: [2], z: [5, 2] },
      constants: { offsets: { shape: [2] }, pair: { shape: [2] } },
      layers: [
        ['Add', 'z pair', 'other'],
        ['Add', 'x offsets', 'y'],
      ],
    });
    const { graph: moved } = rebaseBatch(graph, { from: 2, to: 8, bindings: NONE, shapes: new Map() });
    expect(moved.tensors.get('offsets')?.shape).toEqual([1]);
    expect(moved.tensors.get('pair')?.shape).toEqual([2]);
  });

  test('is left alone where it fits as it is', () => {
    const graph = fixed({
      inputs: { x: [2, 2, 4] },
      parameters: { perHead: [2, 4], w: [2, 4] },
      layers: [
        ['Add', 'x perHead', 'a'],
        ['Gemm', 'a w', 'y', { transB: 1 }],
      ],
    });
    const { graph: moved } = rebaseBatch(graph, { from: 2, to: 8, bindings: NONE, shapes: new Map() });
    expect(moved).toBe(graph);
    expect(move(graph, 2, 8).shapes).toEqual({ a: '8x2x4', y: '8x2x2' });
  });
});

describe('a batch that is baked in elsewhere is refused', () => {
  const gather = fixed({
    inputs: { x: [2, 4] },
    constants: { flat: shape(8), places: { shape: [2, 4], value: [0, 1, 2, 3, 4, 5, 6, 7], dtype: 'int64' } },
    layers: [
      ['Reshape', 'x flat', 'r'],
      ['Gather', 'r places', 'y'],
    ],
  });

  test.each<[string, Graph, string]>([
    ['indices of all elements', gather, 'layer "y" stays [2, 4]'],
    [
      'parts of a Split',
      fixed({
        inputs: { x: [2, 4] },
        constants: { parts: shape(1, 1) },
        layers: [
          ['Split', 'x parts', 'a', { axis: 0 }],
          ['Relu', 'a', 'y'],
        ],
      }),
      'layer "a": parts of [1, 1] do not make 8',
    ],
    [
      'a batch split over two axes',
      fixed({
        inputs: { x: [4, 6] },
        constants: { target: shape(2, 2, 6) },
        layers: [['Reshape', 'x target', 'y']],
      }),
      'layer "y": [8, 6] does not reshape to [2, 2, 6]',
    ],
    [
      'regions, of which there are as many for any batch',
      fixed({
        inputs: { x: [2, 8, 16, 16], rois: [300, 5] },
        layers: [['MaxRoiPool', 'x rois', 'y', { pooled_shape: [7, 7] }]],
      }),
      'layer "y" stays [300, 8, 7, 7]',
    ],
    [
      'a batch that is joined with something else',
      fixed({ inputs: { x: [2, 4] }, parameters: { bank: [3, 4] }, layers: [['Concat', 'x bank', 'y', { axis: 0 }]] }),
      'layer "y" goes from [5, 4] to [11, 4]',
    ],
    [
      'positions of all samples that are compared with each other',
      fixed({
        inputs: { x: [2, 3, 4] },
        constants: { target: shape(6, 4) },
        layers: [
          ['Reshape', 'x target', 'r'],
          ['Transpose', 'r', 't', { perm: [1, 0] }],
          ['MatMul', 'r t', 'y'],
        ],
      }),
      'layer "y" goes from [6, 6] to [24, 24]',
    ],
    [
      'an output that nothing leads to',
      fixed({
        inputs: { x: [2, 8], z: [5, 8] },
        layers: [
          ['Relu', 'x', 'unread'],
          ['Relu', 'z', 'y'],
        ],
      }),
      'output "y" stays [5, 8]',
    ],
  ])('%s', (name, graph, reason) => {
    const from = name.startsWith('a batch split') ? 4 : 2;
    expect(refusal(graph, from, 8)).toBe(
      `the batch of ${from} is baked in and cannot become 8 (${reason}); export again with a dynamic batch`,
    );
  });

  test('with what the user can do, by format', () => {
    const message = (format: string): string | undefined => refusal(buildGraph({ ...gather, format }), 2, 8);
    const reason = 'the batch of 2 is baked in and cannot become 8 (layer "y" stays [2, 4]); ';
    expect(message('onnx')).toBe(
      reason +
        "export again with a dynamic batch: torch.onnx.export(model, args, path, dynamic_shapes={'x': {0: 'batch'}})",
    );
    expect(message('caffe')).toBe(
      `${reason}say it in the file: the first dim of its inputs, or the batch_size of its data layer`,
    );
  });

  test('with every input that has the batch', () => {
    const graph = fixed({
      inputs: { ids: [2, 4], mask: [2, 4] },
      constants: { parts: shape(1, 1) },
      layers: [
        ['Add', 'ids mask', 's'],
        ['Split', 's parts', 'y', { axis: 0 }],
      ],
    });
    expect(refusal(buildGraph({ ...graph, format: 'onnx' }), 2, 8)).toContain(
      "dynamic_shapes={'ids': {0: 'batch'}, 'mask': {0: 'batch'}}",
    );
  });
});

describe('what need not carry the batch', () => {
  test('is a loss, which is one number', () => {
    const graph = fixed({ inputs: { x: [2, 8] }, layers: [['ReduceMean', 'x', 'y', { axes: [0, 1], keepdims: 0 }]] });
    expect(refusal(graph, 2, 8)).toBeUndefined();
  });

  test('is an output that no gradient flows from, next to one that does: prior boxes', () => {
    const graph = fixed({
      inputs: { x: [1, 8, 4, 4] },
      layers: [
        ['Relu', 'x', 'y'],
        ['PriorBox', 'x x', 'boxes', { boxes: 2 }],
      ],
      outputs: ['y', 'boxes'],
    });
    expect(move(graph, 1, 8).shapes).toEqual({ y: '8x8x4x4', boxes: '1x2x128' });
  });

  test('is a layer that had no shape before either', () => {
    const graph = fixed({
      inputs: { x: [2, 8] },
      parameters: { w: [9, 3] },
      layers: [
        ['Relu', 'x', 'r'],
        ['Gemm', 'r w', 'y'],
      ],
    });
    expect(move(graph, 2, 8)).toMatchObject({ shapes: { r: '8x8', y: '?' }, problems: 1 });
  });

  test('but samples that are compared with each other carry it twice', () => {
    const graph = fixed({
      inputs: { x: [2, 8] },
      layers: [
        ['Transpose', 'x', 't', { perm: [1, 0] }],
        ['MatMul', 'x t', 'y'],
      ],
    });
    expect(move(graph, 2, 8).shapes).toEqual({ t: '8x8', y: '8x8' });
  });
});

describe('shapes that the request gives', () => {
  const image = fixed({
    inputs: { x: [1, 3, 32, 32] },
    parameters: { w: [4, 3, 3, 3] },
    layers: [['Conv', 'x w', 'y', { pads: [1, 1, 1, 1] }]],
  });

  test('stand, and another size of image is not taken for another batch', () => {
    const given = new Map([['x', [8, 3, 48, 48]]]);
    expect(move(image, 1, 8, given)).toMatchObject({ shapes: { y: '8x4x48x48' }, problems: 0 });
  });

  test('leave the other inputs to the batch', () => {
    const graph = fixed({ inputs: { x: [2, 8], z: [2, 8] }, layers: [['Add', 'x z', 'y']] });
    const given = new Map([['x', [4, 8]]]);
    expect(move(graph, 2, 4, given).shapes).toEqual({ y: '4x8' });
  });

  test('bind symbols of the other dims as they do without', () => {
    const graph = fixed({ inputs: { x: [2, batch] }, layers: [['Relu', 'x', 'y']] });
    const bindings = new Map([['batch', 5]]);
    expect(rebaseBatch(graph, { from: 2, to: 4, bindings, shapes: new Map() }).shapes).toEqual(
      new Map([['x', [4, 5]]]),
    );
  });
});
