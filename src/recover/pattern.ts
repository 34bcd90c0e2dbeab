import type { Layer } from '../graph/index.js';
import { isNear } from './number.js';
import type { GraphView } from './view.js';

/**
 * How a tensor came about: a word for any tensor, the same one wherever the word stands; a number for a constant of that
 * value, and `#word` for one of any value; '' for an input that is absent; and an operator with its first inputs.
 */
export type Pattern = string | number | Produced;
interface Produced extends ReadonlyArray<Pattern> {
  readonly 0: string;
}

export interface Match {
  readonly tensors: ReadonlyMap<string, string>;
  /** Those of the pattern's operators, the outermost first. */
  readonly layers: readonly Layer[];
}

const NOTHING: Match = { tensors: new Map(), layers: [] };
const COMMUTATIVE = new Set(['Add', 'Mul', 'Min', 'Max', 'And', 'Equal']);

/** What the words of a pattern stand for behind a tensor, and the layers between; undefined where it is another pattern. */
export function matchOf(view: GraphView, pattern: Pattern, id: string, known = NOTHING): Match | undefined {
  if (typeof pattern === 'number') return isConstant(view, id, pattern) ? known : undefined;
  return typeof pattern === 'string' ? named(view, pattern, { id, known }) : produced(view, pattern, { id, known });
}

interface Place {
  readonly id: string;
  readonly known: Match;
}

function named(view: GraphView, word: string, { id, known }: Place): Match | undefined {
  if (word === '') return id === '' ? known : undefined;
  const before = known.tensors.get(word);
  if (before !== undefined) return before === id ? known : undefined;
  if (word.startsWith('#') && constantOf(view, id) === undefined) return undefined;
  return { ...known, tensors: new Map(known.tensors).set(word, id) };
}

function produced(view: GraphView, [type, ...operands]: Produced, { id, known }: Place): Match | undefined {
  const layer = view.producer(id, type);
  if (!layer) return undefined;
  const own = { ...known, layers: [...known.layers, layer] };
  const orders = COMMUTATIVE.has(type) ? [layer.inputs, layer.inputs.toReversed()] : [layer.inputs];
  for (const inputs of orders) {
    const found = operands.reduce<Match | undefined>(
      (match, operand, index) => match && matchOf(view, operand, inputs[index] ?? '', match),
      own,
    );
    if (found) return found;
  }
  return undefined;
}

function isConstant(view: GraphView, id: string, wanted: number): boolean {
  const value = constantOf(view, id);
  return Number.isFinite(wanted) ? isNear(value, wanted) : value === wanted;
}

/** The value of a constant of one element, or of a scalar that torch.export makes (`scalar_tensor`, `full([])`). */
function constantOf(view: GraphView, id: string): number | undefined {
  const made = view.producer(id, 'ConstantOfShape');
  const value = made && view.tensor(id)?.shape?.length === 0 ? made.attributes['value'] : view.scalar(id);
  return typeof value === 'number' ? value : undefined;
}
