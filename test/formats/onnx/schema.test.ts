import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/formats/limits.js';
import { decodeModel } from '../../../src/formats/onnx/schema.js';
import { block, bytesOf, integer, model, refusal } from './bytes.js';

const decode = async (bytes: Uint8Array): Promise<unknown> => decodeModel(bytes);

test('fields that are not read are skipped', () => {
  const bytes = bytesOf(integer(1, 8), block(2, 'pytorch'), integer(5, 3), block(14, block(1, 'k')), block(7));
  expect(decodeModel(bytes)).toMatchObject({ irVersion: 8, producerName: 'pytorch', graph: { node: [], name: '' } });
});

test('a model without a graph has none', () => {
  expect(decodeModel(integer(1, 8)).graph).toBeNull();
});

test('64-bit integers come as numbers, negative ones too', () => {
  const negative = [0x08, ...new Uint8Array(9).fill(0xff), 0x01];
  const { graph } = decodeModel(model(block(5, negative, integer(1, 2 ** 40), block(8, 'w'))));
  expect(graph?.initializer[0]?.dims).toEqual([-1, 2 ** 40]);
});

test('a list may be packed or not', () => {
  const packed = block(5, block(1, [2, 3]));
  const loose = block(5, integer(1, 2), integer(1, 3));
  const { graph } = decodeModel(model(packed, loose));
  expect(graph?.initializer.map(({ dims }) => dims)).toEqual([
    [2, 3],
    [2, 3],
  ]);
});

describe('a model is refused', () => {
  const deep = (levels: number): Uint8Array => {
    let graph = block(2, 'inner');
    for (let level = 0; level < levels; level++) graph = block(1, block(5, block(6, graph)));
    return model(graph);
  };

  test.each([
    ['where a message is cut', bytesOf([0x3a, 5, 1]), 'TRUNCATED', 'a message ends before its length says'],
    ['where a message inside is', model([0x0a, 9, 1] as never), 'TRUNCATED', 'a message ends before its length says'],
    ['where a wire type is none', model([0x0f] as never), 'MALFORMED', 'not a valid protobuf message'],
    ['where messages nest too deep', deep(40), 'LIMIT_EXCEEDED', 'messages nest deeper than 100'],
    [
      'where groups nest too deep',
      model(block(13, new Uint8Array(50_000).fill(0x7b))),
      'LIMIT_EXCEEDED',
      'messages nest deeper than 100',
    ],
  ])('%s', async (_, bytes, code, message) => {
    expect(await refusal(decode(bytes))).toEqual({ code, message: `onnx: ${message}` });
  });

  test.each([
    ['empty nodes', new Uint8Array(2 * LIMITS.maxFields + 2).map((_, at) => (at % 2 === 0 ? 0x0a : 0))],
    ['numbers in a list', block(1, block(5, block(8, new Uint8Array(LIMITS.maxFields + 1))))],
    ['dims of a tensor', block(5, block(1, new Uint8Array(LIMITS.maxFields + 1)))],
    ['32-bit numbers of a tensor', block(5, block(5, new Uint8Array(LIMITS.maxFields + 1)))],
    ['unsigned numbers of a tensor', block(5, block(11, new Uint8Array(LIMITS.maxFields + 1)))],
    ['floats in a list', block(1, block(5, block(7, new Uint8Array(4 * LIMITS.maxFields + 4))))],
    ['doubles of a tensor', block(5, block(10, new Uint8Array(8 * LIMITS.maxFields + 8)))],
  ])('where it holds millions of %s', async (_, graph) => {
    expect(await refusal(decode(model(graph)))).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: `onnx: the structure holds more than ${LIMITS.maxFields} fields`,
    });
  });
});
