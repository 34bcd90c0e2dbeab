import { isFloating } from '../../graph/index.js';
import type { Layer, Tensor } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Call } from './calls.js';

interface Parts {
  readonly layers: readonly Layer[];
  /** By layer; empty where the exporter wrote none down. */
  readonly calls: ReadonlyMap<string, Call>;
}

/**
 * One parameter or several: exporters merge initializers that are equal, and copy one that they transpose for each use.
 * Returns the layers without the Identity nodes that merging leaves; what becomes of the tensors is written into the map.
 */
export function shareConstants({ layers, calls }: Parts, tensors: Map<string, Tensor>): Layer[] {
  const resolved = resolveIdentities(layers, tensors);
  if (calls.size === 0) return resolved;
  const merged = new Merged(tensors);
  const copied = new Copied(tensors);
  return resolved.map((layer, position) => {
    const call = calls.get(layer.id);
    if (call) for (const id of layer.inputs) copied.tie(id, call);
    return { ...layer, inputs: layer.inputs.map((id, index) => merged.separate(id, call, `${position}:${index}`)) };
  });
}

/** One axis of more than one element: biases, scales, and layer scales of shape [C, 1, 1]. */
export function isVector({ shape }: Tensor): boolean {
  return shape !== undefined && shape.filter((dim) => dim !== 1).length <= 1;
}

/** Scalars are hyper-parameters (an epsilon, a scale), integers are indices. */
export function isWeightLike(tensor: Tensor): boolean {
  const isScalar = tensor.shape !== undefined && tensor.shape.every((dim) => dim === 1);
  return isFloating(tensor.dtype) && !isScalar;
}

/** What exporters call a tensor that is no module's: a folded constant, a mask. */
export const ANONYMOUS = /^(val_\d+|onnx::)|(^|\.)lifted_tensor|constant/i;

/**
 * The TorchScript exporter puts an Identity in the place of an initializer that equals another. Vectors are equal
 * because they were initialised so, and so are the matrices of modules that were copied; others because they are tied.
 */
function resolveIdentities(layers: readonly Layer[], tensors: Map<string, Tensor>): Layer[] {
  const merged: { readonly id: string; readonly source: string; readonly tensor: Tensor }[] = [];
  const remaining = layers.filter(({ type, inputs: [source = ''], outputs: [id] }) => {
    const tensor = tensors.get(source);
    if (type !== 'Identity' || tensor?.role !== 'constant' || id === undefined) return true;
    merged.push({ id, source, tensor });
    tensors.set(id, { ...tensor, id });
    return false;
  });
  const hasCopies = merged.some(({ id, source, tensor }) => !isVector(tensor) && isCopy(id, source));
  for (const { id, source, tensor } of merged) {
    const isOwn = isVector(tensor) || isCopy(id, source) || (hasCopies && ANONYMOUS.test(source));
    // The source may be such a copy itself, whose storage was settled just before.
    const { storage } = tensors.get(source) ?? tensor;
    tensors.set(id, { ...tensor, id, storage: isOwn ? id : storage });
  }
  return remaining;
}

/** `layers.1.fc.weight` and `layers.0.fc.weight`: nn.TransformerEncoder makes its layers by copying one. */
function isCopy(name: string, other: string): boolean {
  const pattern = (text: string): string => text.replace(/\d+/g, '#');
  return !ANONYMOUS.test(name) && name !== other && pattern(name) === pattern(other);
}

/** Vectors that were merged because they were equal: each call that names other parameters has one of its own. */
class Merged {
  /** The vectors that one was taken apart into, by who reads them. */
  private readonly parts = new Map<string, Map<string, string>>();

  constructor(private readonly tensors: Map<string, Tensor>) {}

  separate(id: string, call: Call | undefined, place: string): string {
    const tensor = this.tensors.get(id);
    if (tensor?.role !== 'constant' || !isVector(tensor) || !isWeightLike(tensor)) return id;
    const parts = this.parts.get(id) ?? new Map<string, string>();
    this.parts.set(id, parts);
    const reader = call && call.parameters !== '' ? call.parameters : place;
    const part = parts.get(reader) ?? this.add(tensor, parts.size);
    parts.set(reader, part);
    return part;
  }

  /** The first keeps the name; those of the others are short, however many there are. */
  private add(tensor: Tensor, index: number): string {
    if (index === 0) return tensor.id;
    if (this.tensors.size > LIMITS.maxTensors) {
      const message = `vectors read as parameters of their own make more than ${LIMITS.maxTensors} tensors`;
      throw new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', message });
    }
    let id = `${tensor.id}#${index + 1}`;
    while (this.tensors.has(id)) id += '#';
    this.tensors.set(id, { ...tensor, id, storage: id });
    return id;
  }
}

/** Matrices that were transposed, and so copied, once for each call of one module. */
class Copied {
  private readonly firsts = new Map<string, string>();
  /** How many nameless matrices were seen of a call. */
  private readonly counts = new Map<string, number>();

  constructor(private readonly tensors: Map<string, Tensor>) {}

  tie(id: string, { name, parameters }: Call): void {
    const tensor = this.tensors.get(id);
    if (tensor?.role !== 'constant' || isVector(tensor) || !isFloating(tensor.dtype)) return;
    if (parameters === '' || !ANONYMOUS.test(id)) return;
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    const key = JSON.stringify([parameters, count, tensor.shape]);
    const storage = this.firsts.get(key) ?? tensor.storage;
    this.firsts.set(key, storage);
    this.tensors.set(id, { ...tensor, storage });
  }
}
