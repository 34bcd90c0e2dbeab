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

export function withBatch(tensor: Tensor, shape: readonly number[], batch: number): readonly number[] {
  return tensor.shape && shape.length === tensor.shape.length ? [batch, ...shape.slice(1)] : [batch, ...shape];
}

export function batchOfShapes(inputs: readonly Tensor[], given: GivenShapes): number | undefined {
  for (const tensor of inputs) {
    const shape = given.get(tensor.id);
    if (shape && shape.length === tensor.shape?.length) return shape[0];
  }
  return undefined;
}

/** Dim 0 of the first input, where it is a number. */
export function staticBatch(inputs: readonly Tensor[]): number | undefined {
  const dim = inputs[0]?.shape?.[0];
  return typeof dim === 'number' && dim > 0 ? dim : undefined;
}

/**
 * The first input whose shape, batch included, is not the one the file fixes. Many nets run at another size than they were
 * exported with: it is an error only where a layer then has no shape.
 */
export function contradiction(inputs: readonly Tensor[], shapes: GivenShapes): string | undefined {
  for (const tensor of inputs) {
    const shape = shapes.get(tensor.id);
    const isFixed = (dim: unknown, axis: number): boolean =>
      typeof dim === 'number' && axis > 0 && dim !== shape?.[axis];
    if (shape && tensor.shape?.some(isFixed))
      return `${givenFor(tensor, shape)}, but the file says ${fileShape(tensor)}`;
  }
  return undefined;
}

function givenFor({ id }: Tensor, shape: readonly number[]): string {
  return `input-shape gives input "${id}" ${shape.join('x')}`;
}

function fileShape({ shape = [] }: Tensor): string {
  return shape.length === 0 ? 'no dims' : shape.map(formatDim).join('x');
}
