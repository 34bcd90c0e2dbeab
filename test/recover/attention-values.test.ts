import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

const HEAD: Layers = [
  ['Mul', 'q scale', 'q1'],
  ['Transpose', 'k', 't', { perm: [0, 1, 3, 2] }],
  ['Mul', 't scale', 'k1'],
  ['MatMul', 'q1 k1', 'scores'],
];
/** torch/_decomp/decompositions.py, safe_softmax, as run_decompositions of torch 2.15 writes it. */
const guarded = (scores = 'scores'): Layers => [
  ['Softmax', scores, 'p', { axis: -1 }],
  ['Equal', `${scores} low`, 'eq'],
  ['Not', 'eq', 'open'],
  ['Cast', 'open', 'bool', { to: 'bool' }],
  ['ReduceMax', 'bool', 'any', { axes: [-1], keepdims: 1 }],
  ['Not', 'any', 'masked'],
  ['Shape', 'p', 'shape'],
  ['ConstantOfShape', 'shape p', 'zeros', { value: 0 }],
  ['Where', 'masked zeros p', 'safe'],
];
const VALUES: Layers = [['MatMul', 'safe v', 'y']];
const CAUSAL: Layers = [
  ['ConstantOfShape', 'square', 'ones', { value: 1 }],
  ['Range', 'zero end one', 'columns'],
  ['Unsqueeze', 'columns', 'column', { axes: [-2] }],
  ['Range', 'zero end one', 'rows'],
  ['Unsqueeze', 'rows', 'row', { axes: [-1] }],
  ['Sub', 'column row', 'ahead'],
  ['LessOrEqual', 'ahead zero', 'seen'],
  ['And', 'seen ones', 'lower'],
  ['Where', 'lower zero low', 'causal'],
];

function decomposed(layers: Layers, { isVerbatim = false, outputs = ['y'] } = {}): Graph {
  const number = (value: number): { shape: number[]; value: number[] } => ({ shape: [], value: [value] });
  return net({
    inputs: {
      q: [batch, 4, 24, 16],
      k: [batch, 4, 24, 16],
      v: [batch, 4, 24, 16],
      mask: [24, 24],
      k2: [batch, 2, 24, 16],
      v2: [batch, 2, 24, 16],
    },
    constants: {
      scale: number(0.5),
      low: number(-Infinity),
      zero: number(0),
      one: number(1),
      end: number(24),
      ratio: number(0.1),
      square: { shape: [2], value: [24, 24] },
    },
    layers,
    outputs,
    hints: { isVerbatim },
  });
}

const shapeOf = (graph: Graph): unknown[] => graph.layers.map(({ type, inputs }) => [type, ...inputs]);

describe('attention of a program that was decomposed', () => {
  test.each<[string, Layers, readonly string[]]>([
    ['bare', [...HEAD, ...guarded(), ...VALUES], ['q', 'k', 'v']],
    ['with a mask', [...HEAD, ['Add', 'scores mask', 's'], ...guarded('s'), ...VALUES], ['q', 'k', 'v', 'mask']],
    ['is_causal', [...CAUSAL, ...HEAD, ['Add', 'scores causal', 's'], ...guarded('s'), ...VALUES], ['q', 'k', 'v']],
    ['with Dropout', [...HEAD, ...guarded(), ['Dropout', 'safe ratio', 'd'], ['MatMul', 'd v', 'y']], ['q', 'k', 'v']],
    [
      'laid out as its kernel does',
      [
        ...HEAD,
        ...guarded(),
        ['MatMul', 'safe v', 'product'],
        ['Transpose', 'product', 'there', { perm: [2, 0, 1, 3] }],
        ['Clone', 'there', 'copy'],
        ['Transpose', 'copy', 'y', { perm: [1, 2, 0, 3] }],
      ],
      ['q', 'k', 'v'],
    ],
  ])('%s', (_, layers, inputs) => {
    expect(shapeOf(recoverTraining(decomposed(layers)).graph)).toEqual([['Attention', ...inputs]]);
  });

  test('a causal mask that goes is said of the attention, as a program that was not decomposed says it', () => {
    const causal = decomposed([...CAUSAL, ...HEAD, ['Add', 'scores causal', 's'], ...guarded('s'), ...VALUES]);
    expect(recoverTraining(causal).graph.layers.at(-1)).toMatchObject({ attributes: { is_causal: 1 } });
  });

  test('a causal mask that several layers share is one of the model', () => {
    const shared = decomposed(
      [...CAUSAL, ...HEAD, ['Add', 'scores causal', 's'], ...guarded('s'), ...VALUES, ['Add', 'q causal', 'z']],
      { outputs: ['y', 'z'] },
    );
    expect(shapeOf(recoverTraining(shared).graph)).toContainEqual(['Attention', 'q', 'k', 'v', 'causal']);
  });

  test.each<[string, Layers]>([
    [
      'a copy that stays turned',
      [
        ['Transpose', 'product', 'there', { perm: [2, 0, 1, 3] }],
        ['Clone', 'there', 'y'],
      ],
    ],
    [
      'a copy between other permutations',
      [
        ['Transpose', 'product', 'there', { perm: [0, 2, 1, 3] }],
        ['Clone', 'there', 'copy'],
        ['Transpose', 'copy', 'y', { perm: [0, 2, 1, 3] }],
      ],
    ],
  ])('%s is of the model', (_, behind) => {
    const { graph } = recoverTraining(decomposed([...HEAD, ...guarded(), ['MatMul', 'safe v', 'product'], ...behind]));
    expect(graph.layers.map(({ type }) => type)).toEqual(['Attention', ...behind.map(([type]) => type)]);
  });
});

describe('stays', () => {
  test.each<[string, Layers, { isVerbatim?: boolean; outputs?: string[] }?]>([
    ['what the model computes itself, without the guard', [...HEAD, ['Softmax', 'scores', 'safe'], ...VALUES]],
    ['a guard of other scores', [...HEAD, ...guarded('mask').with(0, ['Softmax', 'scores', 'p']), ...VALUES]],
    ['a guard that others read', [...HEAD, ...guarded(), ...VALUES], { outputs: ['y', 'masked'] }],
    ['what the file holds as it is trained', [...HEAD, ...guarded(), ...VALUES], { isVerbatim: true }],
  ])('%s', (...[, layers, given]) => {
    expect(recoverTraining(decomposed(layers, given)).graph.layers).toHaveLength(layers.length);
  });
});

describe('fewer heads of keys than of queries', () => {
  const repeated = (name: string): Layers => [
    ['Unsqueeze', `${name}2`, `${name}/axis`, { axes: [2] }],
    ['Expand', `${name}/axis square`, `${name}/all`],
    ['Clone', `${name}/all`, `${name}/copy`],
    ['Reshape', `${name}/copy square`, `${name}/heads`],
  ];
  const scores: Layers = [
    ['Transpose', 'k/heads', 't', { perm: [0, 1, 3, 2] }],
    ['Mul', 't scale', 'k1'],
    ['MatMul', 'q1 k1', 'scores'],
  ];
  const rest: Layers = [...scores, ...guarded(), ['MatMul', 'safe v/heads', 'y']];
  const SCALED = ['Mul', 'q scale', 'q1'] as const;

  test('repeated by attention itself are read as they are', () => {
    const { graph } = recoverTraining(decomposed([SCALED, ...repeated('k'), ...repeated('v'), ...rest]));
    expect(graph.layers).toEqual([
      { id: 'y', type: 'Attention', inputs: ['q', 'k2', 'v2'], outputs: ['y'], attributes: { enable_gqa: 1 } },
    ]);
  });

  test.each<[string, Layers]>([
    ['both', [...repeated('k'), ...repeated('v'), SCALED]],
    ['one', [...repeated('k'), SCALED, ...repeated('v')]],
  ])('repeated before the query is scaled, %s, are the model’s', (_, before) => {
    const { graph } = recoverTraining(decomposed([...before, ...rest]));
    expect(graph.layers.at(-1)).toMatchObject({ inputs: ['q', 'k/heads', 'v/heads'], attributes: {} });
    expect(graph.layers).toHaveLength(9);
  });
});
