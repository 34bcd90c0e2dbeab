import { expect, test } from '@jest/globals';
import { matchOf } from '../../src/recover/pattern.js';
import type { Pattern } from '../../src/recover/pattern.js';
import { GraphView } from '../../src/recover/view.js';
import { batch, net } from '../helpers/graphs.js';

const view = new GraphView(
  net({
    inputs: { x: [batch, 8], z: [batch, 8] },
    constants: {
      three: { shape: [], value: [3] },
      few: { shape: [2], value: [3, 3] },
      low: { shape: [], value: [-Infinity] },
    },
    layers: [
      ['ConstantOfShape', 'few', 'made', { value: 6 }],
      ['ConstantOfShape', 'few', 'filled', { value: 6 }],
      ['Add', 'three x', 'sum'],
      ['Clip', 'sum - made', 'clipped'],
      ['Mul', 'x clipped', 'y'],
      ['Equal', 'z low', 'lowest'],
      ['Div', 'x z', 'ratio'],
    ],
    shapes: { made: [], filled: [3, 3] },
    outputs: ['y'],
  }),
);

test.each<[string, Pattern, string, (readonly [Readonly<Record<string, string>>, readonly string[]])?]>([
  ['any tensor', 'a', 'x', [{ a: 'x' }, []]],
  ['an operator', ['Add', 'a', 'b'], 'sum', [{ a: 'three', b: 'x' }, ['sum']]],
  ['an operator whose inputs may stand in any order', ['Add', 'a', 3], 'sum', [{ a: 'x' }, ['sum']]],
  ['one whose inputs may not', ['Div', 'a', ['Add']], 'ratio'],
  ['another operator', ['Mul', 'a', 3], 'sum'],
  ['the same tensor twice', ['Mul', 'a', ['Clip', ['Add', 'a', 3]]], 'y', [{ a: 'x' }, ['y', 'clipped', 'sum']]],
  ['two tensors where one is asked for', ['Div', 'a', 'a'], 'ratio'],
  ['an input that is absent', ['Clip', 'a', ''], 'clipped', [{ a: 'sum' }, ['clipped']]],
  ['an input that is not', ['Clip', ''], 'clipped'],
  ['a constant that a layer makes', ['Clip', 'a', '', 6], 'clipped', [{ a: 'sum' }, ['clipped']]],
  ['a constant of any value', ['Clip', 'a', '', '#high'], 'clipped', [{ a: 'sum', '#high': 'made' }, ['clipped']]],
  ['another constant', ['Add', 'a', 4], 'sum'],
  ['infinity', ['Equal', 'a', -Infinity], 'lowest', [{ a: 'z' }, ['lowest']]],
  ['the other infinity', ['Equal', 'a', Infinity], 'lowest'],
  ['no constant', ['Div', 'a', '#any'], 'ratio'],
  ['a constant of several elements', '#any', 'few'],
  ['what is filled, which is no scalar', '#any', 'filled'],
])('%s', (...[, pattern, id, expected]) => {
  const found = matchOf(view, pattern, id);
  expect(found && [Object.fromEntries(found.tensors), found.layers.map((layer) => layer.id)]).toEqual(expected);
});
