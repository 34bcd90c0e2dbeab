import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arithmetic, bindDim, formatDim, parseDim, symbol, symbolsOf } from '../../src/graph/index.js';

const bindings = new Map([
  ['batch', 4],
  ['s0', 7],
]);

describe('symbolic dims', () => {
  test.each([
    ['batch', 4],
    ['2*s0 + 1', 15],
    ['batch * (s0 - 1)', 24],
    ['s0 // 2', 3],
    ['s0 % 4', 3],
    ['12', 12],
    ['s0 - 1 - 1', 5],
    ['unknown', undefined],
    ['s0 // 0', undefined],
  ])('"%s" binds to %s', (text, value) => {
    expect(bindDim(parseDim(text), bindings)).toBe(value);
  });

  test.each([['unk__314'], ['a-b?'], ['2 x'], ['('], ['batch,'], ['x'.repeat(300)], ['((a)']])(
    'text that is not arithmetic is one symbol: %s',
    (text) => {
      expect(parseDim(text)).toEqual(symbol(text));
    },
  );

  test('arithmetic on numbers folds', () => {
    expect(arithmetic('*', 3, 4)).toBe(12);
    expect(formatDim(arithmetic('*', 3, symbol('n')))).toBe('(3 * n)');
  });

  test('property: what is formatted parses back to the same value and symbols', () => {
    const leaf = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom('batch', 's0').map(symbol));
    const dim = fc.letrec<{ dim: ReturnType<typeof arithmetic> }>((tie) => ({
      dim: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(fc.constantFrom('+' as const, '*' as const, '//' as const), tie('dim'), tie('dim'))
          .map(([operator, left, right]) => arithmetic(operator, left, right)),
      ),
    })).dim;
    fc.assert(
      fc.property(dim, (value) => {
        const text = formatDim(value);
        fc.pre(text.length <= 256);
        expect(bindDim(parseDim(text), bindings)).toBe(bindDim(value, bindings));
        expect(new Set(symbolsOf(parseDim(text)))).toEqual(new Set(symbolsOf(value)));
      }),
    );
  });

  test('property: any text gives a dim', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(['number', 'object']).toContain(typeof parseDim(text));
      }),
    );
  });
});
