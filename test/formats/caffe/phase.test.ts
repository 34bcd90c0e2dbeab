import { describe, expect, test } from '@jest/globals';
import { CHAIN, parseText } from './fixtures.js';

describe('layers by phase, level and stage', () => {
  const rule = (text: string): string =>
    `input: "data" layer { name: "x" type: "TanH" bottom: "data" top: "x" ${text} } ${CHAIN}`;
  test.each([
    ['include { phase: TRAIN }', true],
    ['include { phase: TEST }', false],
    ['exclude { phase: TEST }', true],
    ['exclude { phase: TRAIN }', false],
    ['include { phase: TEST } include { phase: TRAIN }', true],
    ['include { phase: 0 }', true],
    ['include { min_level: 1 }', false],
    ['include { max_level: 0 }', true],
    ['include { stage: "deploy" }', false],
    ['include { stage: "train" }', true],
    ['include { not_stage: "deploy" }', true],
    ['exclude { stage: "deploy" }', true],
  ])('%s', async (text, isIn) => {
    const graph = await parseText(rule(text));
    expect(graph.layers.some(({ id }) => id === 'x')).toBe(isIn);
  });

  test('a file with inputs for TEST alone is read in that phase', async () => {
    const graph = await parseText(`layer { type: "Data" top: "data" include { phase: TEST } } ${CHAIN}`);
    expect(graph.inputs).toEqual(['data']);
    expect(graph.hints.assumptions).toEqual([
      'the file has inputs for its TEST phase only: that phase is taken as trained',
    ]);
  });
});
