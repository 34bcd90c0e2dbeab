import { describe, expect, test } from '@jest/globals';
import { INT64, block, bytesOf, integer, model } from './bytes.js';
import { node, read, readBytes } from './reading.js';

const float = (field: number, value: number): Uint8Array =>
  bytesOf([field * 8 + 5], new Uint8Array(Float32Array.of(value).buffer));
const floats = (...values: number[]): Uint8Array => block(7, new Uint8Array(Float32Array.from(values).buffer));

describe('attributes', () => {
  test('that are called like parts of an object are attributes', async () => {
    const attributes = Object.fromEntries([['__proto__', [1, 2]]]);
    const { layers } = await read([{ ...node('y = Op(x)'), attributes }]);
    expect(Object.entries(layers[0]?.attributes ?? {})).toEqual([['__proto__', [1, 2]]]);
    expect(Object.getPrototypeOf(layers[0]?.attributes)).toBe(Object.prototype);
  });

  test('without a type are what they hold', async () => {
    const attribute = (name: string, value: Uint8Array): Uint8Array => block(5, block(1, name), value);
    const { layers } = await readBytes(
      model(
        block(
          1,
          block(4, 'Op'),
          attribute('i', integer(3, 2)),
          attribute('f', float(2, 0.5)),
          attribute('s', block(4, 'same')),
          attribute('ints', block(8, [1, 2])),
          attribute('floats', floats(1.5)),
          attribute('strings', block(9, 'a')),
          attribute('t', block(5, integer(2, INT64), block(7, [9]))),
        ),
      ),
    );
    const lists = { ints: [1, 2], floats: [1.5], strings: ['a'], t: [9], t_dtype: 'int64' };
    expect(layers[0]?.attributes).toEqual({ i: 2, f: 0.5, s: 'same', ...lists });
  });

  test('that name a dtype by number name it by name', async () => {
    const { layers } = await read([node('y = Cast(x)', { to: 10 })]);
    expect(layers[0]?.attributes).toEqual({ to: 'float16' });
  });
});
