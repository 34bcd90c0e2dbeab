import { arithmetic } from '../graph/index.js';
import type { Dim, Layer, Tensor } from '../graph/index.js';
import { isUnnormalizedResidualNet, mayHideNorm } from './hidden-norm.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * An inference export folds batch-norm into the layer before it: the norm's input, which training keeps, is gone, and so
 * are its two vectors of parameters. A folded ResNet-50 reads 41 % low. Where the exporter left a trace, it decides.
 */
export const batchNorm: Recovery = {
  name: 'BatchNormalization',
  assumption: (count) => `batch-norm unfolded behind the layers that the export folded it into (${count}x)`,
  matcher: (view) => {
    const computed = computedNames(view);
    return (layer) => (isTraced(view, layer, computed) ? unfold(view, layer) : undefined);
  },
};

/** Where no exporter left a trace, the structure decides: it is a guess, and the report says so. */
export const hiddenBatchNorm: Recovery = {
  name: 'BatchNormalization without a trace',
  assumption: (count) =>
    `batch-norm assumed behind biased convolutions (${count}x): a residual net this deep without any normalisation was ` +
    'probably exported with it folded in',
  matcher: (view) => {
    if (!isUnnormalizedResidualNet(view)) return () => undefined;
    return (layer) => (mayHideNorm(view, layer) ? unfold(view, layer) : undefined);
  },
};

/** onnxscript's rewriter notes the rule by name on the node it changed. */
const FUSED_RULE = /FuseBatchNormInto(Conv|ConvTranspose|Gemm)/;

/** What torch's TorchScript exporter calls a tensor it computed; a module's own weight keeps the module's name. */
const COMPUTED = /^onnx::Conv_\d+/;
/** Before 1.12 it was a bare number, which says nothing in a file where everything has one. */
const NUMBERED = /^\d+(@|$)/;
const NAMED = /\.(weight|bias)$/;

function computedNames(view: GraphView): readonly RegExp[] {
  const isNamed = [...view.graph.tensors.values()].some(({ id, role }) => role === 'parameter' && NAMED.test(id));
  return isNamed ? [COMPUTED, NUMBERED] : [COMPUTED];
}

/** The fold computes weight and bias anew. A computed weight with the module's own bias is weight normalisation. */
function isTraced(view: GraphView, layer: Layer, computed: readonly RegExp[]): boolean {
  if (layer.provenance !== undefined && FUSED_RULE.test(layer.provenance)) return true;
  const [, weight = '', bias = ''] = layer.inputs;
  const isComputed = (id: string): boolean => view.isParameter(id) && computed.some((names) => names.test(id));
  return layer.type === 'Conv' && isComputed(weight) && isComputed(bias);
}

/** By the shape of the weight: `[M, C, ...]`, `[C, M / group, ...]`, `[K, N]` or its transpose. */
const OUTPUT_CHANNELS: Readonly<Record<string, (shape: readonly Dim[], layer: Layer) => Dim | undefined>> = {
  Conv: ([channels]) => channels,
  ConvTranspose: ([, perGroup], { attributes: { group } }) =>
    perGroup !== undefined && typeof group === 'number' ? arithmetic('*', perGroup, group) : perGroup,
  Gemm: ([rows, columns], { attributes: { transB } }) => (transB === 1 ? rows : columns),
};

function unfold(view: GraphView, layer: Layer): Rewrite | undefined {
  const { provenance: _, ...convolution } = layer;
  const [input = '', weight = ''] = layer.inputs;
  const shape = view.tensor(weight)?.shape;
  const channels = shape && OUTPUT_CHANNELS[layer.type]?.(shape, layer);
  if (channels === undefined) return undefined;
  const inner = `${layer.id}/unfolded`;
  const hidden: Tensor = { id: inner, dtype: 'float32', shape: undefined, storage: inner, role: 'activation' };
  const vectors = normVectors(layer, channels);
  const norm = inPlaceOf(layer, { type: 'BatchNormalization', inputs: [inner, ...vectors.map(({ id }) => id)] });
  return {
    remove: [layer],
    add: [
      { ...convolution, inputs: [input, weight], outputs: [inner] },
      { ...norm, id: `${layer.id}/batch_norm` },
    ],
    tensors: [...vectors, hidden],
  };
}

const VECTORS = { weight: 'parameter', bias: 'parameter', running_mean: 'buffer', running_var: 'buffer' } as const;

function normVectors(layer: Layer, channels: Dim): Tensor[] {
  return Object.entries(VECTORS).map(([name, role]) => {
    const id = `${layer.id}/batch_norm.${name}`;
    return { id, dtype: 'float32', shape: [channels], storage: id, role, trainable: role === 'parameter' };
  });
}
