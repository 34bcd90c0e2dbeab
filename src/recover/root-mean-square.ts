import type { Layer } from '../graph/index.js';
import type { GraphView } from './view.js';

/** A division by the root of a mean square, as far as it is known which norm it is. */
export interface Normalized {
  /** What is normalised. */
  readonly input: string;
  readonly layers: readonly Layer[];
  readonly epsilon: number;
  /** The axes it spans, ascending: as the file counts them, and from the end once they are known to be the last ones. */
  readonly axes: readonly number[];
  /** True where the layers compute in another dtype than their input's, so that a cast back follows. */
  readonly isCast: boolean;
}

/** sqrt(mean(y^2) + eps), read backwards from the square root: y, and the layers. */
export function rootMeanSquare(view: GraphView, root: Layer | undefined): Normalized | undefined {
  const plus = view.before(root, 0, 'Add');
  const shifted = view.scaled(plus);
  const mean = view.producer(shifted?.input, 'ReduceMean');
  const square = view.before(mean, 0, 'Pow', 'Mul');
  const input = square && squared(view, square);
  const axes = mean && meanAxes(view, mean);
  if (!shifted || input === undefined || !axes) return undefined;
  const layers = [square, mean, plus, root].filter((layer) => layer !== undefined);
  return { input, layers, epsilon: shifted.scalar, axes, isCast: false };
}

/** What a layer squares, if that is what it does. */
function squared(view: GraphView, { type, inputs: [base, exponent] }: Layer): string | undefined {
  const isSquare = type === 'Pow' ? view.scalar(exponent) === 2 : base === exponent;
  return isSquare ? base : undefined;
}

/** The axes of a mean that keeps them as ones, ascending; undefined for one that drops them, or states none. */
export function meanAxes(view: GraphView, { inputs, attributes }: Layer): readonly number[] | undefined {
  const stated = view.tensor(inputs[1] ?? '')?.value ?? attributes['axes'];
  const axes = [stated].flat().map(Number);
  return attributes['keepdims'] === 0 ? undefined : axes.sort((a, b) => a - b);
}

/** A norm whose axes are the last of the tensor it normalises, counted from the end; undefined for any others. */
export function overLastAxes(view: GraphView, norm: Normalized): Normalized | undefined {
  const rank = view.tensor(norm.input)?.shape?.length;
  const fromEnd = norm.axes.map((axis) => (axis >= 0 && rank !== undefined ? axis - rank : axis));
  const isRun = fromEnd.every((axis, index) => axis === index - fromEnd.length);
  return isRun && fromEnd.length > 0 ? { ...norm, axes: fromEnd } : undefined;
}
