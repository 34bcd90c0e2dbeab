import { expect, test } from '@jest/globals';
import { inTime } from '../in-time.js';
import { operatorsOf } from './fixtures.js';

test.each([
  [
    'a type nobody knows keeps its name and what it says',
    'Mine',
    'mine_param { depth: 3 mode: "fast" }',
    'Mine {"depth":3,"mode":"fast"}',
  ],
  ['a flag is one, a list is text', 'Mine', 'mine_param { on: true at: 1 at: 2 }', 'Mine {"on":true,"at":["1","2"]}'],
  ['what is nested deeper is left out', 'Mine', 'mine_param { inner { depth: 3 } }', 'Mine {}'],
  ['a type called like part of an object is unknown too', 'constructor', '', 'constructor {}'],
])('%s', async (_, type, ...rest) => {
  const [fields = '', expected = ''] = rest;
  expect(await operatorsOf(type, fields)).toEqual([expected]);
});

test('of thousands of messages an unknown layer keeps the first sixteen, in time', async () => {
  const fields = Array.from({ length: 20_000 }, (_, index) => `m${index}_param { v${index}: 1 }`).join(' ');
  const [operator = ''] = await inTime(() => operatorsOf('Mine', fields));
  expect(operator.match(/"v\d+"/g)).toHaveLength(16);
});
