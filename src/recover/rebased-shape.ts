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

/** A run of axes and the product of its dims. */
class Run {
  end: number;
  product = 1;

  constructor(
    private readonly shape: readonly number[],
    readonly start: number,
  ) {
    this.end = start;
  }

  get isAtEnd(): boolean {
    return this.end >= this.shape.length;
  }

  grow(): void {
    this.product *= this.shape[this.end++] ?? 1;
  }
}

/**
 * Pairs runs of axes of equal product: a reshape only regroups within them. Ones go to the run behind them, so that a
 * batch of one leads the run it came from: [197, 12, 64] to [197, 1, 768] pairs 12 x 64 with 1 x 768.
 */
function blocksOf(input: readonly number[], output: readonly number[]): { input: Range; output: Range }[] {
  const blocks: { input: Run; output: Run }[] = [];
  let [left, right] = [new Run(input, 0), new Run(output, 0)];
  while (!left.isAtEnd && !right.isAtEnd) {
    left.grow();
    right.grow();
    while (left.product !== right.product || left.product === 1) {
      const shorter = left.product <= right.product ? left : right;
      const growing = shorter.isAtEnd ? (shorter === left ? right : left) : shorter;
      if (growing.isAtEnd) break;
      growing.grow();
    }
    blocks.push({ input: left, output: right });
    [left, right] = [new Run(input, left.end), new Run(output, right.end)];
  }
  return blocks;
}
