import { describe, expect, test } from '@jest/globals';
import { buildGraph, symbol } from '../../src/graph/index.js';
import type { Graph, Layer, Tensor } from '../../src/graph/index.js';
import { bindGraph, isWeight } from '../../src/ops/bind.js';
import type { BindOptions } from '../../src/ops/bind.js';
import type { BoundGraph } from '../../src/ops/index.js';
import { batch, net } from '../helpers/graphs.js';

const bind = (graph: Graph, bindings: Record<string, number> = {}, more: Partial<BindOptions> = {}): BoundGraph =>
  bindGraph(graph, { bindings: new Map(Object.entries(bindings)), ...more });

const shapeOf = (bound: BoundGraph, id: string): readonly number[] | undefined => bound.tensors.get(id)?.type?.shape;
const folded = (bound: BoundGraph): string[] => bound.layers.flatMap((layer) => (layer.folded ? [layer.layer.id] : []));

/** A graph of any layers; tensors by id as role and shape, activations by themselves. */
function graphOf(
  tensors: Readonly<Record<string, Partial<Tensor> & Pick<Tensor, 'shape'>>>,
  layers: readonly Partial<Layer>[],
  subgraphs: ReadonlyMap<string, Graph> = new Map(),
): Graph {
  const all = new Map<string, Tensor>();
  const add = (id: string, tensor: Partial<Tensor> & Pick<Tensor, 'shape'>): unknown =>
    all.set(id, { id, dtype: 'float32', storage: id, role: 'input', ...tensor });
  for (const [id, tensor] of Object.entries(tensors)) add(id, tensor);
  const complete = layers.map((layer, index) => ({
    id: `layer${index}`,
    type: 'Identity',
    inputs: [],
    outputs: [],
    attributes: {},
    ...layer,
  }));
  for (const { outputs } of complete) for (const id of outputs) add(id, { role: 'activation', shape: undefined });
  const outputs = complete.at(-1)?.outputs ?? [];
  return buildGraph({ name: 'net', format: 'test', layers: complete, tensors: all, inputs: [], outputs, subgraphs });
}

describe('symbols', () => {
  const graph = net({ inputs: { x: [batch, 3] }, layers: [['Relu', 'x', 'y']], outputs: ['y'] });

  test('are bound by name, and shapes follow', () => {
    expect(shapeOf(bind(graph, { batch: 4 }), 'y')).toEqual([4, 3]);
  });

  test('that are free leave the tensor and what comes of it without a shape, which is no problem', () => {
    const bound = bind(graph);
    expect([shapeOf(bound, 'x'), shapeOf(bound, 'y'), bound.problems]).toEqual([undefined, undefined, []]);
  });

  test('that give no shape a tensor can have are as good as free', () => {
    expect(shapeOf(bind(graph, { batch: -1 }), 'x')).toBeUndefined();
    expect(shapeOf(bind(graph, { batch: 2 ** 60 }), 'x')).toBeUndefined();
  });

  test('are overruled by the whole shape of an input', () => {
    const bound = bind(graph, { batch: 4 }, { shapes: new Map([['x', [7, 3]]]) });
    expect(shapeOf(bound, 'y')).toEqual([7, 3]);
  });
});

describe('shape arithmetic', () => {
  const graph = net({
    inputs: { x: [batch, 6, 4] },
    constants: {
      zero: { shape: [], value: [0], dtype: 'int64' },
      axes: { shape: [1], value: [0], dtype: 'int64' },
      rest: { shape: [1], value: [-1], dtype: 'int64' },
    },
    layers: [
      ['Shape', 'x', 'shape'],
      ['Gather', 'shape zero', 'first'],
      ['Unsqueeze', 'first axes', 'vector'],
      ['Concat', 'vector rest', 'target', { axis: 0 }],
      ['Reshape', 'x target', 'y'],
    ],
    outputs: ['y'],
  });

  test('is folded, and gives the shape it computes', () => {
    const bound = bind(graph, { batch: 2 });
    expect(shapeOf(bound, 'y')).toEqual([2, 24]);
    expect(bound.tensors.get('target')?.value).toEqual([2, -1]);
    expect(folded(bound)).toEqual(['shape', 'first', 'vector', 'target']);
  });

  test('gives way to a target shape from outside', () => {
    const targetShape: BindOptions['targetShape'] = ({ layer }) => (layer.id === 'y' ? [12, 4] : undefined);
    expect(shapeOf(bind(graph, { batch: 2 }, { targetShape }), 'y')).toEqual([12, 4]);
  });
});

// max((ceil(size / stride) - 1) * stride + kernel - size, 0) in all, half of it in front: TensorFlow's "SAME".
describe('padding that a graph computes for itself', () => {
  const scalar = (value: number): { shape: []; value: [number]; dtype: 'int64' } => ({
    shape: [],
    value: [value],
    dtype: 'int64',
  });
  const samePadded = (
    least: 'Clip' | 'Max' | 'Relu',
    [size, kernel, stride]: readonly [number, number, number],
  ): Graph =>
    net({
      inputs: { x: [1, 1, size] },
      parameters: { w: [1, 1, kernel] },
      constants: {
        zero: scalar(0),
        one: scalar(1),
        two: scalar(2),
        stride: scalar(stride),
        kernel: scalar(kernel),
        axis: { shape: [1], value: [0], dtype: 'int64' },
        none: { shape: [2], value: [0, 0], dtype: 'int64' },
      },
      layers: [
        ['Shape', 'x', 'shape'],
        ['Gather', 'shape two', 'size'],
        ['Cast', 'size', 'float', { to: 'float32' }],
        ['Div', 'float stride', 'steps'],
        ['Ceil', 'steps', 'whole'],
        ['Cast', 'whole', 'count', { to: 'int64' }],
        ['Sub', 'count one', 'moves'],
        ['Mul', 'moves stride', 'span'],
        ['Add', 'span kernel', 'covered'],
        ['Sub', 'covered size', 'short'],
        [least, least === 'Relu' ? 'short' : 'short zero', 'total'],
        ['Div', 'total two', 'front'],
        ['Sub', 'total front', 'back'],
        ['Unsqueeze', 'front axis', 'begin'],
        ['Unsqueeze', 'back axis', 'end'],
        ['Concat', 'none begin none end', 'pads', { axis: 0 }],
        ['Pad', 'x pads', 'padded'],
        ['Conv', 'padded w', 'y', { kernel_shape: [kernel], strides: [stride] }],
      ],
      outputs: ['y'],
    });

  test.each([
    ['Clip', [7, 3, 2], [9, 4]],
    ['Clip', [6, 3, 2], [7, 3]],
    ['Clip', [4, 1, 4], [4, 1]],
    ['Max', [4, 1, 4], [4, 1]],
    ['Relu', [4, 1, 4], [4, 1]],
  ] as const)('by %s, of [size, window, stride] %j: [padded, outputs] %j', (least, of, [padded, outputs]) => {
    const bound = bind(samePadded(least, of));
    expect([shapeOf(bound, 'padded'), shapeOf(bound, 'y')]).toEqual([
      [1, 1, padded],
      [1, 1, outputs],
    ]);
    expect(bound.problems).toEqual([]);
  });
});

describe('arithmetic on weights', () => {
  const weights = (value: Pick<Tensor, 'value'>): Graph =>
    graphOf(
      {
        x: { shape: [4, 2] },
        g: { shape: [2], role: 'parameter', ...value },
        two: { shape: [], role: 'constant', value: [2] },
      },
      [
        { id: 'twice', type: 'Mul', inputs: ['g', 'two'], outputs: ['gg'] },
        { id: 'more', type: 'Add', inputs: ['gg', 'two'], outputs: ['ggg'] },
        { id: 'scaled', type: 'Mul', inputs: ['x', 'ggg'], outputs: ['y'] },
      ],
    );

  test('is never folded, whether or not the file carries their payload', () => {
    expect(folded(bind(weights({})))).toEqual([]);
    expect(folded(bind(weights({ value: [1, 2] })))).toEqual([]);
  });

  test('beside a shape is arithmetic on the shape: a vector of scales', () => {
    const bound = bind(
      graphOf({ x: { shape: [1, 3, 8, 8] }, scales: { shape: [4], role: 'parameter', value: [1, 1, 2, 2] } }, [
        { id: 'shape', type: 'Shape', inputs: ['x'], outputs: ['s'] },
        { id: 'float', type: 'Cast', inputs: ['s'], outputs: ['f'], attributes: { to: 'float32' } },
        { id: 'times', type: 'Mul', inputs: ['f', 'scales'], outputs: ['t'] },
        { id: 'resize', type: 'Resize', inputs: ['x', '', '', 't'], outputs: ['y'] },
      ]),
    );
    expect(folded(bound)).toEqual(['shape', 'float', 'times']);
    expect(shapeOf(bound, 'y')).toEqual([1, 3, 16, 16]);
  });
});

describe('an operator nobody knows', () => {
  const bound = bind(
    graphOf({ x: { shape: [2, 3] } }, [
      { id: 'a', type: 'Odd', inputs: ['x'], outputs: ['p', 'q'] },
      { id: 'b', type: 'Odd', inputs: ['p'], outputs: ['r'] },
      { id: 'c', type: 'Relu', inputs: ['r'], outputs: ['y'] },
    ]),
  );

  test('is counted, and is no problem', () => {
    expect([bound.unknownOps, bound.problems]).toEqual([{ Odd: 2 }, []]);
    expect(bound.layers.map(({ spec }) => spec === undefined)).toEqual([true, true, false]);
  });

  test('is taken to keep the shape of its first input', () => {
    expect(['p', 'q', 'y'].map((id) => shapeOf(bound, id))).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
  });

  test('has the shape the file states, where it does', () => {
    const graph = net({ inputs: { x: [2, 3] }, layers: [['Odd', 'x', 'y']], outputs: ['y'] });
    const stated = { id: 'y', dtype: 'float32', shape: [7], storage: 'y', role: 'activation' } as const;
    const tensors = new Map(graph.tensors).set('y', stated);
    expect(shapeOf(bind(buildGraph({ ...graph, tensors })), 'y')).toEqual([7]);
  });
});

describe('a layer whose inputs cannot be', () => {
  test('is a problem, and leaves what comes of it without a shape', () => {
    const graph = net({
      inputs: { a: [2, 3], b: [4, 5] },
      layers: [
        ['MatMul', 'a b', 'y'],
        ['Relu', 'y', 'z'],
      ],
      outputs: ['z'],
    });
    const bound = bind(graph);
    expect(bound.problems).toEqual([{ layer: 'y', message: 'MatMul of [2, 3] and [4, 5]' }]);
    expect(shapeOf(bound, 'z')).toBeUndefined();
  });

  test.each([
    ['Conv', 'x', {}, 'Conv has neither a weight nor kernel_shape'],
    ['MatMul', 'x', {}, 'MatMul needs input 1'],
    ['Reshape', 'x', {}, 'Reshape has no shape'],
    ['Cast', 'x', { to: 'float31' }, '"float31" is no dtype'],
    ['DepthToSpace', 'x', { blocksize: 3 }, 'no tensor has the shape [2, 0.6666666666666666, 24, 24]'],
    ['Conv', 'x', { kernel_shape: [3, 3], out_channels: 8, group: 4 }, '6 channels do not divide into 4 groups'],
  ])('%s of %s with %j: %s', (type, inputs, attributes, message) => {
    const graph = net({ inputs: { x: [2, 6, 8, 8] }, layers: [[type, inputs, 'y', attributes]], outputs: ['y'] });
    const bound = bind(graph);
    expect(bound.problems).toEqual([{ layer: 'y', message }]);
    expect(shapeOf(bound, 'y')).toBeUndefined();
    expect(bound.layers.map(({ context }) => context.outputs)).toEqual([[]]);
  });
});

describe('weights that attributes imply', () => {
  const implied = (attributes: Layer['attributes']): BoundGraph =>
    bind(
      net({
        inputs: { x: [2, 6] },
        layers: [
          ['Gemm', 'x', 'a', { out_features: 6, transB: 1, ...attributes }],
          ['Gemm', 'a', 'b', { out_features: 6, transB: 1, ...attributes }],
        ],
        outputs: ['b'],
      }),
    );

  test('follow the layer’s inputs, and are trained', () => {
    const bound = implied({});
    expect(bound.layers.map(({ inputs }) => inputs)).toEqual([
      ['x', 'a.weight', 'a.bias'],
      ['a', 'b.weight', 'b.bias'],
    ]);
    expect(bound.tensors.get('a.weight')).toMatchObject({ role: 'parameter', trainable: true, storage: 'a.weight' });
    expect(shapeOf(bound, 'b')).toEqual([2, 6]);
  });

  test('are frozen one by one', () => {
    const bound = implied({ trainable: [0, 1] });
    expect([bound.tensors.get('a.weight')?.trainable, bound.tensors.get('a.bias')?.trainable]).toEqual([false, true]);
  });

  test('share their storage by name', () => {
    const bound = implied({ parameter_names: ['w', ''] });
    const storages = ['a.weight', 'b.weight', 'a.bias', 'b.bias'].map((id) => bound.tensors.get(id)?.storage);
    expect(storages).toEqual(['shared:w', 'shared:w', 'a.bias', 'b.bias']);
  });

  test('take the place of an input that is named as absent', () => {
    const graph = net({ inputs: { x: [2, 6] }, layers: [['Gemm', 'x - -', 'y', { out_features: 3 }]], outputs: ['y'] });
    expect(bind(graph).layers[0]?.inputs).toEqual(['x', 'y.weight', 'y.bias']);
  });
});

describe('storage', () => {
  const bound = bind(
    net({
      inputs: { x: [2, 3, 4] },
      parameters: { w: [4, 5] },
      layers: [
        ['Transpose', 'x', 't', { perm: [1, 0, 2] }],
        ['Flatten', 't', 'copied'],
        ['Flatten', 'x', 'viewed'],
        ['Transpose', 'w', 'wt'],
      ],
      outputs: ['copied'],
    }),
  );

  test.each([
    ['t', 'x'],
    ['viewed', 'x'],
    ['copied', 'copied'],
    ['wt', 'w'],
  ])('of %s is that of %s', (id, storage) => {
    expect(bound.tensors.get(id)?.storage).toBe(storage);
  });
});

describe('an If', () => {
  const branch = (type: string, source: string): Graph =>
    graphOf({ inner: { shape: [3], role: 'parameter' } }, [
      { id: 'op', type, inputs: [source, 'inner'], outputs: ['out'] },
    ]);
  const conditional = (condition: Partial<Tensor>): Graph =>
    graphOf(
      { x: { shape: [2, 3] }, c: { shape: [], dtype: 'bool', ...condition } },
      [
        { id: 'if', type: 'If', inputs: ['c'], outputs: ['y'] },
        { id: 'relu', type: 'Relu', inputs: ['y'], outputs: ['z'] },
      ],
      new Map([
        ['if/then_branch', branch('Add', 'x')],
        ['if/else_branch', branch('Mul', 'x')],
      ]),
    );

  test.each([
    ['a condition known to be false takes else', { role: 'constant', value: [0] }, 'Mul'],
    ['one known to be true takes then', { role: 'constant', value: [1] }, 'Add'],
    ['one that only the data knows takes then', {}, 'Add'],
  ] as const)('%s', (_, condition, type) => {
    const bound = bind(conditional(condition));
    expect(bound.layers.map(({ layer }) => [layer.id, layer.type])).toEqual([
      ['if/op', type],
      ['if/output_0', 'Identity'],
      ['relu', 'Relu'],
    ]);
    expect(shapeOf(bound, 'z')).toEqual([2, 3]);
  });

  test('has only the weights of the branch it takes, under its own name', () => {
    const parameters = [...bind(conditional({})).tensors.values()].filter(({ role }) => role === 'parameter');
    expect(parameters.map(({ id }) => id)).toEqual(['if/inner']);
  });

  test('without the branch it takes is a problem', () => {
    const bound = bind(graphOf({ c: { shape: [] } }, [{ id: 'if', type: 'If', inputs: ['c'], outputs: ['y'] }]));
    expect(bound.problems).toEqual([{ layer: 'if', message: 'If has no then_branch' }]);
  });

  test('in a branch of another reads what stands around both', () => {
    const inner = graphOf({ c: { shape: [], dtype: 'bool' } }, [
      { id: 'inner', type: 'If', inputs: ['c'], outputs: ['out'] },
    ]);
    const nested = buildGraph({ ...inner, subgraphs: new Map([['inner/then_branch', branch('Add', 'x')]]) });
    const bound = bind(
      graphOf(
        { x: { shape: [2, 3] }, c: { shape: [], dtype: 'bool' } },
        [{ id: 'outer', type: 'If', inputs: ['c'], outputs: ['y'] }],
        new Map([['outer/then_branch', nested]]),
      ),
    );
    expect(bound.layers[0]?.inputs).toEqual(['x', 'outer/inner/inner']);
    expect(shapeOf(bound, 'y')).toEqual([2, 3]);
  });
});

test('what is trained, or kept beside it, is a weight', () => {
  expect((['parameter', 'buffer', 'input', 'activation', 'constant'] as const).filter(isWeight)).toEqual([
    'parameter',
    'buffer',
  ]);
});

test('only parameters that the file does not freeze are trained', () => {
  const bound = bind(
    graphOf(
      {
        w: { shape: [symbol('n')], role: 'parameter' },
        frozen: { shape: [2], role: 'parameter', trainable: false },
        buffer: { shape: [2], role: 'buffer', trainable: true },
      },
      [{ type: 'Add', inputs: ['w', 'frozen'], outputs: ['y'] }],
    ),
    { n: 2 },
  );
  expect(['w', 'frozen', 'buffer'].map((id) => bound.tensors.get(id)?.trainable)).toEqual([true, false, false]);
});

describe.each(['Loop', 'Scan'])('a %s', (type) => {
  const nested = graphOf({ deep: { shape: [7], role: 'parameter' } }, [
    { id: 'add', type: 'Add', inputs: ['t', 'deep'], outputs: ['u'] },
  ]);
  const body = graphOf(
    { own: { shape: [5], role: 'parameter' }, t: { shape: [2, 3] }, zero: { shape: [], role: 'constant', value: [0] } },
    [
      { id: 'mul', type: 'MatMul', inputs: ['t', 'outer'], outputs: ['m'] },
      { id: 'add', type: 'Add', inputs: ['m', 'own'], outputs: ['n'] },
      { id: 'again', type: 'MatMul', inputs: ['n', 'outer'], outputs: ['o'] },
      { id: 'if', type: 'If', inputs: ['zero'], outputs: ['p'] },
    ],
    new Map([['if/then_branch', nested]]),
  );
  const graph = graphOf(
    { m: { shape: [], dtype: 'int64' }, x: { shape: [2, 3] }, outer: { shape: [3, 3], role: 'parameter' } },
    [
      { id: 'loop', type, inputs: ['m', '', 'x'], outputs: ['y'] },
      { id: 'relu', type: 'Relu', inputs: ['y'], outputs: ['z'] },
    ],
    new Map([['loop/body', body]]),
  );

  test('reads the weights of its body, those inside and around it, each once', () => {
    expect(bind(graph).layers[0]?.inputs).toEqual(['m', '', 'x', 'outer', 'loop/own', 'loop/if/then_branch/deep']);
  });

  test('is a problem, and its output has no shape that nobody states', () => {
    const bound = bind(graph);
    expect(bound.problems).toEqual([
      { layer: 'loop', message: `of the body of ${type} the weights alone are counted` },
    ]);
    expect([shapeOf(bound, 'y'), shapeOf(bound, 'z'), bound.unknownOps]).toEqual([undefined, undefined, {}]);
  });

  test('has an output of the shape the file states', () => {
    const tensors = new Map(graph.tensors);
    const stated = tensors.get('y');
    if (stated) tensors.set('y', { ...stated, shape: [2, 9] });
    expect(shapeOf(bind({ ...graph, tensors }), 'z')).toEqual([2, 9]);
  });

  test('without a body has nothing to read', () => {
    expect(bind({ ...graph, subgraphs: new Map() }).layers[0]?.inputs).toEqual(['m', '', 'x']);
  });
});
