import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { writeModel } from '../../../examples/onnx-writer.js';
import { bytesSource } from '../../../src/formats/index.js';
import { stripModel } from '../../../src/formats/onnx/strip.js';
import { block, bytesOf, integer, varint } from './bytes.js';
import { described, node } from './reading.js';
import { flipped, flipsIn, parses } from '../damage.js';
import { outcome } from '../surviving.js';

const FOLDER = new URL('../../fixtures/onnx/', import.meta.url);
const FIXTURES = readdirSync(FOLDER);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));

/** Small, and dense with what a flipped bit can turn into something else. */
const DENSE = writeModel(
  described(
    [
      node('s = Shape(x)'),
      node('b = Gather(s,i)', { axis: 0 }),
      node('t = Concat(b,two)', { axis: 0 }),
      node('r = Reshape(x,t)', { allowzero: 0 }),
      node('f = Cast(r)', { to: 10 }),
      node('m = MatMul(f,w)'),
      node('e = Expand(m,t)'),
      node('p = Pad(e,pads)', { mode: 'constant' }),
      node('q = If(c)', {
        then_branch: described(['n = Neg(p)'], [], { inputs: [], outputs: [{ name: 'n', dims: [] }] }),
        else_branch: described(['n = Relu(p)'], [], { inputs: [], outputs: [{ name: 'n', dims: [] }] }),
      }),
      node('k = Slice(q,i,two)'),
      node('u = Unsqueeze(k,i)'),
      node('v = Tile(u,ones)'),
      node('y = Einsum(v,v)', { equation: 'abc,abc->ab' }),
    ],
    [
      { name: 'i', dims: [1], ints: [0] },
      { name: 'two', dims: [1], ints: [4] },
      { name: 'ones', dims: [3], ints: [1, 2, 3] },
      { name: 'pads', dims: [4], ints: [0, 1, 0, 1] },
      { name: 'c', dims: [], ints: [1] },
      { name: 'w', dims: [4, 4] },
    ],
  ),
);

const call = (domain: string, type: string, ...names: Uint8Array[]): Uint8Array =>
  bytesOf(...names, block(4, type), block(7, domain));

/** A model whose one node is a call of a function that calls another twice. */
const FUNCTIONS = bytesOf(
  integer(1, 8),
  block(
    7,
    block(1, call('d', 'Twice', block(1, 'x'), block(2, 'y'))),
    ...[11, 12].map((field) =>
      block(
        field,
        block(1, field === 11 ? 'x' : 'y'),
        block(2, block(1, integer(1, 1), block(2, block(1, integer(1, 4))))),
      ),
    ),
  ),
  ...[
    [
      'Twice',
      call('d', 'Once', block(1, 'a'), block(2, 't')),
      call('d', 'Once', block(1, 't'), block(2, 'b')),
    ] as const,
    ['Once', call('', 'Relu', block(1, 'a'), block(2, 'b'))] as const,
  ].map(([name, ...nodes]) =>
    block(25, block(1, name), block(4, 'a'), block(5, 'b'), ...nodes.map((each) => block(7, each)), block(10, 'd')),
  ),
);

const NAME = 'model.onnx';

const ALL: readonly (readonly [string, Uint8Array])[] = [
  ['dense', DENSE],
  ['functions', FUNCTIONS],
  ...FIXTURES.map((name) => [name, fixture(name)] as const),
];

describe.each(ALL)('%s', (_, original) => {
  const scale = original.length < 4096 ? 10 : 1;

  test('cut anywhere', async () => {
    const position = fc.nat({ max: original.length - 1 });
    await fc.assert(
      fc.asyncProperty(position, (length) => parses(original.subarray(0, length), NAME)),
      { numRuns: 60 * scale },
    );
  });

  test('with bits flipped', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 8), (places) => parses(flipped(original, places), NAME)),
      { numRuns: 40 * scale },
    );
  });

  test('with a bit flipped, and sized where it still parses', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 1), async (places) => {
        expect(await outcome(flipped(original, places))).toMatch(/^(sized|[A-Z_]+)$/);
      }),
      { numRuns: 10 * scale ** 2 },
    );
  });

  test('stripped twice is what it is stripped once', async () => {
    await fc.assert(
      fc.asyncProperty(flipsIn(original, 2), async (places) => {
        const once = await stripModel(bytesSource(flipped(original, places), '')).catch(() => undefined);
        const twice = once && (await stripModel(bytesSource(once, '')));
        expect(Buffer.compare(twice ?? DENSE, once ?? DENSE)).toBe(0);
      }),
      { numRuns: 20 * scale },
    );
  });
});

describe.each(ALL.slice(0, 2))('the small model of %s', (_, small) => {
  test('cut at every offset', async () => {
    for (let length = 0; length < small.length; length++) await parses(small.subarray(0, length), NAME);
  });

  test('is sized as it is', async () => {
    expect(await outcome(small)).toBe('sized');
  });

  test('with every byte replaced by one that hurts', async () => {
    for (let at = 0; at < small.length; at++) {
      for (const value of [0x00, 0x7f, 0x80, 0xff]) {
        expect(await outcome(small.with(at, value))).toMatch(/^(sized|[A-Z_]+)$/);
      }
    }
  });
});

test('random bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => parses(bytes, NAME)),
    { numRuns: 500 },
  );
});

test('random bytes behind the head of a graph, of a node and of a tensor', async () => {
  const heads = [[], [0x0a], [0x0a, 0x2a], [0x2a]];
  const inside = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(inside, ([keys, bytes]) => {
      const wrapped = keys.reduceRight((inner: Uint8Array, key) => bytesOf([key], varint(inner.length), inner), bytes);
      return parses(bytesOf(integer(1, 8), block(7, wrapped)), NAME);
    }),
    { numRuns: 1000 },
  );
});
