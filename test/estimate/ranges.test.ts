import { describe, expect, test } from '@jest/globals';
import { resolveSetup } from '../../src/estimate/bindings.js';
import { parseDim } from '../../src/graph/index.js';
import type { Dim, SizeRange } from '../../src/graph/index.js';
import { net } from '../helpers/graphs.js';

type Range = readonly [least: number, most: number];

/** What is said of sizes for a batch of 4, a sequence of 512 and these ranges. */
function said(
  inputs: Readonly<Record<string, string>>,
  ranges: Readonly<Record<string, Range>>,
  shape?: readonly number[],
): readonly string[] {
  const dims = (text: string): Dim[] => text.split(' ').map((dim) => parseDim(dim));
  const named = Object.entries(ranges).map(([name, [least, most]]): [string, SizeRange] => [name, { least, most }]);
  const graph = net({
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, dims(text)])),
    layers: [['Relu', Object.keys(inputs)[0] ?? '', 'y']],
    outputs: ['y'],
    hints: { ranges: new Map(named) },
  });
  const { assumptions } = resolveSetup(graph, {
    batchSize: { value: 4, from: 'option' },
    ...(!shape && { sequenceLength: { value: 512, from: 'option' } }),
    loss: { value: 'mse', from: 'option' },
    ...(shape && { inputShapes: { value: { '': shape }, from: 'option' } }),
  });
  return assumptions.filter((sentence) => sentence.includes('exported for'));
}

describe('a size outside of what the program was exported for is said', () => {
  test.each<[string, Parameters<typeof said>, readonly string[]]>([
    [
      'below',
      [{ x: 's0 8' }, { s0: [5, 64] }],
      ['dimension 0 of input "x" is 4, outside 5..64, the range the program was exported for'],
    ],
    [
      'above',
      [{ x: 's0 s1' }, { s0: [4, 4], s1: [2, 511] }],
      ['dimension 1 of input "x" is 512, outside 2..511, the range the program was exported for'],
    ],
    [
      'below where nothing is above',
      [{ x: 's0 8' }, { s0: [5, Infinity] }],
      ['dimension 0 of input "x" is 4, outside 5 and more, the range the program was exported for'],
    ],
    [
      'once, where it first stands',
      [{ x: 's0 8', z: 's0 8' }, { s0: [2, 3] }],
      ['dimension 0 of input "x" is 4, outside 2..3, the range the program was exported for'],
    ],
    [
      'of a whole shape that is given',
      [{ x: 's0 s1' }, { s0: [4, 64], s1: [2, 64] }, [4, 65]],
      ['dimension 1 of input "x" is 65, outside 2..64, the range the program was exported for'],
    ],
    [
      'of arithmetic with it',
      [{ x: 's0 2*h' }, { h: [1, 8] }, [4, 80]],
      ['dimension 1 of input "x" is (2 * h) of 40, outside 1..8, the range the program was exported for'],
    ],
    ['not at its ends', [{ x: 's0 s1' }, { s0: [4, 64], s1: [2, 512] }], []],
    ['not of what no input has', [{ x: 's0 8' }, { u0: [5, 64] }], []],
  ])('%s', (_, given, sentences) => {
    expect(said(...given)).toEqual(sentences);
  });
});
