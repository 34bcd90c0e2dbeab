import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { MAX_INFLATED_BYTES, structureOf } from '../../src/sources/configmap.js';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const textOf = async (...given: Parameters<typeof structureOf>): Promise<[string, string]> => {
  const { name, bytes } = await structureOf(...given);
  return [name, Buffer.from(bytes).toString()];
};

describe('the structure', () => {
  test.each<[string, Parameters<typeof structureOf>, [string, string]]>([
    ['under the only key', [{ data: { 'net.prototxt': 'net' } }], ['net.prototxt', 'net']],
    ['under the key that is named', [{ data: { a: '1', b: '2' } }, 'b'], ['b', '2']],
    ['in binaryData', [{ binaryData: { 'm.onnx': base64('bytes') } }], ['m.onnx', 'bytes']],
    [
      'compressed, by content and not by name',
      [{ binaryData: { 'm.onnx': base64(gzipSync('bytes')) } }],
      ['m.onnx', 'bytes'],
    ],
    [
      'compressed, its name without the ending',
      [{ binaryData: { 'm.onnx.gz': base64(gzipSync('x')) } }],
      ['m.onnx', 'x'],
    ],
  ])('%s', async (_, given, expected) => {
    expect(await textOf(...given)).toEqual(expected);
  });
});

describe('is refused', () => {
  test.each<[string, Parameters<typeof structureOf>, string, string]>([
    ['an empty ConfigMap', [{}], 'no-key', 'it is empty'],
    [
      'several keys and none named',
      [{ data: { b: '', a: '' } }],
      'several-keys',
      'it has "a", "b": name one behind a slash',
    ],
    ['a key that is not there', [{ data: { a: '' } }, 'b'], 'no-such-key', 'it has no key "b"; it has "a"'],
    [
      'a key that every object has',
      [{ data: { a: '' } }, 'constructor'],
      'no-such-key',
      'it has no key "constructor"; it has "a"',
    ],
    [
      'broken gzip',
      [{ binaryData: { m: base64(gzipSync('x'.repeat(99)).subarray(0, 15)) } }],
      'not-gzip',
      'its gzip data is broken: pack the model again',
    ],
    [
      'a bomb',
      [{ binaryData: { m: base64(gzipSync(new Uint8Array(MAX_INFLATED_BYTES + 1))) } }],
      'too-large',
      'it inflates to more than 64 MiB',
    ],
  ])('%s', async (_, given, problem, message) => {
    await expect(structureOf(...given)).rejects.toMatchObject({ problem, message });
  });
});
