import type { Layer } from '../graph/index.js';
import { isNear } from './number.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/** torch.nn.GELU: 0.5 x (1 + erf(x / sqrt 2)), the factors in any order. */
export const gelu: Recovery = {
  name: 'GELU',
  assumption: (count) => `GELU restored from its Erf decomposition (${count}x)`,
  matcher: (view) => (layer) => (layer.type === 'Erf' ? geluAround(view, layer, erfArgument(view, layer)) : undefined),
};

/**
 * torch.nn.GELU(approximate='tanh'): 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). Exporters write the cube as two
 * products, or as a power and then multiply by x itself. A power, and half of x as one factor, is a model that computes
 * the activation itself (Hugging Face's NewGELUActivation); then that is what is trained.
 */
export const geluTanh: Recovery = {
  name: 'GELU (tanh)',
  assumption: (count) => `GELU (tanh) restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) =>
    layer.type === 'Tanh' ? geluAround(view, layer, tanhArgument(view, layer)) : undefined,
};

/** What the saturating function is given: x, and the layers that made the argument of it. */
interface Argument {
  readonly input: string;
  readonly layers: readonly Layer[];
}

interface Product {
  readonly last: Layer;
  readonly layers: readonly Layer[];
  /** True where the factors are x / 2 and the rest. */
  readonly isHalved: boolean;
}

function erfArgument(view: GraphView, erf: Layer): Argument | undefined {
  const scale = view.before(erf, 0, 'Div', 'Mul');
  const found = view.scaled(scale);
  if (!scale || !found || !isNear(found.scalar, scale.type === 'Div' ? Math.SQRT2 : Math.SQRT1_2)) return undefined;
  return { input: found.input, layers: [scale] };
}

function tanhArgument(view: GraphView, tanh: Layer): Argument | undefined {
  const scale = view.before(tanh, 0, 'Mul');
  const scaled = view.scaled(scale);
  const sum = isNear(scaled?.scalar, Math.sqrt(2 / Math.PI)) ? view.producer(scaled?.input, 'Add') : undefined;
  if (!scale || !sum) return undefined;
  for (const cubic of sum.inputs) {
    const input = view.other(sum, cubic);
    const layers = input === undefined ? undefined : weightedCube(view, cubic, input);
    if (layers && input !== undefined) return { input, layers: [...layers, sum, scale] };
  }
  return undefined;
}

function weightedCube(view: GraphView, id: string, input: string): Layer[] | undefined {
  const weighted = view.producer(id, 'Mul');
  const found = view.scaled(weighted);
  const cube = isNear(found?.scalar, 0.044715) ? cubeOf(view, found?.input, input) : undefined;
  return weighted && cube && [...cube, weighted];
}

function cubeOf(view: GraphView, id: string | undefined, input: string): Layer[] | undefined {
  const cube = view.producer(id, 'Mul', 'Pow');
  if (cube?.type === 'Pow') return cube.inputs[0] === input && view.scalar(cube.inputs[1]) === 3 ? [cube] : undefined;
  const square = view.producer(view.other(cube, input), 'Mul');
  const isSquare = square?.inputs.every((factor) => factor === input) === true;
  return cube && isSquare ? [square, cube] : undefined;
}

/** From the saturating function outwards: + 1, then times x and times 0.5. */
function geluAround(view: GraphView, core: Layer, argument: Argument | undefined): Rewrite | undefined {
  const plusOne = view.onlyReader(core, 'Add');
  if (!argument || !plusOne || !isNear(view.scaled(plusOne)?.scalar, 1)) return undefined;
  const { input, layers } = argument;
  const product = productWith(view, plusOne, input);
  const isOwn = product?.isHalved === true && layers.some(({ type }) => type === 'Pow');
  if (!product || isOwn) return undefined;
  return {
    remove: [...layers, core, plusOne, ...product.layers],
    add: [inPlaceOf(product.last, { type: 'Gelu', inputs: [input] })],
  };
}

function productWith(view: GraphView, plusOne: Layer, input: string): Product | undefined {
  const first = view.onlyReader(plusOne, 'Mul');
  const factor = view.other(first, plusOne.outputs[0]);
  const half = view.producer(factor, 'Mul');
  if (first && half && isHalfOf(view, half, input)) return { last: first, layers: [half, first], isHalved: true };
  const last = view.onlyReader(first, 'Mul');
  if (!first || !last) return undefined;
  const factors = [factor, view.other(last, first.outputs[0])];
  const isComplete = factors.includes(input) && factors.some((id) => isNear(view.scalar(id), 0.5));
  return isComplete ? { last, layers: [first, last], isHalved: false } : undefined;
}

function isHalfOf(view: GraphView, layer: Layer, input: string): boolean {
  const found = view.scaled(layer);
  return found?.input === input && isNear(found.scalar, 0.5);
}
