import { describe, expect, test } from '@jest/globals';
import { numbers, text, texts } from '../../../src/formats/caffe/message.js';
import { readText } from '../../../src/formats/caffe/text.js';
import type { Message } from '../../../src/formats/caffe/text.js';
import { inTime } from '../in-time.js';

/** Fields as plain objects, for comparison. */
function plain(message: Message): unknown {
  return Object.fromEntries(
    [...message.fields].map(([name, values]) => [
      name,
      values.map((value) => (value.kind === 'scalar' ? value.text : plain(value))),
    ]),
  );
}

describe('reads', () => {
  test.each([
    ['a: 1', { a: ['1'] }],
    ['a: 1 a: 2', { a: ['1', '2'] }],
    ['a: [1, 2, -3.5e-2]', { a: ['1', '2', '-3.5e-2'] }],
    ['a { b: true }', { a: [{ b: ['true'] }] }],
    ['a: { b: MAX }', { a: [{ b: ['MAX'] }] }],
    ['a < b: 1; >', { a: [{ b: ['1'] }] }],
    ['a: [{ b: 1 }, < b: 2 >]', { a: [{ b: ['1'] }, { b: ['2'] }] }],
    ['a: "x" \'y\'\n  "z"', { a: ['xyz'] }],
    ['a: "\\"\\n\\x41\\101\\u00e9\\q"', { a: ['"\nAAéq'] }],
    ['# a: 1\na: 2 # b: 3', { a: ['2'] }],
    ['\uFEFFa: 1', { a: ['1'] }],
    ['[my.extension] { a: 1 }', { '[my.extension]': [{ a: ['1'] }] }],
    ['__proto__ { a: 1 }', JSON.parse('{ "__proto__": [{ "a": ["1"] }] }')],
    ['', {}],
  ])('%j', (source, expected) => {
    expect(plain(readText(source))).toEqual(expected);
  });

  test('the last scalar of a field counts, and every one of a repeated field', () => {
    const message = readText('a: "1" a: 0x10 a: 010');
    expect([text(message, 'a'), texts(message, 'a'), numbers(message, 'a')]).toEqual([
      '010',
      ['1', '0x10', '010'],
      [1, 16, 8],
    ]);
  });
});

describe('refuses', () => {
  test.each([
    ['a {', 'TRUNCATED', 'caffe at line 1: the block "a" is never closed'],
    ['a:', 'TRUNCATED', 'caffe at line 1: the file ends where a value of "a" should stand'],
    ['\na', 'TRUNCATED', 'caffe at line 2: the file ends where ":" or "{" after "a" should stand'],
    ['a: "x', 'TRUNCATED', 'caffe at line 1: the file ends inside a string'],
    ['a: "x\n"', 'MALFORMED', 'caffe at line 1: a string is not closed on its line'],
    ['a 1', 'MALFORMED', 'caffe at line 1: a word stands where ":" or "{" after "a" should'],
    ['a { > }', 'MALFORMED', 'caffe at line 1: ">" stands where a field name or "}" should'],
    ['}', 'MALFORMED', 'caffe at line 1: "}" stands where a field name should'],
    ['a: [1 }', 'MALFORMED', 'caffe at line 1: "}" stands where "]" to end the list of "a" should'],
    ['a: }', 'MALFORMED', 'caffe at line 1: "}" stands where a value of "a" should'],
    ['"a": 1', 'MALFORMED', 'caffe at line 1: a string stands where a field name should'],
    ['a: 1\n\u0001', 'MALFORMED', 'caffe at line 2: the character U+0001 has no meaning here'],
    ['a{'.repeat(65), 'LIMIT_EXCEEDED', 'caffe at line 1: blocks are nested deeper than 64'],
    [`${'a'.repeat(5000)}: 1`, 'LIMIT_EXCEEDED', 'caffe at line 1: a word is longer than 4096 characters'],
    ['a: 1 '.repeat(500_001), 'LIMIT_EXCEEDED', 'caffe at line 1: the file has more than 500000 values'],
    [`a: "${'x'.repeat(65_537)}"`, 'LIMIT_EXCEEDED', 'caffe at line 1: a string is longer than 65536 characters'],
  ])('%#', (source, code, message) => {
    expect(() => readText(source)).toThrow(expect.objectContaining({ code, message }));
  });

  test.each(['1x', '', '1e999', '--1'])('%j as a number', (value) => {
    expect(() => numbers(readText(`a: "${value}"`), 'a')).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });
});

test.each([
  ['blocks side by side', 'layer { name: "x" }\n'.repeat(100_000)],
  ['one long comment', `#${'x'.repeat(4_000_000)}\na: 1`],
  ['long strings', `a: "${'\\n'.repeat(30_000)}" `.repeat(60)],
  ['many literals in a row', `a: ${'"x" '.repeat(300_000)}`],
  ['opening brackets', 'a { b { c {'.repeat(300_000)],
  ['unclosed lists', 'a: [ '.repeat(300_000)],
])('takes linear time for %s', async (_, source) => {
  const read = async (): Promise<string> => {
    try {
      readText(source);
      return 'read';
    } catch (error) {
      return (error as Error).name;
    }
  };
  expect(await inTime(read)).toMatch(/^(read|FormatError)$/);
});
