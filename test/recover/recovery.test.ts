import { describe, expect, test } from '@jest/globals';
import { buildGraph } from '../../src/graph/index.js';
import type { Graph } from '../../src/graph/index.js';
import { silu } from '../../src/recover/activations.js';
import { RECOVERIES, recoverTraining } from '../../src/recover/index.js';
import { applyRecovery, inPlaceOf } from '../../src/recover/recovery.js';
import type { Recovery } from '../../src/recover/recovery.js';
import { batch, net } from '../helpers/graphs.js';

const typesOf = (graph: Graph): string[] => graph.layers.map(({ type }) => type);

/** x * sigmoid(x), then Relu. */
const gated = net({
  inputs: { x: [batch, 8] },
  layers: [
    ['Sigmoid', 'x', 'gate'],
    ['Mul', 'x gate', 'product'],
    ['Relu', 'product', 'y'],
  ],
  outputs: ['y'],
});

test('a file that holds what the training runs is left as it is', () => {
  const verbatim = { ...gated, hints: { isVerbatim: true } };
  expect(recoverTraining(verbatim)).toEqual({ graph: verbatim, assumptions: [] });
  expect(typesOf(recoverTraining(gated).graph)).toEqual(['Swish', 'Relu']);
});

describe('applying a recovery', () => {
  test('puts the new layer in the place of the last old one, under its name', () => {
    const { graph, count } = applyRecovery(gated, silu);
    expect(count).toBe(1);
    expect(graph.layers).toEqual([
      { id: 'product', type: 'Swish', inputs: ['x'], outputs: ['product'], attributes: {} },
      gated.layers[2],
    ]);
    expect(graph.upstream('y')).toEqual(['product']);
  });

  test('forgets the tensors between the old layers', () => {
    expect([...applyRecovery(gated, silu).graph.tensors.keys()]).toEqual(['x', 'product', 'y']);
  });

  test('counts every find', () => {
    const twice = net({
      inputs: { x: [batch, 8] },
      layers: [
        ['Sigmoid', 'x', 'a'],
        ['Mul', 'x a', 'b'],
        ['Sigmoid', 'b', 'c'],
        ['Mul', 'c b', 'd'],
      ],
      outputs: ['d'],
    });
    const { graph, count } = applyRecovery(twice, silu);
    expect({ count, types: typesOf(graph) }).toEqual({ count: 2, types: ['Swish', 'Swish'] });
  });

  test('leaves the graph itself where nothing is found', () => {
    const plain = net({ inputs: { x: [batch, 8] }, layers: [['Relu', 'x', 'y']], outputs: ['y'] });
    expect(applyRecovery(plain, silu)).toEqual({ graph: plain, count: 0 });
    expect(applyRecovery(plain, silu).graph).toBe(plain);
  });

  test('keeps what another layer still reads', () => {
    const read = net({
      inputs: { x: [batch, 8] },
      layers: [
        ['Sigmoid', 'x', 'gate'],
        ['Mul', 'x gate', 'y'],
        ['Neg', 'gate', 'z'],
      ],
      outputs: ['y', 'z'],
    });
    expect(applyRecovery(read, silu).count).toBe(0);
  });

  test('keeps what is an output of the graph', () => {
    const read = net({
      inputs: { x: [batch, 8] },
      layers: [
        ['Sigmoid', 'x', 'gate'],
        ['Mul', 'x gate', 'y'],
      ],
      outputs: ['y', 'gate'],
    });
    expect(applyRecovery(read, silu).count).toBe(0);
  });

  test.each([
    ['a layer of it reads', net({ inputs: {}, layers: [['Neg', 'gate', 'inner']], outputs: ['inner'] })],
    ['it hands out', net({ inputs: {}, layers: [], outputs: ['gate'] })],
  ])('keeps what the body of a control-flow layer needs: %s', (_, body) => {
    const graph = buildGraph({ ...gated, subgraphs: new Map([['y/then_branch', body]]) });
    expect(applyRecovery(graph, silu).count).toBe(0);
  });

  test('gives layers that two finds share to the first', () => {
    const pair: Recovery = {
      name: 'pair',
      assumption: String,
      matcher: (view) => (layer) => {
        const first = view.before(layer, 0, 'Relu');
        return first && { remove: [first, layer], add: [inPlaceOf(layer, { type: 'Pair', inputs: first.inputs })] };
      },
    };
    const chain = net({
      inputs: { x: [batch, 8] },
      layers: [
        ['Relu', 'x', 'a'],
        ['Relu', 'a', 'b'],
        ['Relu', 'b', 'c'],
      ],
      outputs: ['c'],
    });
    const { graph, count } = applyRecovery(chain, pair);
    expect({ count, types: typesOf(graph) }).toEqual({ count: 1, types: ['Pair', 'Relu'] });
  });

  test('drops the layers and tensors that only the old layers read, and nothing else', () => {
    const bypass: Recovery = {
      name: 'bypass',
      assumption: String,
      matcher: () => (layer) =>
        layer.type === 'Mul'
          ? { remove: [layer], add: [inPlaceOf(layer, { type: 'Relu', inputs: layer.inputs.slice(0, 1) })] }
          : undefined,
    };
    const scaled = net({
      inputs: { x: [batch, 8] },
      parameters: { w: [8], v: [8] },
      layers: [
        ['Shape', 'x', 'shape'],
        ['Cast', 'shape', 'size'],
        ['Sqrt', 'size', 'scale'],
        ['Add', 'scale w', 'factor'],
        ['Mul', 'x factor', 'y'],
        ['Add', 'y v', 'z'],
        ['Neg', 'shape', 'other'],
      ],
      outputs: ['z', 'other'],
    });
    const { graph } = applyRecovery(scaled, bypass);
    expect(graph.layers.map(({ id }) => id)).toEqual(['shape', 'y', 'z', 'other']);
    expect([...graph.tensors.keys()].sort()).toEqual(['other', 'shape', 'v', 'x', 'y', 'z']);
    const asked = applyRecovery(buildGraph({ ...scaled, outputs: ['z', 'size'] }), bypass).graph;
    expect(asked.layers.map(({ id }) => id)).toEqual(['shape', 'size', 'y', 'z', 'other']);
  });
});

describe('recovering what is trained', () => {
  test('states each step that found its pattern, with the number of finds', () => {
    expect(recoverTraining(gated).assumptions).toEqual(['SiLU restored from Sigmoid x Mul (1x)']);
  });

  test('says nothing of a graph that is what is trained', () => {
    const plain = net({ inputs: { x: [batch, 8] }, layers: [['Relu', 'x', 'y']], outputs: ['y'] });
    expect(recoverTraining(plain)).toEqual({ graph: plain, assumptions: [] });
  });

  test('finds nothing more the second time', () => {
    expect(recoverTraining(recoverTraining(gated).graph).assumptions).toEqual([]);
  });

  test('has a name and a sentence of its own for every row', () => {
    const sentences = RECOVERIES.map((recovery) => recovery.assumption(7));
    expect(new Set(RECOVERIES.map(({ name }) => name)).size).toBe(RECOVERIES.length);
    expect(new Set(sentences).size).toBe(RECOVERIES.length);
    for (const sentence of sentences) expect(sentence).toContain('7');
  });
});
