import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import { meanAxes, overLastAxes, rootMeanSquare } from './root-mean-square.js';
import type { Normalized } from './root-mean-square.js';
import type { GraphView } from './view.js';

/** torch.nn.LayerNorm: (x - mean) / sqrt(mean((x - mean)^2) + eps) * weight + bias. */
export const layerNorm: Recovery = {
  name: 'LayerNormalization',
  assumption: (count) => `LayerNormalization restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) => {
    const found = layer.type === 'Div' ? layerNormBefore(view, layer) : undefined;
    const norm = found && overLastAxes(view, found);
    return norm && withAffine(view, layer, { type: 'LayerNormalization', affine: ['Mul', 'Add'], found: norm });
  },
};

/**
 * torch.nn.RMSNorm: x * (1 / sqrt(mean(x^2) + eps)) * weight. Where the weight is the first factor the norm is the model's
 * own (LlamaRMSNorm and its kin in Hugging Face's transformers), which is trained step by step, as it was exported.
 */
export const rmsNorm: Recovery = {
  name: 'RMSNormalization',
  assumption: (count) => `RMSNormalization restored from its decomposition (${count}x)`,
  matcher: (view) => (layer) => {
    const found = layer.type === 'Mul' && !isWeightFirst(view, layer) ? rmsNormBefore(view, layer) : undefined;
    const norm = found && isFused(view, found) ? overLastAxes(view, found) : undefined;
    return norm && withAffine(view, layer, { type: 'RMSNormalization', affine: ['Mul'], found: norm });
  },
};

function layerNormBefore(view: GraphView, div: Layer): Normalized | undefined {
  const spread = rootMeanSquare(view, view.before(div, 1, 'Sqrt'));
  const numerator = view.uncast(div.inputs[0]);
  const squared = view.uncast(spread?.input);
  const centred = view.producer(numerator.id, 'Sub');
  // Some exporters write the subtraction twice.
  const twin = view.producer(squared.id, 'Sub');
  const mean = view.before(centred, 1, 'ReduceMean');
  if (!spread || !centred || !twin || !mean || String(twin.inputs) !== String(centred.inputs)) return undefined;
  const [input = ''] = centred.inputs;
  if (mean.inputs[0] !== input || String(meanAxes(view, mean)) !== String(spread.axes)) return undefined;
  const casts = [...numerator.casts, ...squared.casts];
  return { ...spread, input, layers: [mean, centred, twin, ...casts, ...spread.layers], isCast: casts.length > 0 };
}

/** x * (1 / root), in either order. */
function rmsNormBefore(view: GraphView, core: Layer): Normalized | undefined {
  for (const index of [0, 1]) {
    const found = inverseRoot(view, view.before(core, index));
    const isSame = found && view.uncast(found.input).id === view.uncast(core.inputs[1 - index]).id;
    // The root mean square of what the mean was taken from is a deviation.
    if (isSame && !view.before(view.producer(found.input, 'Sub'), 1, 'ReduceMean'))
      return uncastNorm(view, core, found);
  }
  return undefined;
}

/** torch/_decomp/decompositions.py, _fused_rms_norm, counts the axes from the front; who writes out a norm says -1. */
function isFused(view: GraphView, { axes }: Normalized): boolean {
  return !view.isDecomposed || axes.every((axis) => axis >= 0);
}

/** 1 / sqrt(...), as Rsqrt, as Reciprocal or as a division. */
function inverseRoot(view: GraphView, inverse: Layer | undefined): Normalized | undefined {
  if (inverse?.type === 'Rsqrt') return rootMeanSquare(view, inverse);
  const isDivision = inverse?.type === 'Div' && view.scalar(inverse.inputs[0]) === 1;
  if (!inverse || !(isDivision || inverse.type === 'Reciprocal')) return undefined;
  const found = rootMeanSquare(view, view.before(inverse, isDivision ? 1 : 0, 'Sqrt'));
  return found && { ...found, layers: [...found.layers, inverse] };
}

/** A norm that computes in float32 is given its input as it was before, where nobody else reads the copy. */
function uncastNorm(view: GraphView, core: Layer, norm: Normalized): Normalized {
  const { id, casts } = view.uncast(norm.input);
  const inside = [...norm.layers, core];
  const isOwn = casts.length > 0 && view.readers(norm.input).every((reader) => inside.includes(reader));
  return isOwn ? { ...norm, input: id, layers: [...casts, ...norm.layers], isCast: true } : norm;
}

function isWeightFirst(view: GraphView, core: Layer): boolean {
  const product = view.onlyReader(view.onlyReader(core, 'Cast') ?? core, 'Mul');
  return product?.inputs[0] !== undefined && view.isParameter(product.inputs[0]);
}

/** Takes in what follows the core: the affine layers as far as they go, and the cast back where there was one before. */
function withAffine(
  view: GraphView,
  core: Layer,
  { type, affine, found }: { type: string; affine: readonly string[]; found: Normalized },
): Rewrite {
  const chain = [core];
  const parameters: string[] = [];
  takeCastBack(view, chain, found);
  for (const next of affine) {
    const step = affineStep(view, chain.at(-1), { type: next, rank: found.axes.length });
    if (!step) break;
    chain.push(step.layer);
    parameters.push(step.parameter);
  }
  takeCastBack(view, chain, found);
  const attributes = { axis: found.axes[0] ?? -1, epsilon: found.epsilon };
  return {
    remove: [...new Set([...found.layers, ...chain])],
    add: [inPlaceOf(chain.at(-1) ?? core, { type, inputs: [found.input, ...parameters], attributes })],
  };
}

/** The cast back follows the core or the affine part; only one that undoes another is the norm's. */
function takeCastBack(view: GraphView, chain: Layer[], { isCast }: Normalized): void {
  const cast = isCast && !chain.some(({ type }) => type === 'Cast') ? view.onlyReader(chain.at(-1), 'Cast') : undefined;
  if (cast) chain.push(cast);
}

/** The next layer, if it puts a parameter of as many axes as the norm spans to the result. */
function affineStep(
  view: GraphView,
  layer: Layer | undefined,
  { type, rank }: { type: string; rank: number },
): { layer: Layer; parameter: string } | undefined {
  const next = view.onlyReader(layer, type);
  const parameter = view.other(next, layer?.outputs[0]);
  if (!next || parameter === undefined || !view.isParameter(parameter)) return undefined;
  return view.tensor(parameter)?.shape?.length === rank ? { layer: next, parameter } : undefined;
}
