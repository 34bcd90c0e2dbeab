import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FORMATS, bytesSource, detectFormat, parseStructure } from '../../src/formats/index.js';
import { block, bytesOf, integer, model, padded, refusal } from './onnx/bytes.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
/** Little-endian, with the mark of its order in front. */
const utf16 = (content: string): Uint8Array => new Uint8Array(Buffer.from(`\uFEFF${content}`, 'utf16le'));
const fixture = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const nameOf = async (bytes: Uint8Array, name: string): Promise<string> =>
  (await detectFormat(bytesSource(bytes, name))).name;

describe('a format is recognised', () => {
  test.each([
    ['by its content, whatever the name', fixture('onnx/resnet50-folded.onnx'), 'net.prototxt', 'onnx'],
    ['by its content, without a name', fixture('onnx/transformer-native.onnx'), '', 'onnx'],
    ['by its text, whatever the name', fixture('caffe/deploy.prototxt'), 'net.onnx', 'caffe'],
    ['by its text in UTF-16, as Windows writes it', utf16('layer { type: "Input" }'), 'net', 'caffe'],
    ['by its name, where the content says nothing', Uint8Array.of(0xff, 0xff), 'net.onnx', 'onnx'],
    ['by its name in any case', Uint8Array.of(0xff, 0xff), 'NET.ONNX', 'onnx'],
  ])('%s', async (_, bytes, name, format) => {
    expect(await nameOf(bytes, name)).toBe(format);
  });

  test('from its first 4 KiB', async () => {
    const lengths: number[] = [];
    const source = padded(model(), 2 ** 40);
    await detectFormat({
      ...source,
      read: (offset, length) => {
        lengths.push(offset, length);
        return source.read(offset, length);
      },
    });
    expect(lengths).toEqual([0, 4096]);
  });
});

describe('refused is', () => {
  const parse = (bytes: Uint8Array, name = 'file'): Promise<unknown> => parseStructure(bytesSource(bytes, name));
  const known = FORMATS.map(({ name, extensions }) => `${name} (${extensions.join(', ')})`).join(', ');

  test('an empty file', async () => {
    const error = { code: 'EMPTY_FILE', message: 'detect: the file is empty' };
    expect(await refusal(parse(new Uint8Array(0), 'model.onnx'))).toEqual(error);
  });

  test('a file of no known format, with a list of those that are', async () => {
    expect(await refusal(parse(text('%PDF-1.7')))).toEqual({
      code: 'UNKNOWN_FORMAT',
      message: `detect: neither the content nor the name is of a known format; known are ${known}`,
    });
    expect(known).toContain('onnx (.onnx)');
  });

  test.each([
    ['a TensorFlow SavedModel', bytesOf(integer(1, 1), block(2, block(1, block(4, 'serve')), new Uint8Array(300)))],
    ['a TensorFlow GraphDef as text', text('node {\n  name: "x"\n  op: "Placeholder"\n  input: "y"\n}\n')],
    ['the configuration of a model server', text('name: "densenet"\nplatform: "onnxruntime_onnx"\ninput [ { } ]\n')],
    ['a workflow', text('name: "CI"\non: push\njobs:\n')],
    ['a PyTorch file', text('PK\u0003\u0004archive/data.pkl')],
    ['a safetensors file', bytesOf([8, 1, 0, 0, 0, 0, 0, 0], text('{"a":{"dtype":"F32"}}'))],
  ])('%s', async (_, bytes) => {
    expect((await refusal(parse(bytes))).code).toBe('UNKNOWN_FORMAT');
  });

  test('a model without a graph', async () => {
    const error = { code: 'NO_GRAPH', message: 'onnx: the model holds no graph' };
    expect(await refusal(parse(bytesOf(integer(1, 8), block(2, 'pytorch'))))).toEqual(error);
  });

  test('a graph without a node', async () => {
    expect(await refusal(parse(model(block(2, 'net'))))).toEqual({
      code: 'NO_GRAPH',
      message: 'onnx: the graph holds no node',
    });
  });

  test('a graph that cannot be, in the words of the graph', async () => {
    const relu = block(1, block(1, 'x'), block(2, 'y'), block(4, 'Relu'));
    expect(await refusal(parse(model(relu, relu, block(11, block(1, 'x')))))).toEqual({
      code: 'INVALID_GRAPH',
      message: 'onnx: tensor "y" is written twice',
    });
  });
});
