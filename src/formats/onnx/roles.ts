import type { Graph, Layer, Role, Tensor } from '../../graph/index.js';
import { isCountable, specOf } from '../../ops/index.js';
import type { Call, Origin } from './calls.js';
import { ANONYMOUS, isVector, isWeightLike, shareConstants } from './sharing.js';

interface Parts {
  readonly layers: readonly Layer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly subgraphs: ReadonlyMap<string, Graph>;
  /** What the exporter says of the layers, where it does. */
  readonly calls: ReadonlyMap<string, Call>;
}

/** Operators that make weights out of nothing but a shape, in files that were emptied of them. */
const GENERATORS: ReadonlySet<string> = new Set(['ConstantOfShape', 'RandomNormal', 'RandomUniform']);

/**
 * ONNX does not say which initializers are trained: the operator that reads one does (a Conv's second input is a
 * weight), unless the exporter says that it is a buffer or was computed.
 */
export function assignRoles(parts: Parts): { layers: Layer[]; tensors: Map<string, Tensor> } {
  const tensors = new Map(parts.tensors);
  const layers = shareConstants(parts, tensors);
  const generated = new Map(
    layers.filter(({ type }) => GENERATORS.has(type)).map((layer) => [layer.outputs[0] ?? '', layer]),
  );
  const dropped = new Set<Layer>();
  // Where equal constants were merged, only the call that one of them comes from knows it by its name.
  const origins = new Map([...parts.calls.values()].flatMap((call) => [...call.origins]));
  const assign = (reading: Reading): void => {
    const role = roleOf(reading, tensors.get(reading.id), origins.get(reading.id));
    if (role === 'constant') return;
    const source = generated.get(reading.id);
    if (source) adoptGenerated(source, tensors, role, dropped);
    else setRole(reading.id, tensors, role);
  };
  for (const layer of layers) readBy(layer).forEach(assign);
  for (const graph of parts.subgraphs.values()) readFromOutside(graph).forEach(assign);
  return { layers: layers.filter((layer) => !dropped.has(layer)), tensors };
}

interface Reading {
  readonly layer: Layer;
  readonly index: number;
  readonly id: string;
}

function readBy(layer: Layer): Reading[] {
  return layer.inputs.map((id, index) => ({ layer, index, id }));
}

/** What a sub-graph reads of the graph around it: the weights of a whole net may stand outside the branch that runs it. */
function readFromOutside(graph: Graph): Reading[] {
  const inside = [...graph.subgraphs.values()].flatMap(readFromOutside);
  return [...graph.layers.flatMap(readBy), ...inside].filter(({ id }) => !graph.tensors.has(id));
}

/** What the tensor is to the layer that reads it. */
function roleOf({ layer, index, id }: Reading, tensor: Tensor | undefined, origin: Origin | undefined): Role {
  const roles = specOf(layer.type)?.roles;
  const role = roles?.[Math.min(index, roles.length - 1)] ?? 'constant';
  if (!tensor || role === 'constant' || isLifted(layer, tensor, origin)) return 'constant';
  return origin === 'buffer' || BUFFER.test(id) ? 'buffer' : role;
}

function setRole(id: string, tensors: Map<string, Tensor>, role: Role): void {
  const tensor = tensors.get(id);
  if (tensor?.role === 'constant' && isWeightLike(tensor)) tensors.set(id, withRole(tensor, role));
}

/** What is trained has no value to fold. */
function withRole({ id, dtype, shape, storage }: Tensor, role: Role): Tensor {
  return { id, dtype, shape, storage, role, ...(role === 'parameter' && { trainable: true }) };
}

/** What PyTorch's tutorials and libraries call the tables of sines and cosines that they register as buffers. */
const BUFFER = /(?:^|\.)(?:pe|inv_freq|(?:cos|sin)_cached|freqs_cis)$/;

/** What the TorchScript exporter calls a literal of the code: ones and zeros where a norm has no weights of its own. */
const LITERAL = /constant/i;

/**
 * A mask, a table, or what was computed from either, next to activations. What a contraction multiplies with is a weight
 * that was transposed, and a vector is one that was reshaped.
 */
function isLifted(layer: Layer, tensor: Tensor, origin: Origin | undefined): boolean {
  if (specOf(layer.type)?.flops || (isVector(tensor) && !LITERAL.test(tensor.id))) return false;
  return origin === 'computed' || (origin === undefined && ANONYMOUS.test(tensor.id));
}

/** A generated tensor that a layer reads as its weight is that weight. */
function adoptGenerated(source: Layer, tensors: Map<string, Tensor>, role: Role, dropped: Set<Layer>): void {
  const id = source.outputs[0] ?? '';
  const { value_dtype: dtype = 'float32', shape: stated } = source.attributes;
  const shape = tensors.get(source.inputs[0] ?? '')?.value ?? stated;
  const dims = Array.isArray(shape) ? shape.map(Number) : undefined;
  if (dtype !== 'float32' || !dims || !isCountable(dims)) return;
  tensors.set(id, withRole({ id, dtype, shape: dims, storage: id, role }, role));
  dropped.add(source);
}
