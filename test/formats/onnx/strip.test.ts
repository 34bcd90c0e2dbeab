import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { writeModel } from '../../../examples/onnx-writer.js';
import { sizeModel } from '../../../src/admission/size.js';
import { bytesSource, parseStructure } from '../../../src/formats/index.js';
import { LIMITS } from '../../../src/formats/limits.js';
import { onnx } from '../../../src/formats/onnx/index.js';
import { decodeModel } from '../../../src/formats/onnx/schema.js';
import { stripModel } from '../../../src/formats/onnx/strip.js';
import { described } from './reading.js';
import { FLOAT, INT64, block, bytesOf, integer, model, padded, recording, refusal, tensor, varint } from './bytes.js';

const RAW = 9;
const INTEGERS = LIMITS.maxIntegerPayloadBytes;
const OTHERS = LIMITS.maxOtherPayloadBytes;

const strip = (bytes: Uint8Array): Promise<Uint8Array> => stripModel(bytesSource(bytes, 'model.onnx'));
/** Jest compares megabytes one by one; a buffer does not. */
const expectSame = (bytes: Uint8Array, expected: Uint8Array): void => {
  expect(bytes.length).toBe(expected.length);
  expect(Buffer.compare(bytes, expected)).toBe(0);
};
const initializer = (...fields: Uint8Array[]): Uint8Array => block(5, ...fields);
const head = (dataType: number): Uint8Array => bytesOf(integer(1, 3), integer(2, dataType), block(8, 'w'));

describe('a payload', () => {
  test.each([
    ['raw floats', FLOAT, RAW, OTHERS],
    ['typed floats', FLOAT, 4, OTHERS],
    ['doubles', 11, 10, OTHERS],
    ['strings', 8, 6, OTHERS],
    ['raw int64', INT64, RAW, INTEGERS],
    ['typed int64', INT64, 7, INTEGERS],
    ['typed int32', 6, 5, INTEGERS],
    ['typed uint64', 13, 11, INTEGERS],
    ['raw uint32', 12, RAW, INTEGERS],
    ['raw bool', 9, RAW, OTHERS],
    ['raw int8, which quantised weights are', 3, RAW, OTHERS],
    ['raw int16', 5, RAW, OTHERS],
    ['raw int4', 22, RAW, OTHERS],
  ])('of %s is kept up to its limit and dropped above', async (_, dataType, field, limit) => {
    const small = model(initializer(tensor('w', dataType, { field, bytes: limit })));
    expectSame(await strip(small), small);
    const large = model(initializer(tensor('w', dataType, { field, bytes: limit + 1 })));
    expect(await strip(large)).toEqual(model(initializer(integer(2, dataType), block(8, 'w'))));
  });

  test('is judged by a data_type that stands behind it', async () => {
    const payload = block(RAW, new Uint8Array(OTHERS + 1));
    const ints = model(initializer(payload, integer(2, INT64)));
    expectSame(await strip(ints), ints);
    expect(await strip(model(initializer(payload, integer(2, FLOAT))))).toEqual(model(initializer(integer(2, FLOAT))));
  });

  test('without a data_type counts as floats', async () => {
    const untyped = model(initializer(block(RAW, new Uint8Array(OTHERS + 1))));
    expect(await strip(untyped)).toEqual(model(initializer()));
  });
});

describe('a large payload is dropped', () => {
  const large = tensor('w', FLOAT, { field: RAW, bytes: 5000 });
  const bare = bytesOf(integer(2, FLOAT), block(8, 'w'));
  const node = (attribute: Uint8Array): Uint8Array => block(1, block(4, 'Op'), block(5, block(1, 'a'), attribute));

  test.each([
    ['an attribute', (t: Uint8Array) => model(node(block(5, t)))],
    ['a list of an attribute', (t: Uint8Array) => model(node(block(10, t)))],
    ['a sub-graph', (t: Uint8Array) => model(node(block(6, initializer(t))))],
    ['a list of sub-graphs', (t: Uint8Array) => model(node(block(11, initializer(t))))],
    ['a sparse attribute', (t: Uint8Array) => model(node(block(22, block(1, t))))],
    ['a list of sparse attributes', (t: Uint8Array) => model(node(block(23, block(2, t))))],
    ['a sparse initializer', (t: Uint8Array) => model(block(15, block(1, t)))],
    ['the indices of a sparse initializer', (t: Uint8Array) => model(block(15, block(2, t)))],
    ['a function', (t: Uint8Array) => bytesOf(model(), block(25, block(7, block(5, block(5, t)))))],
    ['training_info', (t: Uint8Array) => bytesOf(model(), block(20, block(2, initializer(t))))],
  ])('from %s', async (_, around) => {
    expect(await strip(around(large))).toEqual(around(bare));
  });
});

describe('everything else is kept to the byte', () => {
  const bare = initializer(head(FLOAT));
  const weights = initializer(head(FLOAT), block(RAW, new Uint8Array(9000)));

  test('fields nobody knows, in any order', async () => {
    const unknown = [integer(99, 2 ** 40), block(1000, new Uint8Array(3000)), bytesOf([0x3d, 1, 2, 3, 4])];
    const around = (inner: Uint8Array): Uint8Array =>
      bytesOf(block(7, ...unknown, inner, block(2, 'name')), ...unknown, integer(1, 8));
    expect(await strip(around(weights))).toEqual(around(bare));
  });

  test('a length in more bytes than it needs, where nothing in the message changes', async () => {
    const padding = block(2, new Uint8Array(2000));
    const long = bytesOf([0x3a], [...varint(padding.length).slice(0, -1), 0x80 + Math.floor(padding.length / 128), 0]);
    const bytes = bytesOf(integer(1, 8), long, padding);
    expect(await strip(bytes)).toEqual(bytes);
  });

  test.each(['resnet50-folded', 'transformer-native'])('the fixture %s, which holds no weights', async (name) => {
    const bytes = readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url));
    expectSame(await strip(bytes), bytes);
  });

  test('what was stripped already', async () => {
    const once = await strip(model(weights, weights, block(2, 'net'), bare));
    expect(await strip(once)).toEqual(once);
  });
});

describe('packed, a model is the structure it was, and nothing is lost of it', () => {
  const folder = new URL('../../fixtures/onnx/', import.meta.url);
  const sizedAs = async (bytes: Uint8Array): Promise<unknown> => {
    const { structureHash, estimate, assumptions } = sizeModel(await parseStructure(bytesSource(bytes, 'm.onnx')), {});
    return { structureHash, estimate, assumptions };
  };

  test.each(readdirSync(folder))('the fixture %s', async (name) => {
    const bytes = readFileSync(new URL(name, folder));
    const { bytes: packed } = await onnx.pack(bytesSource(bytes, name));
    expect(await sizedAs(packed)).toEqual(await sizedAs(bytes));
  });

  test('a model with its weights inside', async () => {
    const weights = ['w1', 'w2'].map((name) => ({ name, dims: [64, 64], inlineBytes: 64 * 64 * 4 }));
    const shape = { name: 's', dims: [2], ints: [-1, 64] };
    const nodes = ['r = Reshape(x,s)', 'a = MatMul(r,w1)', 'y = MatMul(a,w2)'];
    const inputs = [{ name: 'x', dims: ['batch', 8, 8] }];
    const bytes = writeModel(described(nodes, [...weights, shape], { inputs }));
    const { bytes: packed, key } = await onnx.pack(bytesSource(bytes, 'm.onnx'));
    expect([key, bytes.length - packed.length > 2 * 64 * 64 * 4]).toEqual(['model.onnx', true]);
    expect(await sizedAs(packed)).toEqual(await sizedAs(bytes));
  });
});

test('lengths are rewritten at every level: protobuf reads the result', async () => {
  const values = tensor('w', FLOAT, { field: RAW, bytes: 100_000 });
  const body = block(5, block(1, 'body'), block(6, initializer(values), block(2, 'inner')), integer(20, 5));
  const stripped = await strip(model(block(1, block(4, 'If'), body), initializer(values), block(2, 'outer')));
  const bare = { name: 'w', rawData: { length: 0 } };
  const attribute = { name: 'body', g: { name: 'inner', initializer: [bare] } };
  expect(decodeModel(stripped).graph).toMatchObject({
    name: 'outer',
    initializer: [bare],
    node: [{ attribute: [attribute] }],
  });
});

describe('a file over 4 MiB', () => {
  const WINDOW = 64 * 1024;
  const payload = new Uint8Array(3_000_000).fill(0xee);
  const weights = initializer(integer(2, FLOAT), block(RAW, payload), block(8, 'w'));
  const integers = initializer(integer(2, INT64), block(RAW, new Uint8Array(INTEGERS).fill(1)), block(8, 'i'));
  const notes = block(10, new Uint8Array(200_000).fill(0x61));
  const bytes = model(weights, integers, notes, weights, integers, block(2, 'net'));

  test('is stripped as a small one is', async () => {
    const bare = initializer(integer(2, FLOAT), block(8, 'w'));
    expectSame(await strip(bytes), model(bare, integers, notes, bare, integers, block(2, 'net')));
  });

  test('is read by ranges: of a payload no more than the windows that end in it', async () => {
    const source = recording(bytes);
    await stripModel(source);
    const first = bytes.indexOf(0xee);
    const second = bytes.lastIndexOf(0xee) - payload.length + 1;
    for (const start of [first, second]) {
      const beyond = source.ranges.filter(([at, size]) => at + size > start + WINDOW && at < start + payload.length);
      expect(beyond).toEqual([]);
    }
  });
});

const LARGER = `the structure without weights is larger than ${LIMITS.maxStructureBytes} bytes`;

describe('a structure over the limit is refused', () => {
  test('before what is too large is read', async () => {
    const size = LIMITS.maxStructureBytes + 100;
    const start = bytesOf(integer(1, 8), [0x1a], varint(size - 7));
    expect(await refusal(stripModel(padded(start, size)))).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: `onnx at byte 2: ${LARGER}`,
    });
  });

  test('when many small fields add up to it', async () => {
    const fields = Array.from({ length: 1102 }, () => block(10, new Uint8Array(61_000)));
    expect((await refusal(strip(model(...fields)))).message).toMatch(LARGER);
  });
});

describe('a model that decoding would make too much of is refused before it is decoded', () => {
  const repeated = (field: number, count: number): Uint8Array =>
    Uint8Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? field * 8 + 2 : 0));

  test.each([
    ['nodes', repeated(1, LIMITS.maxLayers + 1), `more than ${LIMITS.maxLayers} nodes`],
    ['initializers', repeated(5, LIMITS.maxTensors + 1), `more than ${LIMITS.maxTensors} tensors`],
    ['inputs', repeated(11, LIMITS.maxTensors + 1), `more than ${LIMITS.maxTensors} tensors`],
    ['outputs', repeated(12, LIMITS.maxTensors + 1), `more than ${LIMITS.maxTensors} tensors`],
    ['described values', repeated(13, LIMITS.maxTensors + 1), `more than ${LIMITS.maxTensors} tensors`],
    ['fields nobody knows', repeated(3, LIMITS.maxFields + 1), `more than ${LIMITS.maxFields} fields`],
  ])('of %s', async (_, graph, message) => {
    const { code, message: said } = await refusal(strip(model(graph)));
    expect([code, said.replace(/byte \d+/, 'byte N')]).toEqual(['LIMIT_EXCEEDED', `onnx at byte N: ${message}`]);
  });

  test('but not one that stays at the limit', async () => {
    const graph = model(repeated(1, LIMITS.maxLayers));
    expectSame(await strip(graph), graph);
  });
});

describe('nesting is refused', () => {
  const nested = (depth: number, filler: number): Uint8Array => {
    let graph = bytesOf(block(2, new Uint8Array(filler)));
    for (let level = 0; level < depth; level++) graph = block(1, block(5, block(6, graph)));
    return model(graph);
  };

  test('by its depth, in messages that are read', async () => {
    const { code, message } = await refusal(strip(nested(30, 2000)));
    expect([code, message.replace(/\d+/, 'N')]).toEqual([
      'LIMIT_EXCEEDED',
      'onnx at byte N: messages nest deeper than 64',
    ]);
  });

  test('in time, when there are 100,000 levels', async () => {
    const keys = [0x32, 0x2a, 0x0a];
    const levels: number[][] = [];
    for (let level = 0, length = 0; level < 99_999; level++) {
      const header = [keys[level % 3] ?? 0, ...varint(length)];
      levels.unshift(header);
      length += header.length;
    }
    const graph = Uint8Array.from(levels.flat());
    expect((await refusal(strip(bytesOf(integer(1, 8), [0x3a], varint(graph.length), graph)))).code).toMatch(
      /LIMIT_EXCEEDED/,
    );
  });

  test('by protobuf, in messages too small to hold a payload', async () => {
    const stripped = await strip(nested(60, 1));
    expect(await refusal(Promise.resolve().then(() => decodeModel(stripped)))).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: 'onnx: messages nest deeper than 100',
    });
  });
});
