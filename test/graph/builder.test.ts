import { describe, expect, test } from '@jest/globals';
import { buildGraph, consumersOf, GraphError } from '../../src/graph/index.js';
import type { Layer } from '../../src/graph/index.js';

function layer(id: string, inputs: string[], outputs: string[]): Layer {
  return { id, type: 'Relu', inputs, outputs, attributes: {} };
}

function build(layers: Layer[]): ReturnType<typeof buildGraph> {
  return buildGraph({ name: 'g', format: 'test', layers, tensors: new Map(), inputs: ['x'], outputs: [] });
}

describe('buildGraph', () => {
  test('layers come out in topological order, in the order given where that is one', () => {
    const graph = build([
      layer('c', ['b'], ['c']),
      layer('a', ['x'], ['a']),
      layer('b', ['a'], ['b']),
      layer('d', ['x'], ['d']),
    ]);
    expect(graph.layers.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('upstream and downstream name layers, each once', () => {
    const graph = build([layer('a', ['x'], ['a']), layer('b', ['a', 'a'], ['b']), layer('c', ['a', 'b'], ['c'])]);
    expect(graph.upstream('c')).toEqual(['a', 'b']);
    expect(graph.upstream('a')).toEqual([]);
    expect(graph.downstream('a')).toEqual(['b', 'c']);
    expect(graph.upstream('nobody')).toEqual([]);
  });

  test.each([
    [[layer('a', ['x'], ['a']), layer('a', ['x'], ['b'])], 'two layers are named "a"'],
    [[layer('a', ['x'], ['t']), layer('b', ['x'], ['t'])], 'tensor "t" is written twice'],
    [[layer('a', ['b'], ['a']), layer('b', ['a'], ['b'])], 'layers form a cycle at "a"'],
    [[layer('a', ['a'], ['a'])], 'layers form a cycle at "a"'],
    [[layer('a', ['x'], ['t\n', 't\n'])], 'tensor "t\uFFFD" is written twice'],
  ])('what cannot be is refused: %#', (layers, message) => {
    expect(() => build(layers)).toThrow(new GraphError(message));
  });

  test('a chain of 100,000 layers in reverse order neither overflows nor takes long', () => {
    const layers = Array.from({ length: 100_000 }, (_, index) =>
      layer(`l${index}`, [`t${index}`], [`t${index + 1}`]),
    ).reverse();
    const graph = build(layers);
    expect(graph.layers[0]?.id).toBe('l0');
    expect(graph.layers).toHaveLength(100_000);
  });

  test('every reader of a tensor is found once, in order', () => {
    const readers = consumersOf([layer('a', ['x', 'x'], ['a']), layer('b', ['x', 'a'], ['b'])]).get('x');
    expect(readers?.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
