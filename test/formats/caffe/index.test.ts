import { describe, expect, test } from '@jest/globals';
import { bytesSource } from '../../../src/formats/byte-source.js';
import { caffe } from '../../../src/formats/caffe/index.js';
import { FIXTURES, fixtureText, parseFixture } from './fixtures.js';

describe('the file', () => {
  test.each([...FIXTURES, 'solver'])('%s is recognised by its content and packed as it stands', async (name) => {
    const bytes = new TextEncoder().encode(fixtureText(name));
    expect(caffe.sniff(bytes)).toBe(true);
    expect(await caffe.pack(bytesSource(bytes, 'x'))).toEqual({ bytes, key: 'model.prototxt' });
  });

  test.each([
    ['\uFEFF# licence\n\nlayer {', true],
    ['layers {', true],
    ['input: "data"', true],
    ['name: "net" input: "data" layers {', true],
    ['  layer {', true],
    ['  input_shape {', true],
    ['input_dim: 1', true],
    ['net: "train_val.prototxt"', true],
    ['name: "net"', false],
    ['  input: "data"', false],
    ['player {', false],
    ['{ "layer": 1 }', false],
    ['# layer {', false],
    ['\b\u0003\u0012\u0007pytorch', false],
    ['graph: x', false],
  ])('%j', (head, expected) => {
    expect(caffe.sniff(new TextEncoder().encode(head))).toBe(expected);
  });

  test.each([
    ['UTF-16, little-endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big-endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ])('is read in %s too', async (_, encode) => {
    const bytes = new Uint8Array(encode(fixtureText('deploy')));
    expect(caffe.sniff(bytes)).toBe(true);
    const graph = await caffe.parse(bytesSource(bytes, 'x'));
    expect(graph.layers).toEqual((await parseFixture('deploy')).layers);
  });

  test('that is too large is not read', async () => {
    const source = { size: 2 ** 30, name: 'x', read: () => Promise.reject(new Error('read')) };
    await expect(caffe.parse(source)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
