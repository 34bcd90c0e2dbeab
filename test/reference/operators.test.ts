/** The operator table against PyTorch: what each operator keeps for backward, and the types of what it puts out. */
import { describe, expect, test } from '@jest/globals';
import { DIFFERENCES, differenceOf } from './differences.js';
import { goldenCases, graphOf } from './golden.js';
import type { OperatorCase } from './golden.js';
import { bindCase, keptByPyTorch, keptByUs } from './kept.js';

const CASES = goldenCases<OperatorCase>('operators');

describe('a row keeps for backward what PyTorch keeps', () => {
  test.each([...CASES])('%s', async (name, golden) => {
    const { onlyPyTorch = [], onlyOurs = [] } = differenceOf(name) ?? {};
    const ours = keptByUs(bindCase(await graphOf(golden.program)), golden);
    expect([...ours, ...onlyPyTorch].sort()).toEqual([...keptByPyTorch(golden), ...onlyOurs].sort());
  });
});

describe('a row puts out what PyTorch puts out', () => {
  test.each([...CASES])('%s', async (_, { program }) => {
    const graph = await graphOf(program);
    const { tensors, unknownOps, problems } = bindCase(graph);
    expect({ unknownOps, problems }).toEqual({ unknownOps: {}, problems: [] });
    for (const id of graph.outputs) {
      const { dtype, shape } = graph.tensors.get(id) ?? {};
      expect([id, tensors.get(id)?.type]).toMatchObject([id, { dtype, shape }]);
    }
  });
});

test('every difference is one of a case', () => {
  expect(DIFFERENCES.flatMap(({ cases }) => cases).filter((name) => !CASES.has(name))).toEqual([]);
});
