import { expect, test } from '@jest/globals';
import { bytesSource } from '../../src/formats/index.js';

const source = bytesSource(Uint8Array.of(1, 2, 3, 4, 5), 'model.onnx');

test('bytes in memory have their size and the name they were given', () => {
  expect([source.size, source.name]).toEqual([5, 'model.onnx']);
});

test.each([
  ['a range', 1, 2, [2, 3]],
  ['no more than there is', 3, 10, [4, 5]],
  ['nothing behind the end', 9, 1, []],
  ['nothing where nothing is asked for', 0, 0, []],
])('bytes in memory give %s', async (_, offset, length, expected) => {
  expect([...(await source.read(offset, length))]).toEqual(expected);
});
