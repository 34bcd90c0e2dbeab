import { describe, expect, test } from '@jest/globals';
import type { Given, GraphDescription, NodeDescription } from '../../../examples/pt2-writer.js';
import { call, read, written } from './reading.js';

const X = ['s0', 4, 8, 8];
const body = (target: string): GraphDescription => ({
  inputs: { x: X },
  nodes: [call(target, { self: '%x' }, { y: X })],
  outputs: ['y'],
});

function higher(target: string, operands: readonly Given[]): NodeDescription {
  const given = Object.fromEntries(operands.map((operand, at) => [`#${at}`, operand]));
  return { target: `higher_order.${target}`, arguments: given, outputs: { out: X } };
}

describe('a body takes the place of its node', () => {
  test.each<[string, readonly Given[], readonly string[]]>([
    [
      'wrap_with_set_grad_enabled',
      [true, { graph: body('cos.default') }, '%x'],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
    [
      'wrap_with_set_grad_enabled',
      [false, { graph: body('cos.default') }, '%x'],
      ['out/detached_0 = Detach(x)', 'out/y = Cos(out/detached_0)', 'out = Identity(out/y)'],
    ],
    [
      'wrap_with_autocast',
      ['cuda', { dtype: 'bfloat16' }, true, true, { graph: body('cos.default') }, '%x'],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
    [
      'cond',
      ['%x', { graph: body('cos.default') }, { graph: body('sin.default') }, ['%x']],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
  ])('%s of %j', async (target, operands, layers) => {
    expect(written(await read([higher(target, operands)]))).toEqual(layers);
  });

  test('and says which of two branches it took', async () => {
    const node = higher('cond', ['%x', { graph: body('cos.default') }, { graph: body('sin.default') }, ['%x']]);
    expect((await read([node])).hints.assumptions).toEqual(['of two branches (cond) the larger is taken']);
  });
});

test.each<[string, boolean, string | undefined]>([
  ['on', true, 'float16'],
  ['off', false, undefined],
])('autocast that a program turns %s is a hint of its precision', async (_, isOn, dtype) => {
  const region = higher('wrap_with_autocast', [
    'cuda',
    { dtype: 'float16' },
    isOn,
    true,
    { graph: body('cos.default') },
    '%x',
  ]);
  expect((await read([region])).hints.autocast).toBe(dtype);
});

describe('of a reentrant checkpoint', () => {
  const FORWARD = 'File "/opt/torch/utils/checkpoint.py", line 278, in forward\n    outputs = run_function(*args)';
  const without = (stackTrace: string, target = 'cos.default'): Given => ({
    graph: {
      inputs: { x: X },
      nodes: [call(target, { self: '%x' }, { y: X }, { stackTrace })],
      outputs: ['y'],
    },
  });
  const region = (body: Given, given: string, out: string): NodeDescription => ({
    ...higher('wrap_with_set_grad_enabled', [false, body, given]),
    outputs: { [out]: X },
  });

  test('the body runs with autograd, and so does what is written behind it', async () => {
    const elsewhere = 'File "/home/me/net.py", line 7, in forward';
    const graph = await read([
      region(without(elsewhere), '%x', 'a'),
      region(without(FORWARD), '%a', 'b'),
      region(without(elsewhere), '%b', 'out'),
    ]);
    expect(graph.layers.filter(({ type }) => type === 'Detach').map(({ inputs }) => inputs)).toEqual([['x']]);
    expect(graph.hints.assumptions).toEqual([expect.stringContaining('what is checkpointed is kept all the same')]);
  });
});

test('a body without autograd knows the shapes of what it is given', async () => {
  const flattened: GraphDescription = {
    inputs: { x: X },
    nodes: [call('transpose.int', { self: '%x', dim0: 1, dim1: -1 }, { y: X })],
    outputs: ['y'],
  };
  const graph = await read([higher('wrap_with_set_grad_enabled', [false, { graph: flattened }, '%x'])]);
  expect(graph.layers[1]).toMatchObject({ type: 'Transpose', attributes: { perm: [0, 3, 2, 1] } });
});

describe('of two branches', () => {
  const SHAPES = { x: X, w: [4, 4], wide: [64, 4] };
  const linear = (weight: string): GraphDescription => ({
    inputs: SHAPES,
    nodes: [call('linear.default', { input: '%x', weight: `%${weight}` }, { y: X })],
    outputs: ['y'],
  });
  const twice: GraphDescription = {
    inputs: SHAPES,
    nodes: [call('sin.default', { self: '%x' }, { z: X }), call('cos.default', { self: '%z' }, { y: X })],
    outputs: ['y'],
  };
  const nothing: GraphDescription = { inputs: SHAPES, nodes: [], outputs: ['x'] };
  const given = ['%x', '%p_w', '%p_wide'];
  const parameters = { w: [4, 4], wide: [64, 4] };

  test.each<[string, GraphDescription, GraphDescription, readonly string[]]>([
    ['that reads more weights', linear('w'), linear('wide'), ['Gemm(x, p_wide)']],
    ['that reads more weights, whichever comes first', linear('wide'), linear('w'), ['Gemm(x, p_wide)']],
    ['that computes more', body('cos.default'), twice, ['Sin(x)', 'Cos(out/z)']],
    ['that computes anything', nothing, body('cos.default'), ['Cos(x)']],
    ['that comes first', body('cos.default'), body('sin.default'), ['Cos(x)']],
  ])('the one is taken %s', async (_, first, second, layers) => {
    const node = higher('cond', ['%x', { graph: first }, { graph: second }, given]);
    const all = written(await read([node], { parameters }));
    expect(all.slice(0, -1).map((line) => line.replace(/^.* = /, ''))).toEqual(layers);
  });
});

test('a loop stays a layer that reads its weights', async () => {
  const node = higher('while_loop', [{ graph: body('cos.default') }, { graph: body('sin.default') }, ['%x'], ['%p_w']]);
  const graph = await read([node], { parameters: { w: [4, 4] } });
  expect(written(graph)).toEqual(['out = higher_order.while_loop(x, p_w)']);
  expect(graph.tensors.get('p_w')).toMatchObject({ role: 'parameter', shape: [4, 4], trainable: true });
});

test('one that nobody knows how to run stays a layer', async () => {
  const node = higher('scan', [{ graph: body('cos.default') }, '%x']);
  expect(written(await read([node]))).toEqual(['out = higher_order.scan(x)']);
});
