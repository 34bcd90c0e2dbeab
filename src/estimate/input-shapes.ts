import { formatDim } from '../graph/index.js';
import type { Tensor } from '../graph/index.js';
import { UnboundError } from './unbound.js';

/** Whole shapes for inputs, by tensor id. */
export type GivenShapes = ReadonlyMap<string, readonly number[]>;

/** The shapes of a request by tensor id; '' means the first input that is not one of a list of names. */
export function shapesFor(
  inputs: readonly Tensor[],
  named: Readonly<Record<string, readonly number[]>>,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, shape] of Object.entries(named)) {
    const target = name === '' ? inputs[0] : inputs.find((tensor) => tensor.id === name);
    if (!target) {
      const known = inputs.map((tensor) => `"${tensor.id}"`).join(', ');
      throw new UnboundError(`input-shape names "${name.slice(0, 64)}", but the inputs are ${known}`);
    }
    if (shapes.has(target.id)) throw new UnboundError(`input-shape names input "${target.id}" twice`);
    if (!hasRankOf(target, shape)) {
      throw new UnboundError(`${givenFor(target, shape)}, but the file says ${fileShape(target)}`);
    }
    shapes.set(target.id, shape);
  }
  return shapes;
}

/** A request may leave the batch out: then its shape has one dim less than the input. */
function hasRankOf({ shape: inFile }: Tensor, shape: readonly number[]): boolean {
  return !inFile || inFile.length === shape.length || inFile.length === shape.length + 1;
}

/** A shape with the batch that is taken in front; an input that has another dim there in the file keeps its own. */
export function withBatch(
  tensor: Tensor,
  shape: readonly number[],
  { batch, fileBatch }: { batch: number; fileBatch: number | undefined },
): readonly number[] {
  if (shape.length !== tensor.shape?.length) return [batch, ...shape];
  const [first] = tensor.shape;
  return typeof first === 'number' && first !== fileBatch ? shape : [batch, ...shape.slice(1)];
}

/** The batch of the shapes that have one, which must be the same. */
export function batchOfShapes(inputs: readonly Tensor[], given: GivenShapes): number | undefined {
  const staticFirst = staticBatch(inputs);
  const batches = inputs.flatMap((tensor) => {
    const shape = given.get(tensor.id);
    const [first] = tensor.shape ?? [];
    const hasBatch = shape?.length === tensor.shape?.length && (typeof first !== 'number' || first === staticFirst);
    return shape && hasBatch ? (shape[0] ?? []) : [];
  });
  const [batch] = batches;
  const other = batches.find((each) => each !== batch);
  if (other !== undefined) throw new UnboundError(`input-shape gives two batches, ${batch ?? 0} and ${other}`);
  return batch;
}

/** Dim 0 of the first input, where it is a number. */
export function staticBatch(inputs: readonly Tensor[]): number | undefined {
  const dim = inputs[0]?.shape?.[0];
  return typeof dim === 'number' && dim > 0 ? dim : undefined;
}

/** What was stated against what the file fixes. */
export interface Contradiction {
  readonly sentence: string;
  /** The same shapes with the sizes of the file. */
  readonly inFile: GivenShapes;
}

/** Many nets run at another size than they were exported with: it is an error only where a layer then has no shape. */
export function contradictionOf(inputs: readonly Tensor[], shapes: GivenShapes): Contradiction | undefined {
  const inFile = new Map(
    inputs.flatMap((tensor) => {
      const shape = shapes.get(tensor.id);
      return shape ? [[tensor.id, asInFile(tensor, shape)] as const] : [];
    }),
  );
  for (const tensor of inputs) {
    const [stated, fixed] = [shapes.get(tensor.id), inFile.get(tensor.id)];
    if (!stated || stated.every((size, axis) => size === fixed?.[axis])) continue;
    return { sentence: `${givenFor(tensor, stated)}, but the file says ${fileShape(tensor)}`, inFile };
  }
  return undefined;
}

function asInFile({ shape = [] }: Tensor, stated: readonly number[]): readonly number[] {
  return stated.map((size, axis) => {
    const dim = shape[axis];
    return axis > 0 && typeof dim === 'number' ? dim : size;
  });
}

export function givenFor({ id }: Pick<Tensor, 'id'>, shape: readonly number[]): string {
  return `input-shape gives input "${id}" ${shape.join('x')}`;
}

function fileShape({ shape = [] }: Tensor): string {
  return shape.length === 0 ? 'no dims' : shape.map(formatDim).join('x');
}
