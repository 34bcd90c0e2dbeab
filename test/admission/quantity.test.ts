import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCount, parseQuantity } from '../../src/admission/quantity.js';
import { cpuMs } from '../helpers/cpu.js';

describe('a quantity', () => {
  // k8s.io/apimachinery pkg/api/resource: <digits>.<digits> and one suffix, a decimal one, a binary one or an exponent.
  test.each([
    ['0', 0],
    ['1', 1],
    ['+1', 1],
    ['-1', -1],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    ['1500m', 1.5],
    ['2000m', 2],
    ['5u', 5e-6],
    ['5n', 5e-9],
    ['1k', 1000],
    ['2.3k', 2300],
    ['9.7k', 9700],
    ['1M', 1e6],
    ['1G', 1e9],
    ['1T', 1e12],
    ['1P', 1e15],
    ['1E', 1e18],
    ['1Ki', 1024],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1Ti', 2 ** 40],
    ['1Pi', 2 ** 50],
    ['1Ei', 2 ** 60],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1e-3', 0.001],
    ['12E+2', 1200],
    [' 4 ', 4],
  ])('%j is %d', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '.',
    '+',
    '-',
    'one',
    '$GPU_PER_NODE',
    '1 2',
    '1,5',
    '1K',
    '1mi',
    '1ki',
    '1gB',
    '1e',
    '0x10',
    '--1',
    '1.2.3',
    'Infinity',
    'NaN',
    '1e9999',
    '__proto__',
    '1constructor',
  ])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test('of more digits than any amount needs is none', () => {
    expect(parseQuantity(`${'0'.repeat(63)}1`)).toBe(1);
    expect(parseQuantity(`${'0'.repeat(64)}1`)).toBeUndefined();
  });

  test.each([NaN, Infinity, -Infinity])('the number %d is none', (number) => {
    expect(parseQuantity(number)).toBeUndefined();
  });

  test('a number stands for itself', () => {
    expect(parseQuantity(2)).toBe(2);
    expect(parseQuantity(0.5)).toBe(0.5);
  });

  test('is read in no time however long the text is', async () => {
    const took = await cpuMs(() => {
      expect(parseQuantity(`${'1'.repeat(3_000_000)}x`)).toBeUndefined();
    });
    expect(took).toBeLessThan(500);
  });
});

describe('a count', () => {
  test.each([
    ['0', 0],
    ['8', 8],
    [1, 1],
    ['2000m', 2],
    ['1001000m', 1001],
    ['1k', 1000],
    ['1e1', 10],
    ['-0', -0],
  ])('%j is %d', (text, expected) => {
    expect(parseCount(text)).toBe(expected);
  });

  test.each(['1500m', '0.5', 1.5, '-1', -1, '1E', '9007199254740993', '$N', ''])(
    '%j is none: only whole devices schedule',
    (text) => {
      expect(parseCount(text)).toBeUndefined();
    },
  );

  test('is the same however it is spelled', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), (count) => {
        expect(parseCount(count)).toBe(count);
        expect(parseCount(String(count))).toBe(count);
        expect(parseCount(`${count}000m`)).toBe(count);
        expect(parseCount(`${count}e0`)).toBe(count);
        expect(parseCount(`${count}k`)).toBe(count * 1000);
        expect(parseCount(`${count / 1000}k`)).toBe(count);
        expect(parseCount(`${count}Ki`)).toBe(count * 1024);
        expect(parseCount(`${count}.5`)).toBeUndefined();
      }),
    );
  });

  test('of any text at all is a count or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.+-eEkKmMiGn') })), (text) => {
        const count = parseCount(text);
        expect(count === undefined || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
      }),
    );
  });
});
