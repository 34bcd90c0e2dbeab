import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copyOf, isSame } from '../../src/admission/json.js';

describe('two values are the same', () => {
  test.each([
    [1, 1],
    ['a', 'a'],
    [null, null],
    [[], []],
    [{}, {}],
    [
      { a: 1, b: [2, { c: null }] },
      { b: [2, { c: null }], a: 1 },
    ],
    [JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
  ])('%j and %j', (a, b) => {
    expect(isSame(a, b)).toBe(true);
  });

  test.each([
    [1, '1'],
    [null, undefined],
    [null, {}],
    [[], {}],
    [{}, []],
    [[1], [1, 2]],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: null }, { b: null }],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    [JSON.parse('{"__proto__":1}'), { a: 1 }],
    [{ constructor: 1 }, { a: 1 }],
  ])('but not %j and %j', (a, b) => {
    expect(isSame(a, b)).toBe(false);
    expect(isSame(b, a)).toBe(false);
  });
});

test('a copy is the same, and changes by itself', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = copyOf(value);
      expect(copy).toEqual(value);
      expect(isSame(copy, value)).toBe(true);
      if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
    }),
  );
  const original = { a: [{ b: 1 }] };
  const copy = copyOf(original) as typeof original;
  copy.a.push({ b: 2 });
  Object.assign(copy.a[0] ?? {}, { b: 3 });
  expect(original).toEqual({ a: [{ b: 1 }] });
});

test('sameness is what JSON says, members in any order', () => {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const small = fc.jsonValue({ maxDepth: 2, depthSize: 'small' });
  fc.assert(
    fc.property(small, small, (a, b) => {
      fc.pre(!/-0/.test(JSON.stringify([a, b])));
      expect(isSame(a, b)).toBe(JSON.stringify(a, sorted) === JSON.stringify(b, sorted));
    }),
  );
});
