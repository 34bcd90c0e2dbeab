import type { Layer } from '../graph/index.js';
import type { GraphView } from './view.js';

/** Fewer convolutions than this were trained without normalisation: VGG-19 has 16; ResNet-18 has 20, and trains with it. */
const MIN_CONVOLUTIONS = 20;
/** ResNet-18 and YOLOv8n, the smallest of their families, have 8 and 6. */
const MIN_RESIDUAL_SUMS = 4;
/** Recognition nets shrink the image again and again; those that restore one (EDSR) do not, and train without a norm. */
const MIN_STRIDED = 2;

/** A deep residual net that shrinks its input and has biased convolutions, but not one layer that normalises. */
export function isUnnormalizedResidualNet(view: GraphView): boolean {
  const { layers } = view.graph;
  const convolutions = layers.filter(isConvolution);
  return (
    convolutions.length >= MIN_CONVOLUTIONS &&
    !layers.some(normalizes) &&
    !convolutions.some(({ inputs }) => isComputed(inputs[1])) &&
    layers.filter(isStrided).length >= MIN_STRIDED &&
    layers.filter((layer) => isResidualSum(view, layer)).length >= MIN_RESIDUAL_SUMS
  );
}

/** True for a convolution that may have had a batch-norm behind it: with a bias, which the fold makes, and in no gate. */
export function mayHideNorm(view: GraphView, layer: Layer): boolean {
  return isConvolution(layer) && (layer.inputs[2] ?? '') !== '' && !isGate(view, layer);
}

function isConvolution({ type }: Layer): boolean {
  return type === 'Conv' || type === 'ConvTranspose';
}

function normalizes({ type }: Layer): boolean {
  return type.endsWith('Normalization') || type === 'LRN';
}

/** Weights that an exporter computed were standardised or normalised instead: NFNet, EnCodec. */
function isComputed(weight = ''): boolean {
  return weight.startsWith('onnx::');
}

function isStrided({ type, attributes: { strides } }: Layer): boolean {
  return (type === 'Conv' || type.endsWith('Pool')) && Array.isArray(strides) && strides.some((stride) => stride > 1);
}

/** Layers a block may have, and those of its shortcut. */
const MAX_BLOCK_LAYERS = 16;
const MAX_SHORTCUT_LAYERS = 4;

/** A sum of a block's output and its input, as it is or through a shortcut of its own. */
function isResidualSum(view: GraphView, layer: Layer): boolean {
  if (layer.type !== 'Add' && layer.type !== 'Sum') return false;
  const [left = '', right = ''] = layer.inputs;
  return isBlock(view, left, right) || isBlock(view, right, left);
}

function isBlock(view: GraphView, end: string, shortcut: string): boolean {
  const block = pathBack(view, end, MAX_BLOCK_LAYERS);
  const sources = pathBack(view, shortcut, MAX_SHORTCUT_LAYERS);
  const start = block.findIndex((id) => sources.includes(id));
  return block.slice(0, Math.max(0, start)).some((id) => view.producer(id, 'Conv') !== undefined);
}

/** The tensors behind a tensor, along the first input of each layer. */
function pathBack(view: GraphView, id: string, layers: number): string[] {
  const path = [id];
  for (let at = view.producer(id); at && path.length <= layers; at = view.before(at, 0)) path.push(at.inputs[0] ?? '');
  return path;
}

/** What may stand between a global pool and the second convolution of a gate. */
const GATE_TYPES = ['Relu', 'Sigmoid', 'Swish', 'HardSwish', 'Conv', 'GlobalAveragePool', 'ReduceMean'];
const MAX_GATE_LAYERS = 6;

/** Squeeze-and-excitation gates follow a global pool and carry no norm. */
function isGate(view: GraphView, layer: Layer): boolean {
  let at = view.before(layer, 0, ...GATE_TYPES);
  for (let hops = 0; at && hops < MAX_GATE_LAYERS; hops++) {
    if (at.type === 'GlobalAveragePool' || at.type === 'ReduceMean') return true;
    if (at.type === 'Conv' && !isPointwise(view, at)) return false;
    at = view.before(at, 0, ...GATE_TYPES);
  }
  return false;
}

function isPointwise(view: GraphView, { inputs }: Layer): boolean {
  const kernel = view.tensor(inputs[1] ?? '')?.shape?.slice(2);
  return kernel?.every((dim) => dim === 1) === true;
}
