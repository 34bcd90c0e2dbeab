import { describe, expect, test } from '@jest/globals';
import { FLOAT, INT64, block, bytesOf, integer, model } from './bytes.js';
import { readBytes, tensorOf } from './reading.js';

const float = (field: number, value: number): Uint8Array =>
  bytesOf([field * 8 + 5], new Uint8Array(Float32Array.of(value).buffer));
const floats = (...values: number[]): Uint8Array => block(7, new Uint8Array(Float32Array.from(values).buffer));

/** A model whose one node is a Constant with the attribute. */
function constant(name: string, type: number, value: Uint8Array, domain = ''): Uint8Array {
  const attribute = block(5, block(1, name), value, integer(20, type));
  return model(block(1, block(2, 'c'), block(4, 'Constant'), attribute, block(7, domain)));
}

describe('a Constant node is a tensor', () => {
  const scalar = bytesOf(integer(2, INT64), block(7, [9]));
  const vector = bytesOf(integer(1, 2), integer(2, FLOAT), block(4, new Uint8Array(Float32Array.of(1, 2.5).buffer)));

  test.each([
    ['value, a scalar', constant('value', 4, block(5, scalar)), { dtype: 'int64', shape: [], value: [9] }],
    ['value, a vector', constant('value', 4, block(5, vector)), { dtype: 'float32', shape: [2], value: [1, 2.5] }],
    ['value_int', constant('value_int', 2, integer(3, 7)), { dtype: 'int64', shape: [], value: [7] }],
    ['value_ints', constant('value_ints', 7, block(8, [1, 2, 3])), { dtype: 'int64', shape: [3], value: [1, 2, 3] }],
    ['value_ints of none', constant('value_ints', 7, new Uint8Array(0)), { dtype: 'int64', shape: [0], value: [] }],
    ['value_float', constant('value_float', 1, float(2, 0.5)), { dtype: 'float32', shape: [], value: [0.5] }],
    ['value_floats', constant('value_floats', 6, floats(0.5, 2)), { dtype: 'float32', shape: [2], value: [0.5, 2] }],
    ['value_string', constant('value_string', 3, block(4, 'text')), { dtype: 'string', shape: [], value: undefined }],
    [
      'value_strings',
      constant('value_strings', 8, block(9, 'text')),
      { dtype: 'string', shape: [1], value: undefined },
    ],
    [
      'sparse_value',
      constant('sparse_value', 11, block(22, block(1, integer(2, FLOAT)), block(3, [7, 9]))),
      { dtype: 'float32', shape: [7, 9], value: undefined },
    ],
    [
      'a sparse_value of nothing',
      constant('sparse_value', 11, block(22)),
      { dtype: 'int64', shape: undefined, value: undefined },
    ],
    [
      'value_int, behind an attribute that is none',
      model(
        block(
          1,
          block(2, 'c'),
          block(4, 'Constant'),
          block(5, block(1, 'note')),
          block(5, block(1, 'value_int'), integer(3, 7), integer(20, 2)),
        ),
      ),
      { dtype: 'int64', shape: [], value: [7] },
    ],
    [
      'the default domain by name',
      constant('value_int', 2, integer(3, 7), 'ai.onnx'),
      { dtype: 'int64', shape: [], value: [7] },
    ],
  ])('given by %s', async (_, bytes, expected) => {
    const graph = await readBytes(bytes);
    expect(graph.layers).toEqual([]);
    const base = { id: 'c', storage: 'c', role: 'constant' };
    expect(graph.tensors.get('c')).toEqual({ ...base, ...expected });
  });

  test('whose value is left out where it is data', async () => {
    const large = constant('value_ints', 7, block(8, new Uint8Array(5000)));
    expect(await tensorOf(readBytes(large), 'c')).toMatchObject({ shape: [5000] });
    expect(await tensorOf(readBytes(large), 'c')).not.toHaveProperty('value');
  });

  test('or nothing, where it has no output', async () => {
    const graph = await readBytes(model(block(1, block(2, ''), block(4, 'Constant'))));
    expect(graph.tensors.size).toBe(0);
  });
});
