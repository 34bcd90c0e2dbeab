import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];
type Constants = Readonly<Record<string, number>>;

const ERF: Constants = { root2: Math.SQRT2, inverse: Math.SQRT1_2, one: 1, half: 0.5, two: 2 };
const TANH: Constants = { kappa: 0.044715, beta: Math.sqrt(2 / Math.PI), three: 3, one: 1, half: 0.5 };

function gelu(layers: Layers, values: Constants, outputs: readonly string[] = ['y']): Graph {
  const scalars = Object.entries(values).map(([id, value]) => [id, { shape: [], value: [value] }]);
  const constants = Object.fromEntries(scalars) as NonNullable<NetDescription['constants']>;
  return net({ inputs: { x: [batch, 8], z: [batch, 8] }, constants, layers, outputs });
}

/** A case that nothing matches. */
const stay = (
  name: string,
  layers: Layers,
  outputs: readonly string[] = ['y'],
): [string, Layers, readonly string[]] => [name, layers, outputs];

const idsOf = (layers: Layers): string[] => layers.map(([, , output]) => output);
const DIV = ['Div', 'x root2', 'scaled'] as const;
const CORE = [
  ['Erf', 'scaled', 'erf'],
  ['Add', 'erf one', 'sum'],
] as const;
const WHOLE = [
  ['Mul', 'x sum', 'product'],
  ['Mul', 'product half', 'y'],
] as const;

describe('the erf form of GELU is one layer', () => {
  test.each<[string, Layers]>([
    // torch/onnx/symbolic_opset9.py, gelu: ((x * (erf(x / sqrt 2) + 1)) * 0.5.
    ['TorchScript', [DIV, ...CORE, ...WHOLE]],
    // torch/onnx/_internal/exporter/_torchlib/ops/nn.py, _aten_gelu_approximate_none: x * (0.5 * (erf + 1)).
    ['torch.export', [DIV, ...CORE, ['Mul', 'half sum', 'halved'], ['Mul', 'x halved', 'y']]],
    // 0.5 * x * (1 + erf), as written in TensorFlow's BERT.
    ['half of x first', [DIV, ...CORE, ['Mul', 'half x', 'halved'], ['Mul', 'halved sum', 'y']]],
    ['times 1 / sqrt 2', [['Mul', 'x inverse', 'scaled'], ...CORE, ...WHOLE]],
    [
      'every product the other way round',
      [
        ['Mul', 'inverse x', 'scaled'],
        ['Erf', 'scaled', 'erf'],
        ['Add', 'one erf', 'sum'],
        ['Mul', 'sum x', 'product'],
        ['Mul', 'half product', 'y'],
      ],
    ],
  ])('%s', (_, layers) => {
    const { graph, assumptions } = recoverTraining(gelu(layers, ERF));
    expect(graph.layers).toEqual([{ id: 'y', type: 'Gelu', inputs: ['x'], outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual(['GELU restored from its Erf decomposition (1x)']);
  });

  // Round to nearest: bfloat16 keeps 8 bits, float16 11.
  test.each([
    ['bfloat16', { root2: 1.4140625 }],
    ['float16', { root2: 1.4140625 }],
    ['float32', { root2: 1.4142135381698608 }],
  ])('with constants of %s', (_, values) => {
    expect(recoverTraining(gelu([DIV, ...CORE, ...WHOLE], { ...ERF, ...values })).graph.layers).toHaveLength(1);
  });
});

describe('what looks like the erf form of GELU stays', () => {
  test.each([
    stay('sqrt 2 divided by x', [['Div', 'root2 x', 'scaled'], ...CORE, ...WHOLE]),
    stay('times sqrt 2', [['Mul', 'x root2', 'scaled'], ...CORE, ...WHOLE]),
    stay('divided by 1 / sqrt 2', [['Div', 'x inverse', 'scaled'], ...CORE, ...WHOLE]),
    stay('2 added', [DIV, ['Erf', 'scaled', 'erf'], ['Add', 'erf two', 'sum'], ...WHOLE]),
    stay('times 2', [DIV, ...CORE, ['Mul', 'x sum', 'product'], ['Mul', 'product two', 'y']]),
    stay('times another tensor', [DIV, ...CORE, ['Mul', 'z sum', 'product'], ['Mul', 'product half', 'y']]),
    stay('half of another tensor', [DIV, ...CORE, ['Mul', 'half z', 'halved'], ['Mul', 'halved sum', 'y']]),
    stay('no half', [DIV, ...CORE, ['Mul', 'x sum', 'y']]),
    stay('an erf that others read', [DIV, ...CORE, ...WHOLE, ['Relu', 'erf', 'w']], ['y', 'w']),
    stay('an argument that others read', [DIV, ...CORE, ...WHOLE, ['Relu', 'scaled', 'w']], ['y', 'w']),
    stay('a sum that others read', [DIV, ...CORE, ...WHOLE, ['Relu', 'sum', 'w']], ['y', 'w']),
    stay('a product that is an output', [DIV, ...CORE, ...WHOLE], ['y', 'product']),
    stay('an argument that is an output', [DIV, ...CORE, ...WHOLE], ['y', 'scaled']),
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(gelu(layers, ERF, outputs));
    expect(graph.layers.map(({ id }) => id)).toEqual(idsOf(layers));
    expect(assumptions).toEqual([]);
  });
});

const PRODUCTS = [
  ['Mul', 'x x', 'square'],
  ['Mul', 'x square', 'cube'],
] as const;
const POWER = [['Pow', 'x three', 'cube']] as const;
const INNER = [
  ['Mul', 'kappa cube', 'weighted'],
  ['Add', 'x weighted', 'inner'],
  ['Mul', 'beta inner', 'scaled'],
  ['Tanh', 'scaled', 'tanh'],
  ['Add', 'one tanh', 'sum'],
] as const;

describe('the tanh form of GELU is one layer', () => {
  test.each<[string, Layers]>([
    // torch/onnx/symbolic_opset9.py, gelu: 0.5 * (x * (1 + tanh(beta * (x + kappa * (x * (x * x)))))).
    ['TorchScript', [...PRODUCTS, ...INNER, ['Mul', 'x sum', 'product'], ['Mul', 'half product', 'y']]],
    // exporter/_torchlib/ops/nn.py, _aten_gelu_approximate_tanh: x * (0.5 * (tanh(...) + 1)) of a power.
    ['torch.export', [...POWER, ...INNER, ['Mul', 'half sum', 'halved'], ['Mul', 'x halved', 'y']]],
    // Before that was changed: 0.5 * (x * (tanh(...) + 1)).
    ['torch.export, early', [...POWER, ...INNER, ['Mul', 'x sum', 'product'], ['Mul', 'half product', 'y']]],
    [
      'a cube of products, half of x first',
      [...PRODUCTS, ...INNER, ['Mul', 'half x', 'halved'], ['Mul', 'halved sum', 'y']],
    ],
    [
      'every product the other way round',
      [
        ['Mul', 'x x', 'square'],
        ['Mul', 'square x', 'cube'],
        ['Mul', 'cube kappa', 'weighted'],
        ['Add', 'weighted x', 'inner'],
        ['Mul', 'inner beta', 'scaled'],
        ['Tanh', 'scaled', 'tanh'],
        ['Add', 'tanh one', 'sum'],
        ['Mul', 'sum x', 'product'],
        ['Mul', 'product half', 'y'],
      ],
    ],
  ])('%s', (_, layers) => {
    const { graph, assumptions } = recoverTraining(gelu(layers, TANH));
    expect(graph.layers).toEqual([{ id: 'y', type: 'Gelu', inputs: ['x'], outputs: ['y'], attributes: {} }]);
    expect(assumptions).toEqual(['GELU (tanh) restored from its decomposition (1x)']);
  });

  // sqrt(2 / pi) = 0.79788 is 0.796875 in bfloat16.
  test('with constants of bfloat16', () => {
    const layers = [...PRODUCTS, ...INNER, ['Mul', 'x sum', 'product'], ['Mul', 'half product', 'y']] as const;
    const graph = gelu(layers, { ...TANH, beta: 0.796875, kappa: 0.044677734375 });
    expect(recoverTraining(graph).graph.layers).toHaveLength(1);
  });
});

describe('what looks like the tanh form of GELU stays', () => {
  const END = [
    ['Mul', 'x sum', 'product'],
    ['Mul', 'half product', 'y'],
  ] as const;
  test.each([
    // transformers, NewGELUActivation: 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * pow(x, 3)))).
    stay("a model's own, half of x first and a power", [
      ...POWER,
      ...INNER,
      ['Mul', 'x half', 'halved'],
      ['Mul', 'halved sum', 'y'],
    ]),
    stay('a square', [['Mul', 'x x', 'cube'], ...INNER, ...END]),
    stay('the power of another tensor', [['Pow', 'z three', 'cube'], ...INNER, ...END]),
    stay('a power of 1', [['Pow', 'x one', 'cube'], ...INNER, ...END]),
    stay('x squared times another tensor', [['Mul', 'x x', 'square'], ['Mul', 'z square', 'cube'], ...INNER, ...END]),
    stay('another weight', [...PRODUCTS, ['Mul', 'half cube', 'weighted'], ...INNER.slice(1), ...END]),
    stay('another scale', [
      ...PRODUCTS,
      ...INNER.slice(0, 2),
      ['Mul', 'half inner', 'scaled'],
      ...INNER.slice(3),
      ...END,
    ]),
    stay('a cube that others read', [...PRODUCTS, ...INNER, ...END, ['Relu', 'cube', 'w']], ['y', 'w']),
    stay('a square that is an output', [...PRODUCTS, ...INNER, ...END], ['y', 'square']),
  ])('%s', (_, layers, outputs) => {
    const { graph, assumptions } = recoverTraining(gelu(layers, TANH, outputs));
    expect(graph.layers.map(({ id }) => id)).toEqual(idsOf(layers));
    expect(assumptions).toEqual([]);
  });
});
