/** Collects the layers and tensors of a program, in the order of its nodes. */
import { quoted } from '../../graph/index.js';
import type { DType, Layer, Tensor } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { failure } from './failure.js';

export class Assembly {
  readonly layers: Layer[] = [];
  readonly tensors = new Map<string, Tensor>();
  /** What was exported for evaluation and is trained: how many layers of each operator. */
  readonly evaluated = new Map<string, number>();
  /** What else was taken for granted. */
  readonly assumptions = new Set<string>();
  /** What the program's own autocast casts to. */
  autocast: DType | undefined;
  /** True behind the first reentrant checkpoint. */
  isReentrant = false;
  private readonly written = new Set<string>();

  /** A tensor that no layer writes. */
  declare(tensor: Tensor): void {
    this.enter(tensor);
    this.written.add(tensor.id);
  }

  /** What is known of a tensor that a layer will write. */
  describe(tensor: Tensor): void {
    if (!this.tensors.has(tensor.id)) this.enter(tensor);
  }

  add(layer: Layer): void {
    if (this.layers.length >= LIMITS.maxLayers) {
      throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxLayers} layers`);
    }
    const missing = layer.inputs.find((id) => id !== '' && !this.written.has(id));
    if (missing !== undefined) {
      const message = `it reads ${quoted(missing)}, which nothing before it writes`;
      throw failure('INVALID_GRAPH', message, { location: `node ${quoted(layer.id)}` });
    }
    this.layers.push(layer);
    for (const id of layer.outputs) if (id !== '') this.write(id);
  }

  /** What passes no gradient on, and has the shape and dtype of what it is of. */
  detached(name: string, id: string): string {
    if (name === '') return name;
    const source = this.tensors.get(name);
    if (source) this.describe({ id, dtype: source.dtype, shape: source.shape, storage: id, role: 'activation' });
    this.add({ id, type: 'Detach', inputs: [name], outputs: [id], attributes: {} });
    return id;
  }

  /** Says something once, however often it is found. */
  assume(sentence: string): void {
    this.assumptions.add(sentence);
  }

  isWritten(id: string): boolean {
    return this.written.has(id);
  }

  private write(id: string): void {
    if (!this.tensors.has(id)) this.enter({ id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' });
    this.written.add(id);
  }

  private enter(tensor: Tensor): void {
    if (this.tensors.size >= LIMITS.maxTensors) {
      throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxTensors} tensors`);
    }
    this.tensors.set(tensor.id, tensor);
  }
}
