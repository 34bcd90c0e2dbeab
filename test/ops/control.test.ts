import { expect, test } from '@jest/globals';
import { CONTROL } from '../../src/ops/control.js';
import { runRow } from '../helpers/row.js';

const { context } = runRow({ infer: () => [] }, ['scalar bool']);

test.each([
  ['else', [0], 'else_branch'],
  ['then', [1], 'then_branch'],
  ['then, for want of a better guess', undefined, 'then_branch'],
])('If takes %s where its condition is %j', (_, value, branch) => {
  expect(CONTROL.If.body?.({ ...context, value: () => value })).toBe(branch);
});

test.each(['Loop', 'Scan'] as const)('the row of %s has no shapes, and the weights of its body', (name) => {
  expect(CONTROL[name].reads).toBe('body');
  expect(() => runRow(CONTROL[name], ['scalar int64'])).toThrow('of the body of Row the weights alone are counted');
});

test('the row of If is never inferred: the binder puts a branch in its place', () => {
  expect(() => runRow(CONTROL.If, ['scalar bool'])).toThrow('the body of Row was not inlined');
});
