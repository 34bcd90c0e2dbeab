import type { Dim, Layer, Tensor } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * An inference export folds batch-norm into the convolution before it: the norm's input, which training keeps, is gone,
 * and so are its two vectors of parameters. A folded ResNet-50 reads 41 % low.
 */
export const batchNorm: Recovery = {
  name: 'BatchNormalization',
  assumption: (count) => `batch-norm unfolded behind ${count} convolutions that the export folded it into`,
  matcher: (view) => {
    const isFolded = foldedConvolutions(view);
    return (layer) => (isFolded(layer) ? unfold(view, layer) : undefined);
  },
};

/** Names torch's TorchScript exporter gives to a weight it computed; a module's own weight keeps the module's name. */
const ANONYMOUS_WEIGHT = /^onnx::(Conv|ConvTranspose)_\d+$/;

/** onnxscript's rewriter notes the rule by name on the node it changed. */
const FUSED_RULE = /FuseBatchNormIntoConv/;

/** Fewer convolutions than this were trained without normalisation (VGG-19 has 16 and no residual connection). */
const MIN_CONVOLUTIONS_OF_DEEP_NET = 20;

/**
 * Which convolutions hold a batch-norm: those the exporter says so of, by a note or by the name of the weight. Where no
 * exporter left a trace, the structure decides: a deep residual net of biased convolutions without a single
 * normalisation layer was not trained like that.
 */
function foldedConvolutions(view: GraphView): (layer: Layer) => boolean {
  const convolutions = view.graph.layers.filter(isConvolution);
  const traced = new Set(convolutions.filter((layer) => isTraced(view, layer)));
  if (traced.size > 0) return (layer) => traced.has(layer);
  if (!isDeepResidualWithoutNorm(view, convolutions)) return () => false;
  return (layer) => isConvolution(layer) && layer.inputs[2] !== undefined && !isGate(view, layer);
}

function isConvolution({ type }: Layer): boolean {
  return type === 'Conv' || type === 'ConvTranspose';
}

function isTraced(view: GraphView, layer: Layer): boolean {
  if (layer.provenance !== undefined && FUSED_RULE.test(layer.provenance)) return true;
  const weight = layer.inputs[1] ?? '';
  return ANONYMOUS_WEIGHT.test(weight) && view.isParameter(weight);
}

function isDeepResidualWithoutNorm(view: GraphView, convolutions: readonly Layer[]): boolean {
  if (convolutions.length < MIN_CONVOLUTIONS_OF_DEEP_NET) return false;
  if (view.graph.layers.some(({ type }) => type.endsWith('Normalization') || type === 'LRN')) return false;
  return convolutions.some((layer) => layer.outputs.some((id) => view.reader(id, 'Add', 'Sum') !== undefined));
}

/** What may stand between a global pool and the second convolution of a gate. */
const GATE_TYPES = ['Relu', 'Sigmoid', 'Swish', 'HardSwish', 'Mul', 'Conv', 'GlobalAveragePool', 'ReduceMean'];

/** Squeeze-and-excitation gates follow a global pool and carry no norm. */
function isGate(view: GraphView, layer: Layer): boolean {
  let at = view.before(layer, 0, ...GATE_TYPES);
  for (let hops = 0; at && hops < 6; hops++) {
    if (at.type === 'GlobalAveragePool' || at.type === 'ReduceMean') return true;
    if (at.type === 'Conv' && !isPointwise(view, at)) return false;
    at = view.before(at, 0, ...GATE_TYPES);
  }
  return false;
}

function isPointwise(view: GraphView, layer: Layer): boolean {
  return (
    view
      .tensor(layer.inputs[1] ?? '')
      ?.shape?.slice(2)
      .every((dim) => dim === 1) === true
  );
}

function unfold(view: GraphView, layer: Layer): Rewrite | undefined {
  const channels = outputChannels(view, layer);
  const output = layer.outputs[0];
  if (channels === undefined || output === undefined) return undefined;
  const inner = `${layer.id}/convolution`;
  const scope = layer.scope ?? layer.id;
  const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
    vector(`${scope}.bn.${name}@${layer.id}`, channels),
  );
  const hidden: Tensor = { id: inner, dtype: 'float32', shape: undefined, storage: inner, role: 'activation' };
  return {
    remove: [layer],
    add: [
      { ...layer, inputs: layer.inputs.slice(0, 2), outputs: [inner] },
      {
        ...inPlaceOf(layer, { type: 'BatchNormalization', inputs: [inner, ...vectors.map(({ id }) => id)] }),
        id: `${layer.id}/batch_norm`,
      },
    ],
    tensors: [...vectors, hidden],
  };
}

function outputChannels(view: GraphView, layer: Layer): Dim | undefined {
  return view.tensor(layer.inputs[1] ?? '')?.shape?.[layer.type === 'Conv' ? 0 : 1];
}

function vector(id: string, channels: Dim): Tensor {
  const isRunning = id.includes('.running_');
  return {
    id,
    dtype: 'float32',
    shape: [channels],
    storage: id,
    role: isRunning ? 'buffer' : 'parameter',
    ...(!isRunning && { trainable: true }),
  };
}

/** Caffe splits batch-norm into statistics (BatchNorm) and scale and shift (Scale); frameworks of today train one layer. */
export const batchNormScale: Recovery = {
  name: 'BatchNorm and Scale',
  assumption: (count) => `${count} pairs of BatchNorm and Scale taken as one batch-norm each`,
  matcher: (view) => (layer) => {
    if (layer.type !== 'BatchNormalization' || layer.attributes['affine'] !== false) return undefined;
    const scale = view.onlyReader(layer, 'Scale');
    if (scale?.inputs.length !== 1) return undefined;
    const attributes = { ...layer.attributes, ...trainable(scale), affine: true };
    return {
      remove: [layer, scale],
      add: [{ ...inPlaceOf(scale, { type: 'BatchNormalization', inputs: layer.inputs, attributes }), id: layer.id }],
    };
  },
};

function trainable(scale: Layer): Layer['attributes'] {
  const flags = scale.attributes['trainable'];
  return flags === undefined ? {} : { trainable: flags };
}
