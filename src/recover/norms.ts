import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

interface Normalized {
  /** What is normalised. */
  readonly input: string;
  readonly layers: readonly Layer[];
  readonly epsilon: number;
  readonly axis: number;
}

/** torch.nn.LayerNorm: (x - mean) / sqrt(mean((x - mean)^2) + eps) * weight + bias. */
export const layerNorm: Recovery = {
  name: 'LayerNormalization',
  assumption: (count) => `LayerNormalization restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) => {
    const found = layer.type === 'Div' ? layerNormBefore(view, layer) : undefined;
    return found && withAffine(view, layer, { type: 'LayerNormalization', bias: true, found });
  },
};

/** torch.nn.RMSNorm: x / sqrt(mean(x^2) + eps) * weight. */
export const rmsNorm: Recovery = {
  name: 'RMSNormalization',
  assumption: (count) => `RMSNormalization restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) => {
    const found = layer.type === 'Mul' || layer.type === 'Div' ? rmsNormBefore(view, layer) : undefined;
    return found && withAffine(view, layer, { type: 'RMSNormalization', bias: false, found });
  },
};

/** sqrt(mean(y^2) + eps), read backwards from the square root: y, and the layers. */
function rootMeanSquare(view: GraphView, id: string): Normalized | undefined {
  const root = view.producer(id, 'Sqrt');
  const plus = root && view.producer(root.inputs[0] ?? '', 'Add');
  const epsilon = plus && view.scaled(plus);
  const mean = epsilon && view.producer(epsilon.input, 'ReduceMean');
  const square = mean && view.producer(mean.inputs[0] ?? '', 'Pow', 'Mul');
  const axis = mean && meanAxis(view, mean);
  if (!root || !square || axis === undefined || !isSquare(view, square)) return undefined;
  return {
    input: square.inputs[0] ?? '',
    layers: [square, mean, plus, root],
    epsilon: epsilon.scalar,
    axis,
  };
}

function isSquare(view: GraphView, layer: Layer): boolean {
  const [base, exponent] = layer.inputs;
  return layer.type === 'Pow' ? view.scalar(exponent ?? '') === 2 : base === exponent;
}

/** The first of the trailing axes a mean is taken over; undefined for any other mean. */
function meanAxis(view: GraphView, mean: Layer): number | undefined {
  const axes = view.tensor(mean.inputs[1] ?? '')?.value ?? mean.attributes['axes'];
  const list = typeof axes === 'number' ? [axes] : axes;
  const first = Array.isArray(list) ? list.map(Number).sort((a, b) => a - b)[0] : undefined;
  return first !== undefined && mean.attributes['keepdims'] !== 0 ? first : undefined;
}

function layerNormBefore(view: GraphView, div: Layer): Normalized | undefined {
  const [numerator = '', denominator = ''] = div.inputs;
  const spread = rootMeanSquare(view, denominator);
  const centred = view.producer(numerator, 'Sub');
  if (!spread || !centred) return undefined;
  // Some exporters write the subtraction twice.
  const twin = view.producer(spread.input, 'Sub');
  const mean = view.producer(centred.inputs[1] ?? '', 'ReduceMean');
  const [input = ''] = centred.inputs;
  if (!mean || mean.inputs[0] !== input || twin?.inputs.join() !== centred.inputs.join()) return undefined;
  return { ...spread, input, layers: [...new Set([mean, centred, twin, ...spread.layers, div])] };
}

function rmsNormBefore(view: GraphView, layer: Layer): Normalized | undefined {
  for (const id of layer.inputs) {
    const input = view.other(layer, id);
    const direct = layer.type === 'Div' && id === layer.inputs[1] ? rootMeanSquare(view, id) : undefined;
    const inverse = layer.type === 'Mul' ? inverseRoot(view, id) : undefined;
    const found = direct ?? inverse;
    if (found && input !== undefined && sameBehindCasts(view, found.input, input)) {
      return { ...found, layers: [...found.layers, layer] };
    }
  }
  return undefined;
}

/** 1 / sqrt(...), as Reciprocal or as a division. */
function inverseRoot(view: GraphView, id: string): Normalized | undefined {
  const inverse = view.producer(id, 'Reciprocal', 'Div');
  if (!inverse) return undefined;
  if (inverse.type === 'Div' && view.scalar(inverse.inputs[0] ?? '') !== 1) return undefined;
  const found = rootMeanSquare(view, inverse.inputs[inverse.type === 'Div' ? 1 : 0] ?? '');
  return found && { ...found, layers: [...found.layers, inverse] };
}

function sameBehindCasts(view: GraphView, a: string, b: string): boolean {
  const behind = (id: string): string => view.producer(id, 'Cast')?.inputs[0] ?? id;
  return a === b || behind(a) === behind(b);
}

/** Takes in the multiplication by a weight and the addition of a bias, where they follow. */
function withAffine(
  view: GraphView,
  core: Layer,
  norm: { type: string; bias: boolean; found: Normalized },
): Rewrite {
  const casted = view.onlyReader(core, 'Cast') ?? core;
  const scale = affineStep(view, casted, 'Mul');
  const shift = scale && norm.bias ? affineStep(view, scale.layer, 'Add') : undefined;
  const last = shift?.layer ?? scale?.layer ?? core;
  const through = scale && casted !== core ? [casted] : [];
  const weights = [scale?.parameter, shift?.parameter].filter((id) => id !== undefined);
  const { found } = norm;
  return {
    remove: [...new Set([...found.layers, ...through, ...[scale?.layer, shift?.layer].filter((layer) => layer !== undefined)])],
    add: [
      inPlaceOf(last, {
        type: norm.type,
        inputs: [found.input, ...weights],
        attributes: { axis: found.axis, epsilon: found.epsilon },
      }),
    ],
  };
}

function affineStep(view: GraphView, layer: Layer, type: string): { layer: Layer; parameter: string } | undefined {
  const next = view.onlyReader(layer, type);
  const parameter = next && view.other(next, layer.outputs[0] ?? '');
  return next && parameter !== undefined && view.isParameter(parameter) ? { layer: next, parameter } : undefined;
}
