import { describe, expect, test } from '@jest/globals';
import type { Given, GraphDescription, NodeDescription } from '../../../examples/pt2-writer.js';
import { call, read, written } from './reading.js';

const X = ['s0', 4, 8, 8];
const body = (target: string): GraphDescription => ({
  inputs: { x: X },
  nodes: [call(target, { self: '%x' }, { y: X })],
  outputs: ['y'],
});

function higher(target: string, operands: readonly Given[]): NodeDescription {
  const given = Object.fromEntries(operands.map((operand, at) => [`#${at}`, operand]));
  return { target: `higher_order.${target}`, arguments: given, outputs: { out: X } };
}

describe('a body takes the place of its node', () => {
  test.each<[string, readonly Given[], readonly string[]]>([
    [
      'wrap_with_set_grad_enabled',
      [true, { graph: body('cos.default') }, '%x'],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
    [
      'wrap_with_set_grad_enabled',
      [false, { graph: body('cos.default') }, '%x'],
      ['out/detached_0 = Detach(x)', 'out/y = Cos(out/detached_0)', 'out = Identity(out/y)'],
    ],
    [
      'wrap_with_autocast',
      ['cuda', { dtype: 'bfloat16' }, true, true, { graph: body('cos.default') }, '%x'],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
    [
      'cond',
      ['%x', { graph: body('cos.default') }, { graph: body('sin.default') }, ['%x']],
      ['out/y = Cos(x)', 'out = Identity(out/y)'],
    ],
  ])('%s of %j', async (target, operands, layers) => {
    expect(written(await read([higher(target, operands)]))).toEqual(layers);
  });

  test('and says which of two branches it took', async () => {
    const node = higher('cond', ['%x', { graph: body('cos.default') }, { graph: body('sin.default') }, ['%x']]);
    expect((await read([node])).hints.assumptions).toEqual(['of two branches (cond) the first is taken']);
  });
});

test('one that nobody knows how to run stays a layer', async () => {
  const node = higher('scan', [{ graph: body('cos.default') }, '%x']);
  expect(written(await read([node]))).toEqual(['out = higher_order.scan(x)']);
});
