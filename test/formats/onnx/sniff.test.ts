import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { sniffOnnx } from '../../../src/formats/onnx/sniff.js';
import { block, bytesOf, integer } from './bytes.js';

const FOLDER = new URL('../../fixtures/onnx/', import.meta.url);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test('property: any bytes at all are judged, and those of a model by their beginning', () => {
  const head = bytesOf(integer(1, 8), block(2, 'pytorch'), block(7, block(2, 'g')));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 10 }), (bytes, kept) => {
      expect(typeof sniffOnnx(bytesOf(head.subarray(0, kept), bytes))).toBe('boolean');
      expect(sniffOnnx(bytesOf(head, bytes))).toBe(true);
    }),
  );
});

test.each(readdirSync(FOLDER))('the fixture %s is recognised', (name) => {
  expect(sniffOnnx(readFileSync(new URL(name, FOLDER)).subarray(0, 4096))).toBe(true);
});

describe('recognised is', () => {
  const version = integer(1, 8);
  test.each([
    ['an ir_version alone', version],
    ['an ir_version with a producer', bytesOf(version, block(2, 'pytorch'))],
    ['an ir_version with a graph', bytesOf(version, block(7, block(2, 'g')))],
    ['an ir_version with metadata', bytesOf(version, block(14, block(1, 'k')))],
    ['an ir_version with a producer whose name is cut', bytesOf(version, block(2, 'pytorch')).subarray(0, 6)],
    ['an ir_version with a model_version', bytesOf(version, integer(5, 2 ** 40), block(7, block(2, 'g')))],
    ['an ir_version with training_info', bytesOf(version, block(20))],
    ['an ir_version with a function', bytesOf(version, block(25, block(1, 'f')))],
    ['a graph first', block(7, block(1, block(4, 'Relu')))],
    ['an opset import first', bytesOf(block(8, integer(2, 17)), block(7))],
  ])('%s', (_, head) => {
    expect(sniffOnnx(head)).toBe(true);
  });
});

describe('not recognised is', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['an ir_version of 0', integer(1, 0)],
    ['an ir_version no standard will reach', integer(1, 100)],
    ['a key no ModelProto has behind it', bytesOf(integer(1, 8), integer(2, 1))],
    ['a TensorFlow GraphDef, which begins with a node', block(1, block(1, 'x'), block(2, 'Placeholder'))],
    [
      'a TensorFlow SavedModel, whose second field is a message',
      bytesOf(integer(1, 1), block(2, block(1, block(4, 'serve')), block(2, new Uint8Array(300)))),
    ],
    ['a Core ML model, whose second field is a message', bytesOf(integer(1, 4), block(2, block(1, block(1, 'image'))))],
    ['a producer that is a number', bytesOf(integer(1, 8), integer(2, 8))],
    ['a model_version that is text', bytesOf(integer(1, 8), block(5, '1'))],
    ['a group, which nobody uses any more', bytesOf(integer(1, 8), [0x3b])],
    ['text that begins with a colon', text(':name: "net" layer { }')],
    ['text that begins with a B', text('Batch normalisation\tnotes\r\n')],
    ['a ZIP archive, as PyTorch writes', text('PK\u0003\u0004')],
    ['a HDF5 file', Uint8Array.of(0x89, 0x48, 0x44, 0x46)],
    ['JSON', text('{"model_type": "bert"}')],
  ])('%s', (_, head) => {
    expect(sniffOnnx(head)).toBe(false);
  });
});
