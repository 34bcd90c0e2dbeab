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
function rootMeanSquare(view: GraphView, root: Layer | undefined): Normalized | undefined {
  const plus = view.before(root, 0, 'Add');
  const shifted = view.scaled(plus);
  const mean = shifted && view.producer(shifted.input, 'ReduceMean');
  const axis = mean && meanAxis(view, mean);
  const square = view.before(mean, 0, 'Pow', 'Mul');
  if (!root || !plus || !mean || axis === undefined) return undefined;
  return square && isSquare(view, square)
    ? { input: square.inputs[0] ?? '', layers: [square, mean, plus, root], epsilon: shifted.scalar, axis }
    : undefined;
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
  const spread = rootMeanSquare(view, view.before(div, 1, 'Sqrt'));
  const centred = view.before(div, 0, 'Sub');
  // Some exporters write the subtraction twice.
  const twin = view.producer(spread?.input ?? '', 'Sub');
  const mean = view.before(centred, 1, 'ReduceMean');
  if (!spread || !centred || !twin || !mean) return undefined;
  const [input] = centred.inputs;
  if (input === undefined || mean.inputs[0] !== input || !sameInputs(centred, twin)) return undefined;
  return { ...spread, input, layers: [...new Set([mean, centred, twin, ...spread.layers, div])] };
}

function sameInputs(a: Layer, b: Layer): boolean {
  return a.inputs[0] === b.inputs[0] && a.inputs[1] === b.inputs[1];
}

/** x / root, or x * (1 / root). */
function rmsNormBefore(view: GraphView, layer: Layer): Normalized | undefined {
  const candidates =
    layer.type === 'Div'
      ? [{ input: layer.inputs[0], found: rootMeanSquare(view, view.before(layer, 1, 'Sqrt')) }]
      : [0, 1].map((index) => ({
          input: layer.inputs[1 - index],
          found: inverseRoot(view, view.before(layer, index)),
        }));
  const match = candidates.find(
    ({ input, found }) => input !== undefined && found && sameBehindCasts(view, found.input, input),
  );
  return match?.found && { ...match.found, layers: [...match.found.layers, layer] };
}

/** 1 / sqrt(...), as Reciprocal or as a division. */
function inverseRoot(view: GraphView, inverse: Layer | undefined): Normalized | undefined {
  const isDivision = inverse?.type === 'Div' && view.scalar(inverse.inputs[0] ?? '') === 1;
  if (!inverse || !(isDivision || inverse.type === 'Reciprocal')) return undefined;
  const found = rootMeanSquare(view, view.before(inverse, isDivision ? 1 : 0, 'Sqrt'));
  return found && { ...found, layers: [...found.layers, inverse] };
}

function sameBehindCasts(view: GraphView, a: string, b: string): boolean {
  const behind = (id: string): string => view.producer(id, 'Cast')?.inputs[0] ?? id;
  return a === b || behind(a) === behind(b);
}

/** Takes in the multiplication by a weight and the addition of a bias, where they follow. */
function withAffine(view: GraphView, core: Layer, norm: { type: string; bias: boolean; found: Normalized }): Rewrite {
  const { found } = norm;
  const casted = view.onlyReader(core, 'Cast') ?? core;
  const scale = affineStep(view, casted, 'Mul');
  const shift = scale && norm.bias ? affineStep(view, scale.layer, 'Add') : undefined;
  const steps = [scale, shift].filter((step) => step !== undefined);
  const through = scale ? [casted] : [];
  return {
    remove: [...new Set([...found.layers, ...through, ...steps.map(({ layer }) => layer)])],
    add: [
      inPlaceOf(steps.at(-1)?.layer ?? core, {
        type: norm.type,
        inputs: [found.input, ...steps.map(({ parameter }) => parameter)],
        attributes: { axis: found.axis, epsilon: found.epsilon },
      }),
    ],
  };
}

function affineStep(view: GraphView, layer: Layer, type: string): { layer: Layer; parameter: string } | undefined {
  const next = view.onlyReader(layer, type);
  const parameter = view.other(next, layer.outputs[0]);
  return next && parameter !== undefined && view.isParameter(parameter) ? { layer: next, parameter } : undefined;
}
