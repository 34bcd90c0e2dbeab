import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { broadcast, elements } from '../../src/ops/context.js';
import {
  concatValues,
  expandValues,
  gatherValues,
  mapValues,
  MAX_FOLDED_ELEMENTS,
  nonZeroIndices,
  offsets,
  pick,
  tileValues,
  transposeValues,
} from '../../src/ops/fold.js';
import type { Folded } from '../../src/ops/fold.js';

/** Every index of a shape, the last axis fastest: the model that folding is held against. */
function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, at) => [...index, at])),
    [[]],
  );
}

/** The element at an index, counted out one by one. */
function at({ shape, values }: Folded, index: readonly number[]): number | undefined {
  const position = indicesOf(shape).findIndex((each) => each.every((value, axis) => value === index[axis]));
  return values[position];
}

const dim = fc.integer({ min: 0, max: 4 });
const shape = fc.array(dim, { maxLength: 4 });

function filled(of: readonly number[], from = 0): Folded {
  return { shape: of, values: Array.from({ length: elements(of) }, (_, index) => from + index) };
}

describe('expanding', () => {
  test('repeats the elements of an axis of one', () => {
    const stretched = fc.tuple(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), shape);
    fc.assert(
      fc.property(stretched, ([to, isOne, more]) => {
        const from = to.map((size, axis) => (isOne[axis] ? 1 : size));
        const target = [...more.slice(0, 1), ...to];
        const folded = filled(from);
        const expected = indicesOf(target).map((index) =>
          at(
            folded,
            index.slice(target.length - from.length).map((value, axis) => (from[axis] === 1 ? 0 : value)),
          ),
        );
        expect(expandValues(folded, target)).toEqual(expected);
      }),
    );
  });

  test('stops where it would make more than shapes are made of', () => {
    expect(expandValues(filled([1]), [MAX_FOLDED_ELEMENTS])).toHaveLength(MAX_FOLDED_ELEMENTS);
    expect(expandValues(filled([1]), [MAX_FOLDED_ELEMENTS + 1])).toBeUndefined();
  });
});

describe('tiling', () => {
  test('repeats every axis as a whole', () => {
    const repeated = fc.tuple(shape, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(repeated, ([of, repeats]) => {
        const folded = filled(of);
        const expected = indicesOf(of.map((size, axis) => size * (repeats[axis] ?? 1))).map((index) =>
          at(
            folded,
            index.map((value, axis) => value % (of[axis] ?? 1)),
          ),
        );
        expect(tileValues(folded, repeats)).toEqual(expected.length > MAX_FOLDED_ELEMENTS ? undefined : expected);
      }),
    );
  });

  test('stops where it would make more than shapes are made of', () => {
    expect(tileValues(filled([1]), [MAX_FOLDED_ELEMENTS + 1])).toBeUndefined();
  });
});

describe('an element-wise function', () => {
  test('sees each element beside those it is broadcast to', () => {
    const cases = fc.tuple(shape, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }));
    fc.assert(
      fc.property(cases, ([of, isOne]) => {
        const left = filled(of.map((size, axis) => (isOne[axis] ? 1 : size)));
        const right = filled(
          of.map((size, axis) => (isOne[axis + 4] ? 1 : size)),
          100,
        );
        const result = broadcast(left.shape, right.shape);
        const seen = (folded: Folded, index: readonly number[]): number | undefined =>
          at(
            folded,
            index.map((value, axis) => (folded.shape[axis] === 1 ? 0 : value)),
          );
        const expected = indicesOf(result).map((index) => (seen(left, index) ?? 0) * 1000 + (seen(right, index) ?? 0));
        expect(mapValues([left, right], (a = 0, b = 0) => a * 1000 + b)).toEqual(expected);
      }),
    );
  });

  test('of too many elements is not folded', () => {
    const data = { shape: [MAX_FOLDED_ELEMENTS + 1], values: [] };
    expect(mapValues([data, filled([1])], (a = 0, b = 0) => a + b)).toBeUndefined();
  });
});

test('transposing moves each element to its permuted index', () => {
  const cases = shape.chain((of) =>
    fc.record({ of: fc.constant(of), perm: fc.shuffledSubarray([...of.keys()], { minLength: of.length }) }),
  );
  fc.assert(
    fc.property(cases, ({ of, perm }) => {
      const folded = filled(of);
      const expected = indicesOf(perm.map((axis) => of[axis] ?? 0)).map((index) =>
        at(
          folded,
          of.map((_, axis) => index[perm.indexOf(axis)] ?? 0),
        ),
      );
      expect(transposeValues(folded, perm)).toEqual(expected);
    }),
  );
});

test('concatenating puts the parts behind each other along their axis', () => {
  const cases = fc.record({
    of: fc.array(dim, { minLength: 1, maxLength: 3 }),
    axis: fc.nat(2),
    sizes: fc.array(dim, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ of, axis: any, sizes }) => {
      const axis = any % of.length;
      const parts = sizes.map((size, index) => filled(of.with(axis, size), 100 * index));
      const sum = (values: readonly number[]): number => values.reduce((all, size) => all + size, 0);
      const starts = sizes.map((_, index) => sum(sizes.slice(0, index)));
      const total = of.with(axis, sum(sizes));
      const expected = indicesOf(total).map((index) => {
        const part = starts.findLastIndex((start, each) => start <= (index[axis] ?? 0) && (sizes[each] ?? 0) > 0);
        return at(parts[part] ?? filled([]), index.with(axis, (index[axis] ?? 0) - (starts[part] ?? 0)));
      });
      expect(concatValues(parts, axis)).toEqual(expected);
    }),
  );
});

describe('gathering', () => {
  test('takes the slices that the indices name, negative ones from the end', () => {
    const cases = fc
      .record({ of: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), axis: fc.nat(2) })
      .chain(({ of, axis }) => {
        const size = of[axis % of.length] ?? 1;
        return fc.record({
          of: fc.constant(of),
          axis: fc.constant(axis % of.length),
          indices: fc.array(fc.integer({ min: -size, max: size - 1 }), { maxLength: 4 }),
        });
      });
    fc.assert(
      fc.property(cases, ({ of, axis, indices }) => {
        const data = filled(of);
        const size = of[axis] ?? 1;
        const expected = indicesOf(of.with(axis, indices.length)).map((index) => {
          const named = indices[index[axis] ?? 0] ?? 0;
          return at(data, index.with(axis, named < 0 ? named + size : named));
        });
        expect(gatherValues(data, indices, axis)).toEqual(expected);
      }),
    );
  });

  test.each([[3], [-4], [99]])('an index of %d into three elements is not folded', (index) => {
    expect(gatherValues(filled([3]), [index], 0)).toBeUndefined();
  });

  test('of too many elements is not folded', () => {
    expect(gatherValues(filled([2]), new Array<number>(MAX_FOLDED_ELEMENTS + 1).fill(0), 0)).toBeUndefined();
  });
});

test('the indices of what is not zero come axis by axis', () => {
  const cases = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((of) => {
    const count = elements(of);
    return fc.record({
      shape: fc.constant(of),
      values: fc.array(fc.constantFrom(0, 0, 1, -2), { minLength: count, maxLength: count }),
    });
  });
  fc.assert(
    fc.property(cases, (folded) => {
      const found = indicesOf(folded.shape).filter((index) => at(folded, index) !== 0);
      expect(nonZeroIndices(folded)).toEqual(folded.shape.flatMap((_, axis) => found.map((index) => index[axis])));
    }),
  );
});

describe('offsets', () => {
  test('walk a shape by its strides, the last axis fastest', () => {
    expect(offsets([2, 3], [1, 10])).toEqual([0, 10, 20, 1, 11, 21]);
    expect(offsets([], [])).toEqual([0]);
    expect(offsets([2, 0, 3], [3, 3, 1])).toEqual([]);
  });

  test('beyond the elements pick nothing', () => {
    expect(pick([5, 6, 7], [2, 0])).toEqual([7, 5]);
    expect(pick([5, 6, 7], [3])).toBeUndefined();
    expect(pick([5, 6, 7], [-1])).toBeUndefined();
    expect(pick([5, 6, 7], undefined)).toBeUndefined();
  });
});
