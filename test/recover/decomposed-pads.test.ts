import { describe, expect, test } from '@jest/globals';
import type { Dim, Graph } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

type Layers = NetDescription['layers'];

const IMAGE: readonly Dim[] = [batch, 4, 16, 16];

function program(layers: Layers, { outputs = ['y'], isVerbatim = false } = {}): Graph {
  const constants = Object.entries({ less: -1, zero: 0, one: 1, edge: 15, far: 18 });
  return net({
    inputs: { x: IMAGE, free: [18] },
    constants: Object.fromEntries(constants.map(([name, value]) => [name, { shape: [], value: [value] }])),
    layers,
    shapes: { rows: IMAGE },
    outputs,
    hints: { isVerbatim },
  });
}

/** One to the left and two to the right of 16. */
const reflected = (name: string): Layers => [
  ['Range', 'less far one', `${name}/range`],
  ['Abs', `${name}/range`, `${name}/left`],
  ['Sub', `edge ${name}/left`, `${name}/rest`],
  ['Abs', `${name}/rest`, `${name}/right`],
  ['Sub', `edge ${name}/right`, name],
];
const replicated = (name: string): Layers => [
  ['Range', 'less far one', `${name}/range`],
  ['Clip', `${name}/range zero edge`, name],
];
const both = (indices: (name: string) => Layers): Layers => [
  ...indices('i'),
  ['Index', 'x - - i', 'rows'],
  ...indices('j'),
  ['Index', 'rows - - - j', 'y'],
];

describe('a pad that was decomposed is one layer', () => {
  test.each<[mode: string, layers: Layers, pads: number[]]>([
    ['reflect', both(reflected), [0, 0, 1, 1, 0, 0, 2, 2]],
    ['edge', both(replicated), [0, 0, 1, 1, 0, 0, 2, 2]],
    ['reflect', [...reflected('i'), ['Index', 'x - - - i', 'y']], [0, 0, 0, 1, 0, 0, 0, 2]],
  ])('%s', (mode, layers, pads) => {
    const { graph, assumptions } = recoverTraining(program(layers));
    expect(graph.layers).toEqual([
      { id: 'y', type: 'Pad', inputs: ['x', 'y/pads'], outputs: ['y'], attributes: { mode } },
    ]);
    expect(graph.tensors.get('y/pads')?.value).toEqual(pads);
    expect(assumptions).toEqual(['padding by reflection and replication restored from its indices (1x)']);
  });
});

describe('stays', () => {
  test.each<[string, Layers, { outputs?: string[]; isVerbatim?: boolean }]>([
    ['what the file holds as it is trained', both(reflected), { isVerbatim: true }],
    ['an index of the model', [['Index', 'x - - free', 'y']], {}],
    ['an index of two axes', [...replicated('i'), ['Index', 'x - i i', 'y']], {}],
    ['what others read between', both(reflected), { outputs: ['y', 'i'] }],
  ])('%s', (_, layers, given) => {
    expect(recoverTraining(program(layers, given)).graph.layers).toHaveLength(layers.length);
  });
});

test('one mode behind another is two pads', () => {
  const mixed: Layers = [...both(reflected).slice(0, 6), ...replicated('j'), ['Index', 'rows - - - j', 'y']];
  expect(recoverTraining(program(mixed)).graph.layers.map(({ id, type }) => [id, type])).toEqual([
    ['rows', 'Pad'],
    ['y', 'Pad'],
  ]);
});
