import { describe, expect, test } from '@jest/globals';
import { FORMAT_ERROR_CODES, FormatError } from '../../src/formats/index.js';

const details = { code: 'MALFORMED', format: 'onnx', message: 'a field has the number 0' } as const;

describe('a FormatError', () => {
  test('says which format refused, where, and what is wrong', () => {
    const error = new FormatError({ ...details, location: 'byte 12' });
    expect(error).toMatchObject({ name: 'FormatError', code: 'MALFORMED', format: 'onnx', location: 'byte 12' });
    expect(error.message).toBe('onnx at byte 12: a field has the number 0');
  });

  test('leaves the place out where there is none', () => {
    const error = new FormatError(details);
    expect([error.message, error.location]).toEqual(['onnx: a field has the number 0', undefined]);
  });

  test('carries what caused it', () => {
    const cause = new RangeError('index out of range');
    expect(new FormatError({ ...details, cause }).cause).toBe(cause);
  });

  test('is one line of at most 1000 characters, whatever name of the file is in it', () => {
    const { message } = new FormatError({ ...details, location: 'node "a\nb\u001b[31m"', message: 'x'.repeat(5000) });
    expect(message.slice(0, 28)).toBe('onnx at node "a\uFFFDb\uFFFD[31m": xxx');
    expect(message).toHaveLength(1000);
  });
});

test('every code is explained in words', () => {
  const sentences = Object.entries(FORMAT_ERROR_CODES).filter(
    ([code, words]) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code) || !/^[a-z].{10,80}$/.test(words),
  );
  expect(sentences).toEqual([]);
});
