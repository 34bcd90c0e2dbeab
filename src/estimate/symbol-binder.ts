import { bindDim, formatDim, printable, symbolsOf } from '../graph/index.js';
import type { Dim, SizeRange, Tensor } from '../graph/index.js';
import { givenFor } from './input-shapes.js';
import { SETUP_DEFAULTS } from './setup.js';
import type { TrainingSetup } from './setup.js';
import { UnboundError } from './unbound.js';

const BATCH_NAME = /batch|^b$|^n$|^bs$/i;
const SEQUENCE_NAME = /seq|len|token|time|^s$|^t$/i;

/** Gives every symbol of the inputs a value, by its name first, by where it stands second. */
export class SymbolBinder {
  readonly bindings = new Map<string, number>();
  readonly assumptions: string[] = [];

  /** `ranges`: what the file allows, by symbol. */
  constructor(
    private readonly setup: TrainingSetup,
    private readonly ranges: ReadonlyMap<string, SizeRange> = new Map(),
  ) {}

  /** Takes the symbols of an input from the shape that was stated for it, if one was. */
  bindShape(tensor: Tensor, shape: readonly number[] | undefined): void {
    if (!shape) return;
    tensor.shape?.forEach((dim, axis) => {
      if (typeof dim === 'number') return;
      const size = shape[axis] ?? 0;
      const [name, ...others] = symbolsOf(dim).filter((symbol) => !this.bindings.has(symbol));
      if (name !== undefined && others.length === 0) this.solve(dim, name, size);
      const value = bindDim(dim, this.bindings);
      if (value !== size) throw new UnboundError(`${givenFor(tensor, shape)}: dimension ${axis} ${mustBe(dim, value)}`);
      this.checkSequence({ tensor, axis, size });
    });
  }

  /** Where a dim is linear in its one free symbol: the value of it for which the dim has that size. */
  private solve(dim: Dim, name: string, size: number): void {
    const at = (value: number): number => bindDim(dim, new Map([...this.bindings, [name, value]])) ?? NaN;
    const value = (size - at(0)) / (at(1) - at(0));
    if (Number.isInteger(value) && at(value) === size) this.bindings.set(name, value);
  }

  private checkSequence({ tensor, axis, size }: { tensor: Tensor; axis: number; size: number }): void {
    const { value, from } = this.setup.sequenceLength;
    const dim = tensor.shape?.[axis];
    if (from === 'default' || size === value || typeof dim !== 'object' || dim.kind !== 'symbol') return;
    if (ruleOf(tensor, dim.name, axis)?.bind !== sequence) return;
    throw new UnboundError(
      `input-shape gives input "${tensor.id}" ${size} positions, but sequence-length says ${value}`,
    );
  }

  bindInput(tensor: Tensor): void {
    if (!tensor.shape) {
      throw new UnboundError(`input "${tensor.id}" has no shape in the file: give --input-shape ${tensor.id}=…`);
    }
    tensor.shape.forEach((dim, axis) => {
      for (const name of symbolsOf(dim)) if (!this.bindings.has(name)) this.bindSymbol(tensor, name, axis);
      this.checkBound(tensor, dim);
    });
  }

  private bindSymbol(tensor: Tensor, name: string, axis: number): void {
    const rule = ruleOf(tensor, name, axis);
    if (!rule) {
      throw new UnboundError(
        `input "${tensor.id}" has a free dimension "${name}": give --input-shape ${tensor.id}=${exampleShape(tensor)}`,
      );
    }
    const { least, most } = this.ranges.get(name) ?? { least: 0, most: Infinity };
    const within = (value: number): number => Math.min(Math.max(value, least), most);
    const { value, note } = rule.bind(this.setup, { name, within });
    this.bindings.set(name, value);
    if (note !== undefined) this.assumptions.push(note);
  }

  private checkBound(tensor: Tensor, dim: Dim): void {
    const value = bindDim(dim, this.bindings);
    if (value === undefined || value < 1 || !Number.isInteger(value)) {
      throw new UnboundError(
        `input "${tensor.id}" has the dimension ${formatDim(dim)}, which is ${String(value)}: it has to be 1 or more`,
      );
    }
  }
}

interface BindingRule {
  readonly applies: (tensor: Tensor, name: string, axis: number) => boolean;
  readonly bind: (setup: TrainingSetup, symbol: FreeSymbol) => { value: number; note?: string };
}

interface FreeSymbol {
  readonly name: string;
  /** The nearest value that the file allows, for one that nobody stated. */
  readonly within: (value: number) => number;
}

function ruleOf(tensor: Tensor, name: string, axis: number): BindingRule | undefined {
  return BINDING_RULES.find(({ applies }) => applies(tensor, name, axis));
}

function mustBe(dim: Dim, value: number | undefined): string {
  return value === undefined ? `is ${formatDim(dim)} in the file, which it cannot be` : `must be ${value}`;
}

const rankOf = (tensor: Tensor): number => tensor.shape?.length ?? 0;

/** More of a symbol's name than this hides what is said of it. */
const MAX_NAME_LENGTH = 64;

const assumed = (value: number, what: string): { value: number; note: string } => ({
  value,
  note: `${what} ${value}: the file leaves it free; say --input-shape to change it`,
});

/** First match wins. */
const BINDING_RULES: readonly BindingRule[] = [
  { applies: (_, name) => BATCH_NAME.test(name), bind: ({ batchSize }) => ({ value: batchSize.value }) },
  { applies: (_, name) => SEQUENCE_NAME.test(name), bind: sequence },
  { applies: (_, __, axis) => axis === 0, bind: ({ batchSize }) => ({ value: batchSize.value }) },
  { applies: (tensor, _, axis) => rankOf(tensor) <= 3 && axis === 1, bind: sequence },
  {
    applies: (tensor, _, axis) => rankOf(tensor) === 4 && axis === 1,
    bind: (_, { within }) => assumed(within(SETUP_DEFAULTS.channels), 'input channels'),
  },
  {
    applies: (tensor, _, axis) => rankOf(tensor) === 4 && axis > 1,
    bind: (_, { name, within }) =>
      assumed(within(SETUP_DEFAULTS.imageSize), `input ${printable(name, MAX_NAME_LENGTH)}`),
  },
];

function sequence({ sequenceLength }: TrainingSetup, { within }: FreeSymbol): { value: number; note?: string } {
  const { value, from } = sequenceLength;
  if (from !== 'default') return { value };
  return { value: within(value), note: `sequence length ${within(value)}: nobody states one` };
}

function exampleShape(tensor: Tensor): string {
  return (tensor.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 'N')).join('x');
}
