import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * x 0.5 (1 + tanh(0.79788456 x (1 + 0.044715 x x))) is the forward of an autograd function (transformers,
 * modeling_bloom.py: GeLUFunction, as Megatron-LM's), of which torch.export writes out the operators and forgets that
 * the function keeps its input alone. FastGELUActivation (transformers, activations.py) computes the same in eager mode
 * and keeps every product: there the literal is 0.7978845608, so that no other number will do here.
 */
export const geluFunction: Recovery = {
  name: 'GELU (autograd function)',
  inVerbatim: true,
  assumption: (count) => `GELU taken for the autograd function of Bloom, which keeps its input alone (${count}x)`,
  matcher: (view) => (layer) => (layer.type === 'Tanh' ? functionAround(view, layer) : undefined),
};

/** A layer, the number it multiplies with or adds, and the tensor it does that to. */
type Step = readonly [layer: Layer | undefined, scalar: number, input: string | undefined];

function functionAround(view: GraphView, tanh: Layer): Rewrite | undefined {
  const argument = view.before(tanh, 0, 'Mul');
  const scaled = view.before(argument, 0, 'Mul');
  const polynomial = view.before(argument, 1, 'Add');
  const square = view.before(polynomial, 0, 'Mul');
  const weighted = view.before(square, 0, 'Mul');
  const plusOne = view.onlyReader(tanh, 'Add');
  const last = view.onlyReader(plusOne, 'Mul');
  const half = view.before(last, 0, 'Mul');
  const input = square?.inputs[1];
  const steps: readonly Step[] = [
    [half, 0.5, input],
    [scaled, 0.79788456, input],
    [weighted, 0.044715, input],
    [polynomial, 1, square?.outputs[0]],
    [plusOne, 1, tanh.outputs[0]],
  ];
  if (input === undefined || !last || !steps.every((step) => isStep(view, step))) return undefined;
  const layers = [scaled, weighted, square, polynomial, argument, tanh, plusOne, half, last];
  return {
    remove: layers.filter((layer) => layer !== undefined),
    add: [inPlaceOf(last, { type: 'GeluFunction', inputs: [input] })],
  };
}

function isStep(view: GraphView, [layer, scalar, input]: Step): boolean {
  const found = view.scaled(layer);
  return found?.scalar === scalar && found.input === input;
}
