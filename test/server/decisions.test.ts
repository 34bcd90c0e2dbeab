import { expect, test } from '@jest/globals';
import type { Decision } from '../../src/admission/types.js';
import type { GpuNode } from '../../src/placement/inventory.js';
import { Decisions } from '../../src/server/decisions.js';

const skipped = (reason: string): Decision => ({ kind: 'skip', reason, warnings: [] });

test('a decision is computed once, and anew when the nodes are others', () => {
  let nodes: readonly GpuNode[] = [];
  const decisions = new Decisions(() => nodes);
  const ask = (key: string, reason: string): Decision => decisions.get(key, () => skipped(reason));
  expect([ask('a', '1'), ask('b', '2'), ask('a', '3')]).toEqual(['1', '2', '1'].map(skipped));
  nodes = [];
  expect([ask('a', '4'), ask('a', '5')]).toEqual(['4', '4'].map(skipped));
});

test('a failure is not kept', () => {
  const decisions = new Decisions(() => []);
  const fail = (): Decision => {
    throw new Error('no');
  };
  expect(() => decisions.get('a', fail)).toThrow('no');
  expect(decisions.get('a', () => skipped('1'))).toEqual(skipped('1'));
});
