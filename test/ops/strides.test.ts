import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contiguousStrides, isContiguous, isDense, stridesOf, viewStrides, withStrides } from '../../src/ops/index.js';

type View = readonly [
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
  result: readonly number[] | undefined,
];

// Computed with torch 2.15: the strides of `t.as_strided(shape, strides).view(target)`, undefined where it raises.
const VIEWS: readonly View[] = [
  [[4, 6], [6, 1], [24], [1]],
  [
    [4, 6],
    [6, 1],
    [2, 2, 6],
    [12, 6, 1],
  ],
  [
    [4, 6],
    [6, 1],
    [4, 2, 3],
    [6, 3, 1],
  ],
  [
    [4, 6],
    [6, 1],
    [3, 8],
    [8, 1],
  ],
  [[6, 4], [1, 6], [24], undefined],
  [
    [6, 4],
    [1, 6],
    [6, 2, 2],
    [1, 12, 6],
  ],
  [
    [6, 4],
    [1, 6],
    [2, 3, 4],
    [3, 1, 6],
  ],
  [
    [6, 4],
    [1, 6],
    [6, 4, 1],
    [1, 6, 6],
  ],
  [[3, 2, 4], [4, 12, 1], [3, 8], undefined],
  [
    [3, 2, 4],
    [4, 12, 1],
    [3, 2, 2, 2],
    [4, 12, 2, 1],
  ],
  [[3, 2, 4], [4, 12, 1], [6, 4], undefined],
  [[2, 4, 3], [12, 1, 4], [2, 12], undefined],
  [
    [2, 4, 3],
    [12, 1, 4],
    [2, 2, 2, 3],
    [12, 2, 1, 4],
  ],
  [
    [2, 4, 3],
    [12, 1, 4],
    [2, 4, 3, 1],
    [12, 1, 4, 4],
  ],
  [[2, 4, 3, 5], [60, 5, 20, 1], [2, 4, 15], undefined],
  [[2, 4, 3, 5], [60, 5, 20, 1], [8, 3, 5], undefined],
  [[2, 4, 3, 5], [60, 5, 20, 1], [8, 3, 5, 1], undefined],
  [
    [2, 4, 5, 3],
    [60, 5, 1, 20],
    [2, 20, 3],
    [60, 1, 20],
  ],
  [[2, 4, 5, 3], [60, 5, 1, 20], [40, 3], undefined],
  [[2, 4, 5, 3], [60, 5, 1, 20], [2, 60], undefined],
  [[3, 4], [1, 0], [12], undefined],
  [
    [3, 4],
    [1, 0],
    [3, 2, 2],
    [1, 0, 0],
  ],
  [
    [3, 4],
    [1, 0],
    [3, 4, 1],
    [1, 0, 0],
  ],
  [[4, 3], [0, 1], [12], undefined],
  [
    [4, 3],
    [0, 1],
    [2, 2, 3],
    [0, 0, 1],
  ],
  [
    [4, 3],
    [0, 1],
    [4, 3, 1],
    [0, 1, 1],
  ],
  [[6], [0], [2, 3], [0, 0]],
  [[6], [0], [6, 1], [0, 0]],
  [
    [2, 4, 3],
    [0, 0, 1],
    [8, 3],
    [0, 1],
  ],
  [[2, 4, 3], [0, 0, 1], [24], undefined],
  [[4, 3], [6, 1], [12], undefined],
  [
    [4, 3],
    [6, 1],
    [2, 2, 3],
    [12, 6, 1],
  ],
  [
    [4, 3],
    [6, 1],
    [4, 1, 3],
    [6, 3, 1],
  ],
  [
    [4, 3],
    [6, 1],
    [4, 3, 1],
    [6, 1, 1],
  ],
  [[2, 6], [6, 1], [12], [1]],
  [
    [2, 6],
    [6, 1],
    [2, 2, 3],
    [6, 3, 1],
  ],
  [
    [4, 3],
    [6, 2],
    [4, 3, 1],
    [6, 2, 2],
  ],
  [[4, 3], [6, 2], [12], [2]],
  [
    [4, 3],
    [6, 2],
    [2, 2, 3],
    [12, 6, 2],
  ],
  [[4], [3], [2, 2], [6, 3]],
  [[4], [3], [4, 1], [3, 3]],
  [
    [4, 1, 5],
    [6, 6, 1],
    [4, 5],
    [6, 1],
  ],
  [[4, 1, 5], [6, 6, 1], [20], undefined],
  [[4, 1, 6], [6, 24, 1], [24], [1]],
  [
    [4, 1, 6],
    [6, 24, 1],
    [4, 6],
    [6, 1],
  ],
  [[5, 1, 1], [1, 1, 1], [5], [1]],
  [
    [5, 1, 1],
    [1, 1, 1],
    [1, 5, 1],
    [5, 1, 1],
  ],
  [[], [], [1], [1]],
  [[], [], [1, 1], [1, 1]],
  [[1, 1], [1, 1], [], []],
  [[1, 1], [1, 1], [1], [1]],
  [
    [4, 3, 2],
    [1, 4, 12],
    [4, 3, 2],
    [1, 4, 12],
  ],
  [[4, 3, 2], [1, 4, 12], [12, 2], undefined],
  [[4, 3, 2], [1, 4, 12], [4, 6], undefined],
];

describe('viewStrides finds what Tensor.view does', () => {
  test.each(VIEWS)('%j with strides %j as %j', (shape, strides, target, result) => {
    const found = viewStrides({ dtype: 'float32', shape, strides }, target);
    // A dim of size 1 may have any stride: nothing is ever read by it.
    const read = (values: readonly number[] | undefined): unknown => values?.filter((_, axis) => target[axis] !== 1);
    expect(read(found)).toEqual(read(result));
  });

  test('a tensor without strides is contiguous', () => {
    expect(viewStrides({ dtype: 'float32', shape: [2, 3, 4] }, [6, 4])).toEqual([4, 1]);
  });

  test('as many elements or none of it', () => {
    expect(viewStrides({ dtype: 'float32', shape: [4, 6] }, [5, 5])).toBeUndefined();
    expect(viewStrides({ dtype: 'float32', shape: [4, 6] }, [4, 3])).toBeUndefined();
    expect(viewStrides({ dtype: 'float32', shape: [4, 6] }, [2, 4, 6])).toBeUndefined();
  });
});

/** Where each element lies, in row-major order of the shape. */
function addresses(shape: readonly number[], strides: readonly number[]): number[] {
  return shape.reduce<number[]>(
    (all, dim, axis) =>
      all.flatMap((at) => Array.from({ length: dim }, (_, index) => at + index * (strides[axis] ?? 0))),
    [0],
  );
}

/** The strides under which the target's elements lie where the tensor's do, found by trying: one step along each axis. */
function bruteForce(shape: readonly number[], strides: readonly number[], target: readonly number[]): unknown {
  const held = addresses(shape, strides);
  const steps = target.map((_, axis) => target.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const found = target.map((dim, axis) => (dim === 1 ? 0 : (held[steps[axis] ?? 1] ?? 0)));
  return addresses(target, found).every((at, index) => at === held[index]) ? found : undefined;
}

/** Tensors as views make them: permuted, sliced with steps, expanded. */
const strided = fc
  .record({
    dims: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    gaps: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 4, maxLength: 4 }),
    expanded: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  .chain(({ dims, gaps, expanded }) =>
    fc.shuffledSubarray([...dims.keys()], { minLength: dims.length }).map((perm) => {
      const dense = contiguousStrides(dims.map((dim, axis) => dim * (gaps[axis] ?? 1)));
      return {
        shape: perm.map((axis) => dims[axis] ?? 1),
        strides: perm.map((axis) => (expanded[axis] === true && gaps[axis] === 2 ? 0 : (dense[axis] ?? 1))),
      };
    }),
  );

/** Other shapes of as many elements. */
function regrouped(count: number): fc.Arbitrary<number[]> {
  const divisors = Array.from({ length: count }, (_, index) => index + 1).filter((dim) => count % dim === 0);
  return fc.array(fc.constantFrom(...divisors), { maxLength: 4 }).map((dims) => {
    let left = count;
    const shape = dims.filter((dim) => {
      if (left % dim !== 0) return false;
      left /= dim;
      return true;
    });
    return left === 1 ? shape : [...shape, left];
  });
}

test('viewStrides finds a view exactly where trying every address does', () => {
  const cases = strided.chain(({ shape, strides }) => {
    const target = regrouped(shape.reduce((product, dim) => product * dim, 1));
    return fc.record({ shape: fc.constant(shape), strides: fc.constant(strides), target });
  });
  fc.assert(
    fc.property(cases, ({ shape, strides, target }) => {
      const found = viewStrides({ dtype: 'float32', shape, strides }, target);
      const read = found?.map((stride, axis) => (target[axis] === 1 ? 0 : stride));
      expect(read).toEqual(bruteForce(shape, strides, target));
    }),
    { numRuns: 1000 },
  );
});

describe('strides', () => {
  test.each([
    [
      [2, 3, 4],
      [12, 4, 1],
    ],
    [[], []],
    // torch.empty(2, 0, 3).stride() is (3, 3, 1): an empty axis counts as one.
    [
      [2, 0, 3],
      [3, 3, 1],
    ],
    [
      [2, 1, 3],
      [3, 3, 1],
    ],
  ])('of a contiguous %j are %j', (shape, strides) => {
    expect(contiguousStrides(shape)).toEqual(strides);
    expect(stridesOf({ dtype: 'float32', shape })).toEqual(strides);
  });

  // torch 2.15: t.is_contiguous() and torch.ops.aten.is_non_overlapping_and_dense(t).
  test.each([
    ['contiguous', [2, 3], [3, 1], true, true],
    ['transposed', [3, 2], [1, 3], false, true],
    ['channels last', [2, 6, 8, 8], [384, 1, 48, 6], false, true],
    ['expanded', [3, 4], [1, 0], false, false],
    ['sliced', [4, 3], [6, 1], false, false],
    ['stepped', [4, 3], [6, 2], false, false],
    ['of one row, whatever its stride', [1, 3], [99, 1], true, true],
    ['of one column, whatever its stride', [3, 1], [1, 99], true, true],
  ])('a tensor that is %s: %j by %j', (_, shape, strides, ...expected) => {
    const type = { dtype: 'float32', shape, strides } as const;
    expect([isContiguous(type), isDense(type)]).toEqual(expected);
  });

  test('are dropped where they say no more than contiguous does', () => {
    const type = { dtype: 'int64', shape: [6] } as const;
    expect(withStrides(type, [2, 3], [3, 1])).toEqual({ dtype: 'int64', shape: [2, 3] });
    expect(withStrides(type, [3, 2], [1, 3])).toEqual({ dtype: 'int64', shape: [3, 2], strides: [1, 3] });
  });
});
