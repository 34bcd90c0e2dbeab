import { describe, expect, test } from '@jest/globals';
import {
  boolean,
  child,
  count,
  counts,
  enumeration,
  messages,
  number,
  numbers,
  size,
  sizes,
  text,
  texts,
} from '../../../src/formats/caffe/message.js';
import { readText } from '../../../src/formats/caffe/text.js';
import { inTime } from '../in-time.js';

const message = readText('a: 1 a: 2 b { c: 3 } b { c: 4 d: 5 } t: true f: false e: MAX n: 1');

describe('of a field', () => {
  test('that stands several times the last value counts, and every one of a list', () => {
    expect([number(message, 'a'), numbers(message, 'a')]).toEqual([2, [1, 2]]);
    expect([text(message, 'a'), texts(message, 'a')]).toEqual(['2', ['1', '2']]);
    expect([size(message, 'a'), sizes(message, 'a')]).toEqual([2, [1, 2]]);
    expect([count(message, 'a'), counts(message, 'a', 1)]).toEqual([2, [1, 2]]);
  });

  test('that is missing there is no value, and an empty message', () => {
    expect([number(message, 'z'), text(message, 'z'), size(message, 'z'), count(message, 'z')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([numbers(message, 'z'), messages(message, 'z'), child(message, 'z').fields.size]).toEqual([[], [], 0]);
  });

  test('that is a message there is no number, and of a number no message', () => {
    expect([number(message, 'b'), messages(message, 'a')]).toEqual([undefined, []]);
  });

  test('that is a message several times the fields are merged', () => {
    const merged = child(message, 'b');
    expect([numbers(merged, 'c'), numbers(merged, 'd')]).toEqual([[3, 4], [5]]);
    expect(numbers(messages(message, 'b')[0] ?? merged, 'c')).toEqual([3]);
  });

  test('that is a message a hundred thousand times they are merged in time', async () => {
    const many = readText('b { c: 1 } '.repeat(100_000));
    expect(numbers(await inTime(() => child(many, 'b')), 'c')).toHaveLength(100_000);
  });
});

test.each([
  ['true', true],
  ['True', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['0', false],
  ['nonsense', false],
])('a flag of %s is %s', (value, expected) => {
  expect(boolean(readText(`x: ${value}`), 'x')).toBe(expected);
});

test.each([
  ['MAX', 'MAX'],
  ['1', 'AVE'],
  ['9', '9'],
])('an enum written as %s is %s', (value, expected) => {
  expect(enumeration(readText(`x: ${value}`), 'x', ['MAX', 'AVE'])).toBe(expected);
});

describe('a number is refused', () => {
  test.each([
    ['that is none', 'nan', 'a number is expected here'],
    ['that is empty', '""', 'a number is expected here'],
    ['beyond a double', '1e999', 'a number is too large'],
  ])('%s', (_, value, words) => {
    expect(() => number(readText(`\nx: ${value}`), 'x')).toThrow(
      expect.objectContaining({ code: 'MALFORMED', message: `caffe at line 2: ${words}` }),
    );
  });

  test.each([
    ['broken', '1.5'],
    ['beyond 31 bits', '2147483648'],
    ['beyond 31 bits below 0', '-2147483648'],
  ])('as a size where it is %s', (_, value) => {
    expect(() => size(readText(`x: ${value}`), 'x')).toThrow(
      expect.objectContaining({ message: 'caffe at line 1: a whole number below 2^31 is expected here' }),
    );
  });

  test.each([
    ['0', 1],
    ['-1', 0],
    ['2', 3],
  ])('as a count where it is %s and at least %d is meant', (value, least) => {
    expect(() => count(readText(`x: ${value}`), 'x', least)).toThrow(
      expect.objectContaining({ message: `caffe at line 1: a whole number of at least ${least} is expected here` }),
    );
  });
});
