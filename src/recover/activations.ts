import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

const near = (value: number | undefined, wanted: number): boolean =>
  value !== undefined && Math.abs(value - wanted) <= 1e-3 * Math.abs(wanted);

/** `x * gate(x)`: a gate of the same tensor it multiplies is one fused activation in training. */
function selfGated(name: string, gates: readonly string[], type: string): Recovery {
  return {
    name,
    assumption: (count) => `${name} restored from ${gates.join(' and ')} x Mul (${count}x)`,
    matcher: (view) => (layer) => {
      if (layer.type !== 'Mul') return undefined;
      for (const id of layer.inputs) {
        const chain = gateChain(view, id, gates);
        const input = chain?.at(-1)?.inputs[0];
        if (chain && input !== undefined && input === view.other(layer, id)) {
          return { remove: [...chain, layer], add: [inPlaceOf(layer, { type, inputs: [input] })] };
        }
      }
      return undefined;
    },
  };
}

/** The layers behind a tensor, outermost first, if they are of these types. */
function gateChain(view: GraphView, id: string, types: readonly string[]): Layer[] | undefined {
  const chain: Layer[] = [];
  let at = id;
  for (const type of types) {
    const layer = view.producer(at, type);
    if (!layer) return undefined;
    chain.push(layer);
    at = layer.inputs[0] ?? '';
  }
  return chain;
}

/** torch.nn.SiLU, which keeps one tensor where Sigmoid and Mul keep two. */
export const silu = selfGated('SiLU', ['Sigmoid'], 'Swish');
/** torch.nn.Hardswish. */
export const hardswish = selfGated('Hardswish', ['HardSigmoid'], 'HardSwish');
/** torch.nn.Mish: x * tanh(softplus(x)). */
export const mish = selfGated('Mish', ['Tanh', 'Softplus'], 'Mish');

/** torch.nn.GELU: 0.5 x (1 + erf(x / sqrt 2)), the factors in any order. */
export const gelu: Recovery = {
  name: 'GELU',
  assumption: (count) => `GELU restored from its Erf decomposition (${count}x)`,
  matcher: (view) => (layer) => (layer.type === 'Erf' ? geluAround(view, layer, erfArgument(view, layer)) : undefined),
};

/**
 * torch.nn.GELU(approximate='tanh'). The exporter writes the cube as two Mul; a Pow is a model that computes it itself
 * (Hugging Face's NewGELUActivation), and then that is what is trained.
 */
export const geluTanh: Recovery = {
  name: 'GELU (tanh)',
  assumption: (count) => `GELU (tanh) restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) =>
    layer.type === 'Tanh' ? geluAround(view, layer, tanhArgument(view, layer)) : undefined,
};

interface Argument {
  readonly input: string;
  readonly layers: readonly Layer[];
}

function erfArgument(view: GraphView, erf: Layer): Argument | undefined {
  const scale = view.producer(erf.inputs[0] ?? '', 'Div', 'Mul');
  const found = scale && view.scaled(scale);
  if (!found || !near(found.scalar, scale.type === 'Div' ? Math.SQRT2 : Math.SQRT1_2)) return undefined;
  return { input: found.input, layers: [scale] };
}

/** sqrt(2 / pi) * (x + 0.044715 * x * x * x). */
function tanhArgument(view: GraphView, tanh: Layer): Argument | undefined {
  const scale = view.producer(tanh.inputs[0] ?? '', 'Mul');
  const scaled = scale && view.scaled(scale);
  if (!scaled || !near(scaled.scalar, Math.sqrt(2 / Math.PI))) return undefined;
  const sum = view.producer(scaled.input, 'Add');
  if (!sum) return undefined;
  for (const cubic of sum.inputs) {
    const input = view.other(sum, cubic);
    const layers = input === undefined ? undefined : cubeOf(view, cubic, input);
    if (layers && input !== undefined) return { input, layers: [...layers, sum, scale] };
  }
  return undefined;
}

function cubeOf(view: GraphView, id: string, input: string): Layer[] | undefined {
  const weighted = view.producer(id, 'Mul');
  const found = weighted && view.scaled(weighted);
  if (!found || !near(found.scalar, 0.044715)) return undefined;
  const cube = view.producer(found.input, 'Mul');
  const square = cube && view.producer(view.other(cube, input) ?? '', 'Mul');
  const isCube = cube && square?.inputs.every((factor) => factor === input) === true;
  return isCube ? [square, cube, weighted] : undefined;
}

/** From the saturating function outwards: + 1, then times x and times 0.5 in either order. */
function geluAround(view: GraphView, core: Layer, argument: Argument | undefined): Rewrite | undefined {
  const plusOne = view.onlyReader(core, 'Add');
  if (!argument || !plusOne || !near(view.scaled(plusOne)?.scalar, 1)) return undefined;
  const first = view.onlyReader(plusOne, 'Mul');
  return (
    first && geluProduct(view, { input: argument.input, layers: [...argument.layers, core, plusOne, first] }, first)
  );
}

/** The last of the argument's layers is the first product. */
function geluProduct(view: GraphView, { input, layers }: Argument, first: Layer): Rewrite | undefined {
  const plusOne = layers.at(-2);
  const factor = view.other(first, plusOne?.outputs[0]);
  const half = view.producer(factor ?? '', 'Mul');
  if (half && isHalfOf(view, half, input)) return geluInPlace(first, [...layers, half], input);
  const last = view.onlyReader(first, 'Mul');
  const rest = view.other(last, first.outputs[0]);
  return last && isHalfAndInput(view, [factor, rest], input) ? geluInPlace(last, [...layers, last], input) : undefined;
}

function geluInPlace(last: Layer, remove: readonly Layer[], input: string): Rewrite {
  return { remove, add: [inPlaceOf(last, { type: 'Gelu', inputs: [input] })] };
}

/** 0.5 * x, written before the product. */
function isHalfOf(view: GraphView, layer: Layer, input: string): boolean {
  const found = view.scaled(layer);
  return found?.input === input && near(found.scalar, 0.5);
}

/** The two factors still to come are x and 0.5. */
function isHalfAndInput(view: GraphView, factors: readonly (string | undefined)[], input: string): boolean {
  return factors.includes(input) && factors.some((id) => near(view.scalar(id ?? ''), 0.5));
}
