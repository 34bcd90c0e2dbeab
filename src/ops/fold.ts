import { broadcast, elements } from './context.js';
import { contiguousStrides } from './strides.js';

/** Larger constants are data, not shapes: they are never folded. */
export const MAX_FOLDED_ELEMENTS = 4096;

export type Values = readonly number[];

/** A small constant with its shape. */
export interface Folded {
  readonly shape: readonly number[];
  readonly values: Values;
}

/** Row-major offsets of every index of `shape` into a tensor with these strides. */
export function offsets(shape: readonly number[], strides: readonly number[]): number[] | undefined {
  const count = elements(shape);
  if (count > MAX_FOLDED_ELEMENTS) return undefined;
  if (count === 0) return [];
  let result = [0];
  shape.forEach((dim, axis) => {
    const stride = strides[axis] ?? 0;
    result = result.flatMap((offset) => Array.from({ length: dim }, (_, index) => offset + index * stride));
  });
  return result;
}

/** The elements at offsets; undefined where one is out of range. */
export function pick(values: Values, at: readonly number[] | undefined): number[] | undefined {
  return at?.every((offset) => offset >= 0 && offset < values.length) === true
    ? at.map((offset) => values[offset] ?? 0)
    : undefined;
}

/** Strides of `from` as seen in the broadcast `shape`. */
function broadcastStrides(from: readonly number[], shape: readonly number[]): number[] {
  const own = contiguousStrides(from);
  return shape.map((_, axis) => {
    const at = axis - shape.length + from.length;
    return at < 0 || from[at] === 1 ? 0 : (own[at] ?? 0);
  });
}

/** Expands to a shape it broadcasts to. */
export function expandValues({ shape, values }: Folded, to: readonly number[]): number[] | undefined {
  return pick(values, offsets(to, broadcastStrides(shape, to)));
}

/** An element-wise function over broadcast operands. */
export function mapValues(operands: readonly Folded[], apply: (...values: number[]) => number): number[] | undefined {
  const shape = broadcast(...operands.map((operand) => operand.shape));
  const expanded = operands.map((operand) => expandValues(operand, shape));
  if (expanded.some((values) => values === undefined)) return undefined;
  return Array.from({ length: elements(shape) }, (_, index) =>
    apply(...expanded.map((values) => values?.[index] ?? 0)),
  );
}

/** Permutes axes. */
export function transposeValues({ shape, values }: Folded, perm: readonly number[]): number[] | undefined {
  const strides = contiguousStrides(shape);
  return pick(
    values,
    offsets(
      perm.map((axis) => shape[axis] ?? 1),
      perm.map((axis) => strides[axis] ?? 0),
    ),
  );
}

/** Repeats each axis as a whole. */
export function tileValues({ shape, values }: Folded, repeats: readonly number[]): number[] | undefined {
  const strides = contiguousStrides(shape);
  return pick(
    values,
    offsets(
      shape.flatMap((dim, axis) => [repeats[axis] ?? 1, dim]),
      strides.flatMap((stride) => [0, stride]),
    ),
  );
}

/** Joins along an axis. */
export function concatValues(parts: readonly Folded[], axis: number): number[] | undefined {
  const total = parts.reduce((sum, { values }) => sum + values.length, 0);
  if (total > MAX_FOLDED_ELEMENTS) return undefined;
  if (total === 0) return [];
  const outer = elements(parts[0]?.shape.slice(0, axis) ?? []);
  return Array.from({ length: outer }, (_, index) =>
    parts.flatMap(({ values }) => values.slice((index * values.length) / outer, ((index + 1) * values.length) / outer)),
  ).flat();
}

/** The slices of `data` along an axis that the indices name. */
export function gatherValues(data: Folded, indices: Values, axis: number): number[] | undefined {
  const size = data.shape[axis] ?? 0;
  const inner = elements(data.shape.slice(axis + 1));
  const outer = elements(data.shape.slice(0, axis));
  const count = outer * indices.length * inner;
  if (count > MAX_FOLDED_ELEMENTS) return undefined;
  if (count === 0) return [];
  const at = Array.from({ length: outer }, (_, o) =>
    indices.flatMap((index) => {
      const normal = index < 0 ? index + size : index;
      return Array.from({ length: inner }, (__, i) => (normal < size ? (o * size + normal) * inner + i : -1));
    }),
  ).flat();
  return pick(data.values, at);
}

/** The indices of the elements that are not 0, axis by axis: `[rank, count]`. */
export function nonZeroIndices({ shape, values }: Folded): number[] | undefined {
  const at = [...values.keys()].filter((offset) => values[offset] !== 0);
  if (at.length * shape.length > MAX_FOLDED_ELEMENTS) return undefined;
  const strides = contiguousStrides(shape);
  return shape.flatMap((dim, axis) => at.map((offset) => Math.floor(offset / (strides[axis] ?? 1)) % dim));
}
