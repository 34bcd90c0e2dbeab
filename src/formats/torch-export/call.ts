import { carriesGradient, quoted } from '../../graph/index.js';
import type { AttributeValue, DType, Tensor } from '../../graph/index.js';
import type { OpType } from '../../ops/index.js';
import type { Argument, Size } from './argument.js';
import type { Assembly } from './assembly.js';
import { failure } from './failure.js';
import type { Target } from './target.js';

/** How a node becomes layers: one row per target. */
export type Row = (call: Call) => void;

/** Undefined entries are left out. */
export type GivenAttributes = Readonly<Record<string, AttributeValue | undefined>>;

interface CallParts {
  readonly id: string;
  readonly target: Target;
  readonly scope: string | undefined;
  /** By parameter name of the operator's schema; names inside are those of the graph around. */
  readonly arguments: ReadonlyMap<string, Argument>;
  readonly outputs: readonly string[];
}

/** One node, as its row sees it: arguments by name, and a way to put out layers. */
export class Call {
  readonly id: string;
  readonly outputs: readonly string[];
  readonly target: Target;
  private count = 0;

  constructor(
    private readonly parts: CallParts,
    readonly assembly: Assembly,
  ) {
    this.id = parts.id;
    this.outputs = parts.outputs;
    this.target = parts.target;
  }

  argument(name: string): Argument {
    return this.parts.arguments.get(name) ?? { kind: 'none' };
  }

  /** The tensor an argument names, or a number as a scalar tensor; '' where there is none. */
  operand(name: string): string {
    const argument = this.argument(name);
    if (argument.kind === 'tensors') return argument.names[0] ?? '';
    const [value] = argument.kind === 'sizes' ? argument.values : [];
    if (argument.kind !== 'sizes' || value === undefined) return '';
    if (typeof value === 'string') return this.layer('Squeeze', [value]);
    return this.constant({ dtype: this.scalarDType(argument.isFloat), shape: [], value: [value] });
  }

  operands(name: string): readonly string[] {
    const argument = this.argument(name);
    return argument.kind === 'tensors' ? argument.names : [];
  }

  /** All tensors among the arguments, in order. */
  tensorOperands(): readonly string[] {
    return [...this.parts.arguments.values()].flatMap((argument) =>
      argument.kind === 'tensors' ? argument.names : [],
    );
  }

  sizes(name: string): readonly Size[] | undefined {
    const argument = this.argument(name);
    return argument.kind === 'sizes' ? argument.values : undefined;
  }

  /** The numbers of an argument; undefined where it is absent or computed. */
  numbers(name: string): readonly number[] | undefined {
    const values = this.sizes(name);
    return values?.every((value) => typeof value === 'number') === true ? values : undefined;
  }

  number(name: string, fallback: number): number {
    return this.numbers(name)?.[0] ?? fallback;
  }

  text(name: string): string | undefined {
    const argument = this.argument(name);
    return argument.kind === 'text' ? argument.value : undefined;
  }

  dtype(name = 'dtype'): DType | undefined {
    const argument = this.argument(name);
    return argument.kind === 'dtype' ? argument.value : undefined;
  }

  /** What the file says of a tensor. */
  recorded(id: string): Tensor | undefined {
    return this.assembly.tensors.get(id);
  }

  rankOf(id: string): number {
    return this.recorded(id)?.shape?.length ?? 0;
  }

  /** An axis counted from the start, which the tensor must have. */
  axis(name: string, fallback: number, rank: number): number {
    const stated = this.number(name, fallback);
    const axis = stated < 0 ? stated + rank : stated;
    if (Number.isInteger(axis) && axis >= 0 && axis < rank) return axis;
    throw failure('INVALID_GRAPH', `axis ${stated} is outside rank ${rank}`, { location: `node ${quoted(this.id)}` });
  }

  /** Integers as a tensor: axes, shapes. Sizes that are computed are joined from their parts. */
  vector(values: readonly Size[]): string {
    if (values.every((value) => typeof value === 'number')) {
      return this.constant({ dtype: 'int64', shape: [values.length], value: values });
    }
    const parts = values.map((value) => (typeof value === 'string' ? value : this.vector([value])));
    return parts.length === 1 ? (parts[0] ?? '') : this.layer('Concat', parts, { axis: 0 });
  }

  constant({ dtype, shape, value }: Required<Pick<Tensor, 'dtype' | 'shape' | 'value'>>): string {
    const id = this.freshId('constant');
    this.assembly.declare({ id, dtype, shape, storage: id, role: 'constant', value });
    return id;
  }

  /** A layer whose output only this call reads. */
  layer(type: OpType, inputs: readonly string[], attributes: GivenAttributes = {}): string {
    const output = this.freshId(type.toLowerCase());
    this.add(type, inputs, { attributes, outputs: [output], id: output });
    return output;
  }

  /** As many outputs as the node has, or as are asked for, which only this call reads. */
  layers(
    type: OpType,
    inputs: readonly string[],
    attributes: GivenAttributes = {},
    count = this.outputs.length,
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.freshId(type.toLowerCase()));
    this.add(type, inputs, { attributes, outputs, id: outputs[0] ?? this.freshId(type.toLowerCase()) });
    return outputs;
  }

  /** The layer that writes the node's own outputs. */
  result(type: string, inputs: readonly string[], attributes: GivenAttributes = {}): void {
    this.add(type, inputs, { attributes, outputs: this.outputs, id: this.id });
  }

  /** A layer that writes one of several outputs. */
  resultAt(index: number, type: OpType, inputs: readonly string[], attributes: GivenAttributes = {}): void {
    const id = index === 0 ? this.id : this.freshId(type.toLowerCase());
    this.add(type, inputs, { attributes, outputs: this.outputs.slice(index, index + 1), id });
  }

  /** A layer whose first output nobody reads, and whose others are the node's. */
  resultBehind(type: OpType, inputs: readonly string[], attributes: GivenAttributes = {}): void {
    this.add(type, inputs, { attributes, outputs: [this.freshId(type.toLowerCase()), ...this.outputs], id: this.id });
  }

  private add(
    type: string,
    inputs: readonly string[],
    { attributes, outputs, id }: { attributes: GivenAttributes; outputs: readonly string[]; id: string },
  ): void {
    const given: Record<string, AttributeValue> = {};
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) given[name] = value;
    const { scope } = this.parts;
    const overwrites = outputs === this.outputs ? this.overwritten(inputs) : -1;
    this.assembly.add({
      ...{ id, type, inputs, outputs, attributes: given },
      ...(overwrites >= 0 && { overwrites }),
      ...(scope !== undefined && { scope }),
    });
  }

  /** `relu_` writes its output into what it is called on; -1 where the node does not work in place. */
  private overwritten(inputs: readonly string[]): number {
    if (!this.target.inPlace) return -1;
    const [self] = [...this.operands('self'), ...this.operands('input')];
    return self === undefined ? -1 : inputs.indexOf(self);
  }

  private freshId(what: string): string {
    return `${this.id}/${what}_${this.count++}`;
  }

  /** A Python number takes the dtype of the tensor beside it; a fraction beside integers makes float32. */
  private scalarDType(isFloat: boolean): DType {
    const beside = [...this.parts.arguments.values()].find((argument) => argument.kind === 'tensors');
    const own = this.recorded(beside?.names[0] ?? '')?.dtype ?? (isFloat ? 'float32' : 'int64');
    return isFloat && !carriesGradient(own) ? 'float32' : own;
  }
}
