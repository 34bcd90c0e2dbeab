import { quoted } from '../../graph/index.js';
import type { Layer, Tensor } from '../../graph/index.js';
import { specOf } from '../../ops/index.js';
import { LIMITS } from '../limits.js';
import { convert } from './convert.js';
import type { Operator } from './convert.js';
import type { CaffeLayer } from './layer.js';
import type { Source } from './sources.js';
import type { NetFacts } from './step.js';
import { failure } from './text.js';

/**
 * Collects a net's layers in file order. Caffe writes blobs in place (`bottom: "x" top: "x"`); here every write makes a
 * tensor of its own, and a blob's name stands for the last one written.
 */
export class Assembly {
  readonly layers: Layer[] = [];
  readonly tensors = new Map<string, Tensor>();
  readonly inputs: string[] = [];
  readonly assumptions: string[];
  hasLoss = false;
  private readonly current = new Map<string, string>();
  private readonly layerIds = new Names();
  private readonly tensorIds = new Names();
  private readonly firstTops = new Map<string, string>();
  private readonly read = new Set<string>();
  private readonly written: string[] = [];

  constructor(
    private readonly facts: NetFacts,
    assumptions: readonly string[],
  ) {
    this.assumptions = [...assumptions];
  }

  addSource({ blob, shape, role, assumption }: Source, isClassLabel: boolean): void {
    if (this.current.has(blob)) return;
    const dtype = isClassLabel ? 'int64' : 'float32';
    const id = this.tensorIds.take(blob);
    this.enter({ id, dtype, shape, storage: id, role }, 1);
    this.current.set(blob, id);
    if (role === 'input') this.inputs.push(id);
    if (assumption !== undefined) this.assumptions.push(`input ${quoted(blob)}: ${assumption}`);
  }

  addLayer(layer: CaffeLayer): void {
    const operators = convert(layer, this.facts);
    const last = operators.at(-1);
    if (!last) return;
    const id = this.layerIds.take(layer.name);
    let inputs = layer.bottoms.map((bottom) => this.blob(bottom, layer));
    for (const operator of operators.slice(0, -1)) inputs = this.addStep({ id, layer, operator, inputs });
    if (last.type === 'Identity') this.addCopies(layer, id, inputs);
    else this.addLast({ id, layer, operator: last, inputs });
    if (last.assumption !== undefined) this.assumptions.push(`layer ${quoted(layer.name)}: ${last.assumption}`);
    this.hasLoss ||= specOf(last.type)?.loss === true || layer.lossWeights.some((weight) => weight !== 0);
  }

  /** Blobs nobody reads, in the order they were written. */
  outputs(): readonly string[] {
    return this.written.filter((id) => !this.read.has(id));
  }

  /** A step before the last: it replaces the first input. */
  private addStep(part: Part): string[] {
    const { id, layer, operator, inputs } = part;
    const [first = '', ...rest] = inputs;
    const stepId = this.layerIds.take(`${stem(id)}/${operator.type.toLowerCase()}`);
    this.layers.push({
      id: stepId,
      type: operator.type,
      inputs: [first],
      outputs: [stepId],
      attributes: operator.attributes,
    });
    this.enter(activation(stepId), layer.line);
    return [stepId, ...rest];
  }

  private addLast({ id, layer, operator, inputs }: Part): void {
    const constants = (operator.constants ?? []).map((value, index) => {
      const tensorId = this.tensorIds.take(`${stem(id)}/constant_${index}`);
      const shape = [value.length];
      this.enter({ id: tensorId, dtype: 'int64', shape, storage: tensorId, role: 'constant', value }, layer.line);
      return tensorId;
    });
    // Nets drawn for viewers leave the top of their last layer out.
    const tops = layer.tops.length > 0 || operator.type === 'Silence' ? layer.tops : [layer.name];
    const outputs = tops.map((top) => this.write(top, layer));
    this.layers.push({
      id,
      type: operator.type,
      inputs: [...inputs, ...constants],
      outputs,
      attributes: operator.attributes,
    });
    if (outputs[0] !== undefined) this.firstTops.set(layer.name, outputs[0]);
  }

  /** A Split is one identity per top. */
  private addCopies(layer: CaffeLayer, id: string, inputs: readonly string[]): void {
    const tops = layer.tops.length > 0 ? layer.tops : [layer.name];
    tops.forEach((top, index) => {
      const copyId = index === 0 ? id : this.layerIds.take(`${stem(id)}/${index}`);
      this.layers.push({ id: copyId, type: 'Identity', inputs, outputs: [this.write(top, layer)], attributes: {} });
    });
  }

  /** The tensor a blob's name stands for now. */
  private blob(name: string, layer: CaffeLayer): string {
    const id = this.current.get(name) ?? this.missing(name, layer);
    this.read.add(id);
    return id;
  }

  /** Published files contain bottoms that name a layer where they mean its top; nothing else can be meant. */
  private missing(name: string, layer: CaffeLayer): string {
    const top = this.firstTops.get(name);
    if (top === undefined) {
      throw failure(
        'INVALID_GRAPH',
        layer.line,
        `layer ${quoted(layer.name)} reads ${quoted(name)}, which no layer before it writes`,
      );
    }
    this.assumptions.push(
      `layer ${quoted(layer.name)} reads ${quoted(name)}, a layer and not a blob: its output is taken`,
    );
    return top;
  }

  private write(top: string, layer: CaffeLayer): string {
    const id = this.tensorIds.take(this.tensors.has(top) ? `${top}@${stem(layer.name)}` : top);
    this.enter(activation(id), layer.line);
    this.current.set(top, id);
    this.written.push(id);
    return id;
  }

  private enter(tensor: Tensor, line: number): void {
    if (this.tensors.size >= LIMITS.maxTensors) {
      throw failure('LIMIT_EXCEEDED', line, `the net has more than ${LIMITS.maxTensors} blobs`);
    }
    this.tensors.set(tensor.id, tensor);
  }
}

interface Part {
  readonly id: string;
  readonly layer: CaffeLayer;
  readonly operator: Operator;
  readonly inputs: readonly string[];
}

function activation(id: string): Tensor {
  return { id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' };
}

/** The beginning of a name, for the ids that are made of it: a layer may have thousands. */
function stem(name: string): string {
  return name.slice(0, 64);
}

/** Names in use; a name asked for again gets the next free number. */
class Names {
  private readonly taken = new Set<string>();
  private readonly counts = new Map<string, number>();

  take(name: string): string {
    let count = this.counts.get(name) ?? 1;
    let free = count === 1 ? name : `${name}#${count}`;
    while (this.taken.has(free)) free = `${name}#${++count}`;
    this.counts.set(name, count + 1);
    this.taken.add(free);
    return free;
  }
}
