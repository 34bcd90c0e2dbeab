import { elements } from '../ops/index.js';

export interface ShapeChange {
  /** The layer's output under the old batch, and now. */
  readonly old: readonly number[];
  readonly now: readonly number[] | undefined;
  /** Its first input under the old batch, and now. */
  readonly oldInput: readonly number[];
  readonly newInput: readonly number[];
  readonly from: number;
  readonly to: number;
}

/**
 * The target shape a Reshape, Expand or ConstantOfShape must have under the new batch, or undefined where the one it has
 * is right already.
 */
export function rebasedShape(type: string, change: ShapeChange): readonly number[] | undefined {
  const axis = type === 'Reshape' ? reshapedAxis(change) : expandedAxis(change);
  if (axis === undefined) return undefined;
  const target = change.old.map((dim, index) => (index === axis ? (dim * change.to) / change.from : dim));
  const isRight = change.now?.length === target.length && target.every((dim, index) => dim === change.now?.[index]);
  return isRight || !target.every(Number.isInteger) ? undefined : target;
}

/** Expand and ConstantOfShape bake the batch at the front, if at all. */
function expandedAxis({ old, from }: ShapeChange): number | undefined {
  return old[0] === from ? 0 : undefined;
}

/** The axis of the target that took in the axis of the input that grew. */
function reshapedAxis({ old, oldInput, newInput }: ShapeChange): number | undefined {
  const grown = oldInput.findIndex((dim, axis) => dim !== newInput[axis]);
  if (grown === -1 || elements(oldInput) !== elements(old)) return undefined;
  for (const block of blocksOf(oldInput, old)) {
    if (grown >= block.input.start && grown < block.input.end) return block.output.start;
  }
  return undefined;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Pairs runs of axes of equal product: a reshape only regroups within them. Ones go to the run behind them, so that a
 * batch of one leads the run it came from: [197, 12, 64] to [197, 1, 768] pairs 12 x 64 with 1 x 768.
 */
function blocksOf(input: readonly number[], output: readonly number[]): { input: Range; output: Range }[] {
  const blocks: { input: Range; output: Range }[] = [];
  let [i, o] = [0, 0];
  while (i < input.length && o < output.length) {
    const start = { i, o };
    let [left, right] = [input[i++] ?? 1, output[o++] ?? 1];
    while (left !== right || (left === 1 && i < input.length && o < output.length)) {
      if (left <= right && i < input.length) left *= input[i++] ?? 1;
      else if (o < output.length) right *= output[o++] ?? 1;
      else break;
    }
    blocks.push({ input: { start: start.i, end: i }, output: { start: start.o, end: o } });
  }
  return blocks;
}
