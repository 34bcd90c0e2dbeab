/** The operator table against PyTorch: what each operator keeps for backward, and the types of what it puts out. */
import { describe, expect, test } from '@jest/globals';
import { AUTOCAST_DIFFERENCES, DIFFERENCES, differenceOf } from './differences.js';
import { goldenCases, graphOf } from './golden.js';
import type { OperatorCase } from './golden.js';
import { bindCase, keptByPyTorch, keptByUs, planAutocast } from './kept.js';

const CASES = goldenCases<OperatorCase>('operators');

describe('a row keeps for backward what PyTorch keeps', () => {
  test.each([...CASES])('%s', async (name, golden) => {
    const { onlyPyTorch = [], onlyOurs = [] } = differenceOf(name) ?? {};
    const ours = keptByUs(bindCase(await graphOf(golden.program)), golden);
    expect([...ours, ...onlyPyTorch].sort()).toEqual([...keptByPyTorch(golden), ...onlyOurs].sort());
  });
});

describe('under autocast a row keeps and puts out what PyTorch does', () => {
  const cases = [...CASES].flatMap(([name, golden]) => (golden.autocast ? [{ name, golden, ...golden.autocast }] : []));
  test.each(cases)('$name', async ({ name, golden, saved, outputs }) => {
    const { onlyPyTorch = [], onlyOurs = [] } = differenceOf(name, AUTOCAST_DIFFERENCES) ?? {};
    const graph = bindCase(await graphOf(golden.program));
    const plan = planAutocast(graph, golden);
    // What is folded is on the host.
    const put = graph.outputs.map(
      (id, index) => `output ${index} ${plan.tensors.get(id)?.type.dtype ?? outputs[index] ?? ''}`,
    );
    const ours = [...keptByUs(graph, golden, plan), ...put];
    const expected = [...keptByPyTorch({ saved }), ...outputs.map((dtype, index) => `output ${index} ${dtype}`)];
    expect([...ours, ...onlyPyTorch].sort()).toEqual([...expected, ...onlyOurs].sort());
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
  const differing = [...DIFFERENCES, ...AUTOCAST_DIFFERENCES].flatMap(({ cases }) => cases);
  expect(differing.filter((name) => !CASES.has(name))).toEqual([]);
});
