import { describe, expect, test } from '@jest/globals';
import { parseExpression } from '../../../src/formats/torch-export/expression.js';
import { bindDim, symbol } from '../../../src/graph/index.js';

const BINDINGS = new Map([
  ['s0', 7],
  ['s77', 3],
]);

describe('a size of s0 = 7 and s77 = 3', () => {
  test.each([
    ['12', 12],
    ['s0', 7],
    ['s0*s77', 21],
    ['(s0//2) + 1', 4],
    ['2*s0 - s77', 11],
    ['-s77 + s0', 4],
    ['-(s77 - s0)', 4],
    ['s0**2', 49],
    ['Mod(s0, 4)', 3],
    ['FloorDiv(s0 + 1, s77)', 2],
    ['s0 % s77', 1],
    ["Symbol('s77', positive=True, integer=True)", 3],
    ["Mul(Integer(8), Symbol('s77', positive=True, integer=True))", 24],
    ["Add(Mul(Integer(-1), Symbol('s77', integer=True)), Pow(Symbol('s0', integer=True), Integer(2)))", 46],
    ["FloorDiv(Symbol('s0', integer=True), Integer(2))", 3],
  ])('%s is %d', (text, value) => {
    expect(bindDim(parseExpression(text), BINDINGS)).toBe(value);
  });
});

describe('what is no arithmetic on integers is a symbol that nothing binds', () => {
  test.each([
    'Max(1, s0)',
    's0/2',
    's0**-1',
    's0**99',
    'Add()',
    "Symbol('s0'",
    '(s0',
    's0 +',
    '',
    `s0${'+1'.repeat(300)}`,
  ])('%s', (text) => {
    const dim = parseExpression(text);
    expect(dim).toEqual(symbol(text.slice(0, 512)));
    expect(bindDim(dim, BINDINGS)).toBeUndefined();
  });
});
