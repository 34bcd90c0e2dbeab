import { isFloating } from '../graph/index.js';
import { ShapeError, specOf } from '../ops/index.js';
import type { BoundGraph, BoundLayer, OpContext, TensorType } from '../ops/index.js';
import type { BatchChange } from './errors.js';
import { batchAxis, grown, isSameShape, stride } from './growth.js';

type Shape = readonly number[];

/** A layer that is told its output's shape, under the old batch and now. */
interface Change {
  readonly context: OpContext;
  readonly old: TensorType;
  readonly oldInput: Shape;
  readonly newInput: Shape;
  /** The shape it would have now, where it could have one. */
  readonly now: Shape | undefined;
}

/** What is taken for the batch that may as well be a coincidence. */
export interface Guess {
  /** A shape that starts with the batch, of a layer that reads nothing that grew: mostly it means it. */
  readonly growsFills: boolean;
  /** A range that ends with the batch, and so many repetitions: mostly they do not mean it. */
  readonly growsCounts: boolean;
  /** An axis of the batch's size, where a -1 says that another grew: `[1, -1, 32, 16]` of a batch of one. */
  readonly keepsOwnAxes: boolean;
}

/** Layers between two reshapes that are looked through for the first of them, and their operands. */
const MAX_HOPS = 64;
const MAX_OPERANDS = 4;

/** Works out, while a graph is bound to another batch, the target shapes that were baked into it with the old one. */
export class TargetShapes {
  /** The targets that had to change, by layer. */
  readonly changed = new Map<string, Shape>();
  /** Elements of a merged axis that vary faster than the batch: 1 of `[197 * b]`, 197 of `[b * 197]`. By tensor. */
  private readonly inner = new Map<string, number>();
  private readonly producers: ReadonlyMap<string, BoundLayer>;

  constructor(
    private readonly before: BoundGraph,
    private readonly batch: BatchChange,
    private readonly guess: Guess,
  ) {
    this.producers = new Map(before.layers.flatMap((layer) => layer.outputs.map((id) => [id, layer])));
  }

  /** The shape a layer must produce now; undefined where its own is right. */
  of(context: OpContext): Shape | undefined {
    const change = this.changeOf(context);
    const target = change && (context.layer.type === 'Reshape' ? this.reshaped(change) : this.filled(change));
    if (!target || isSameShape(change.now, target)) return undefined;
    this.changed.set(context.layer.id, target);
    return target;
  }

  private changeOf(context: OpContext): Change | undefined {
    const [input = ''] = context.layer.inputs;
    const old = this.typeBefore(context.layer.outputs[0]);
    const oldInput = this.typeBefore(input)?.shape;
    const newInput = context.inputs[0]?.shape;
    return old && oldInput && newInput && { context, old, oldInput, newInput, now: inferredShape(context) };
  }

  private typeBefore(id = ''): TensorType | undefined {
    return this.before.tensors.get(id)?.type;
  }

  /** A reshape keeps the order of the elements: the batch is where its distance from the last element puts it. */
  private reshaped({ context, old: { shape: old }, oldInput, newInput, now }: Change): Shape | undefined {
    const axis = batchAxis(oldInput, newInput, this.batch);
    if (axis === undefined) return undefined;
    const distance = this.innerOf(context.layer.inputs[0] ?? '', oldInput[axis] ?? 1) * stride(oldInput, axis);
    const axes = this.candidates(old, distance);
    const targets = axes.map((candidate) => grown(old, candidate, this.batch));
    const isOwn = this.guess.keepsOwnAxes && old[axes[0] ?? -1] === this.batch.from;
    const kept = now && !isOwn ? targets.findIndex((target) => target && isSameShape(now, target)) : -1;
    const chosen = Math.max(kept, 0);
    const outputAxis = axes[chosen];
    if (outputAxis !== undefined) this.inner.set(context.layer.outputs[0] ?? '', distance / stride(old, outputAxis));
    return targets[chosen];
  }

  /**
   * The axes that can hold the batch, best first. A batch of one fits in many places: an axis of its own is best, then
   * the innermost (heads), but for the last, which is the features.
   */
  private candidates(old: Shape, distance: number): number[] {
    const { from } = this.batch;
    const fits = (axis: number): boolean => {
      const step = stride(old, axis);
      return distance % step === 0 && (step * (old[axis] ?? 0)) % (distance * from) === 0;
    };
    const rank = (axis: number): number => (old[axis] === from ? -old.length : axis === old.length - 1 ? 1 : -axis);
    return [...old.keys()].filter(fits).sort((a, b) => rank(a) - rank(b));
  }

  /** How many elements of an axis of this dim vary faster than the batch, by the reshape that merged them. */
  private innerOf(tensor: string, dim: number): number {
    if (dim === this.batch.from) return 1;
    let at: string | undefined = tensor;
    for (let hops = 0; at !== undefined && hops < MAX_HOPS; hops++) {
      const known = this.inner.get(at);
      if (known !== undefined) return known;
      at = this.operandsOf(at).find((id) => this.typeBefore(id)?.shape.includes(dim));
    }
    return dim / this.batch.from;
  }

  private operandsOf(tensor: string): readonly string[] {
    return this.producers.get(tensor)?.inputs.slice(0, MAX_OPERANDS) ?? [];
  }

  /** Expand and ConstantOfShape hold the batch where their input does, else at the front. */
  private filled({ old: { shape: old, dtype }, oldInput, newInput, context }: Change): Shape | undefined {
    const axis = context.layer.type === 'ConstantOfShape' ? undefined : batchAxis(oldInput, newInput, this.batch);
    if (axis !== undefined) return grown(old, axis + old.length - oldInput.length, this.batch);
    // A vector of integers is the shape of something, as long as its rank.
    const isShape = old.length === 1 && !isFloating(dtype);
    return this.guess.growsFills && old[0] === this.batch.from && !isShape ? grown(old, 0, this.batch) : undefined;
  }
}

function inferredShape(context: OpContext): Shape | undefined {
  try {
    return specOf(context.layer.type)?.infer(context)[0]?.shape;
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
