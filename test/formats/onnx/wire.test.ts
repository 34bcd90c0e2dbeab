import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesSource } from '../../../src/formats/byte-source.js';
import { encodeVarint, WireReader } from '../../../src/formats/onnx/wire.js';
import type { Field } from '../../../src/formats/onnx/wire.js';
import { bytesOf, integer, recording, refusal, varint } from './bytes.js';

async function fieldOf(bytes: Uint8Array | readonly number[], end = bytes.length): Promise<Field> {
  const reader = new WireReader(bytesSource(Uint8Array.from(bytes), 'x'));
  await reader.load(0, bytes.length);
  return reader.field(0, end);
}

describe('a field', () => {
  // 150 is the example of protobuf.dev, "Encoding".
  test('of a varint ends behind its last byte', async () => {
    const field = { number: 1, wireType: 0, start: 0, valueStart: 1, end: 3, value: 150 };
    expect(await fieldOf([0x08, 0x96, 0x01])).toEqual(field);
  });

  test('of bytes begins behind its length', async () => {
    expect(await fieldOf([0x12, 0x02, 0x61, 0x62])).toMatchObject({ number: 2, valueStart: 2, end: 4 });
  });

  test.each([
    ['fixed64', 0x09, 8],
    ['fixed32', 0x0d, 4],
  ])('of %s has a size of its own', async (_, key, size) => {
    expect(await fieldOf([key, ...new Uint8Array(size)])).toMatchObject({ valueStart: 1, end: 1 + size });
  });

  test('may have a number of five bytes', async () => {
    expect((await fieldOf(integer(2 ** 29 - 1, 1))).number).toBe(2 ** 29 - 1);
  });

  test('may hold a negative number in ten bytes', async () => {
    expect((await fieldOf([0x08, ...new Uint8Array(9).fill(0xff), 0x01])).end).toBe(11);
  });
});

describe('a field is refused', () => {
  const truncated = 'a field reaches beyond the end; the file is cut short or is not ONNX';
  const bad = (at: number, message: string): [string, string] => ['MALFORMED', `onnx at byte ${at}: ${message}`];
  const cut = (at: number): [string, string] => ['TRUNCATED', `onnx at byte ${at}: ${truncated}`];
  const ten = new Uint8Array(10).fill(0x80);

  test.each([
    ['without its key', [], cut(0)],
    ['with half a key', [0x80], cut(0)],
    ['without its number', [0x08], cut(1)],
    ['with half a number', [0x08, 0x80], cut(1)],
    ['with half a fixed64', [0x09, 0, 0, 0], cut(0)],
    ['with a length beyond the end', [0x0a, 3, 1, 2], cut(0)],
    ['with a length of 2^60', [0x0a, ...varint(2 ** 60), 1], cut(0)],
    ['with a key over ten bytes', [...ten, 1], bad(0, 'a number is longer than ten bytes')],
    ['with a length over ten bytes', [0x0a, ...ten, 1], bad(1, 'a number is longer than ten bytes')],
    ['with the number 0', [0x02, 0], bad(0, 'a field has the number 0')],
    ['with a number over 2^29 - 1', integer(2 ** 29, 1), bad(0, 'a field number is over 2^29 - 1')],
    ['of wire type 3', [0x0b], bad(0, 'wire type 3 is not used by ONNX')],
    ['of wire type 7', [0x0f], bad(0, 'wire type 7 is not used by ONNX')],
  ])('%s', async (_, bytes, [code, message]) => {
    expect(await refusal(fieldOf(Uint8Array.from(bytes)))).toEqual({ code, message });
  });

  test('where it reaches beyond its message, though not beyond the file', async () => {
    expect((await refusal(fieldOf([0x0a, 2, 1, 2], 3))).code).toBe('TRUNCATED');
  });
});

test('what encodeVarint writes reads back as the same number', async () => {
  await fc.assert(
    fc.asyncProperty(fc.maxSafeNat(), async (value) => {
      expect((await fieldOf(bytesOf([0x08], encodeVarint(value)))).value).toBe(value);
    }),
  );
});

describe('the window', () => {
  test('of a small file is the whole file, read once', async () => {
    const source = recording(new Uint8Array(1000));
    const reader = new WireReader(source);
    await reader.copy(900, 100);
    await reader.copy(0, 10);
    expect(source.ranges).toEqual([[0, 1000]]);
  });

  test('of a large file moves to what is asked for', async () => {
    const bytes = new Uint8Array(5 * 1024 * 1024).fill(7, 5_000_000, 5_000_004);
    const source = recording(bytes);
    const reader = new WireReader(source);
    await reader.loadHeader(0);
    expect(reader.hasHeader(5_000_000)).toBe(false);
    expect(await reader.copy(5_000_000, 4)).toEqual(Uint8Array.of(7, 7, 7, 7));
    expect(source.ranges).toEqual([
      [0, 65_536],
      [5_000_000, 65_536],
    ]);
  });

  test('at the end of the file is enough for a field shorter than the longest header', async () => {
    const source = recording(new Uint8Array(5 * 1024 * 1024));
    const reader = new WireReader(source);
    await reader.loadHeader(source.size - 2);
    expect(reader.hasHeader(source.size - 2)).toBe(true);
    expect(reader.has(source.size - 3, 1)).toBe(false);
  });
});
