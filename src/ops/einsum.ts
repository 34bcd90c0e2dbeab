/** `Einsum` (ONNX opset 12, NumPy's notation) as torch.einsum computes it: one pair of operands after the other. */
import { elements } from './context.js';
import { iteratedType } from './layout.js';
import { ShapeError } from './spec.js';
import type { TensorType } from './spec.js';
import { contiguousStrides, stridesOf, viewStrides, withStrides } from './strides.js';

/** One side of a product: its axes by letter. Stretched axes of size 1 are not among them. */
interface Operand {
  readonly letters: readonly string[];
  readonly type: TensorType;
  /** The inputs it was made of: one, or several for a product. */
  readonly inputs: readonly number[];
  /** True for what is not an input itself: a product so far, or what is left of an input once axes are summed away. */
  readonly isFresh: boolean;
}

/** A side as a product keeps it. */
export interface Side {
  readonly inputs: readonly number[];
  readonly type: TensorType;
  /** True for a copy: a product so far, or an operand whose strides do not allow the matrix it is used as. */
  readonly isCopy: boolean;
}

/** The product of two operands: a batched matrix product, or element by element where nothing is summed over. */
export interface Pair {
  readonly left: Side;
  readonly right: Side;
  readonly flops: number;
}

export interface Einsum {
  readonly output: TensorType;
  readonly pairs: readonly Pair[];
  /** True for a single operand whose axes are only exchanged. */
  readonly isView: boolean;
}

type Sizes = ReadonlyMap<string, number>;

interface Equation {
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
  readonly sizes: Sizes;
  /** Every letter, those of the result first and the others in alphabetical order: how torch orders all axes. */
  readonly order: readonly string[];
}

/** The output of an equation, and what it multiplies on the way. */
export function einsum(equation: string, inputs: readonly TensorType[]): Einsum {
  const parsed = parse(equation, inputs);
  const [first, ...rest] = inputs.map((type, index) => operandOf(type, index, parsed));
  if (!first) throw new ShapeError('Einsum of no inputs');
  const pairs: Pair[] = [];
  const last = rest.reduce((left, right, index) => {
    const needed = new Set([...parsed.result, ...rest.slice(index + 1).flatMap(({ letters }) => letters)]);
    const { pair, product } = multiply(left, right, { ...parsed, needed });
    pairs.push(pair);
    return product;
  }, first);
  return { output: arranged(last, parsed), pairs, isView: isExchange(parsed) };
}

function parse(equation: string, inputs: readonly TensorType[]): Equation {
  const [left = '', right] = equation.replace(/\s+/g, '').split('->');
  const texts = left.split(',');
  if (texts.length !== inputs.length)
    throw new ShapeError(`Einsum of ${inputs.length} inputs by ${texts.length} terms`);
  const ranks = texts.map((text, index) => hiddenRank(text, inputs[index]));
  const hidden = Math.max(0, ...ranks);
  const sizes = new Map<string, number>();
  const terms = texts.map((text, index) => {
    const letters = lettersOf(text, hidden, ranks[index]);
    const shape = inputs[index]?.shape ?? [];
    if (letters.length !== shape.length) throw new ShapeError(`Einsum "${equation}" does not fit its input ${index}`);
    letters.forEach((letter, axis) => {
      sizes.set(letter, agreed(equation, letter, [sizes.get(letter) ?? 1, shape[axis] ?? 1]));
    });
    return letters;
  });
  const result = right === undefined ? implicitResult(terms) : lettersOf(right, hidden);
  if (new Set(result).size < result.length || result.some((letter) => !sizes.has(letter))) {
    throw new ShapeError(`Einsum "${equation}" has a result that its terms do not give`);
  }
  const summed = [...sizes.keys()].filter((letter) => !result.includes(letter)).sort();
  return { terms, result, sizes, order: [...result, ...summed] };
}

function agreed(equation: string, letter: string, [known, dim]: readonly [number, number]): number {
  if (known !== 1 && dim !== 1 && known !== dim) {
    throw new ShapeError(`Einsum "${equation}" has both ${known} and ${dim} for ${letter}`);
  }
  return known === 1 ? dim : known;
}

/** How many axes an ellipsis stands for. */
function hiddenRank(text: string, type: TensorType | undefined): number {
  return text.includes('...') ? (type?.shape.length ?? 0) - text.replace('...', '').length : 0;
}

/** An ellipsis of fewer axes than another stands for the last of them. */
function lettersOf(text: string, hidden: number, own = hidden): string[] {
  const [head = '', tail] = text.split('...');
  const axes = tail === undefined ? [] : Array.from({ length: hidden }, (_, index) => `...${index}`);
  return [...head, ...axes.slice(Math.max(0, hidden - own)), ...(tail ?? '')];
}

/** Without `->`: the ellipsis, then the letters that occur once, in alphabetical order. */
function implicitResult(terms: readonly (readonly string[])[]): string[] {
  const all = terms.flat();
  const isHidden = (letter: string): boolean => letter.startsWith('...');
  const once = all.filter((letter) => !isHidden(letter) && all.indexOf(letter) === all.lastIndexOf(letter));
  return [...[...new Set(all.filter(isHidden))].sort(), ...once.sort()];
}

const sizesOf = (letters: readonly string[], sizes: Sizes): number[] => letters.map((letter) => sizes.get(letter) ?? 1);

/** Each letter once (a repeated one is a diagonal), without the axes that are stretched. */
function operandOf(type: TensorType, index: number, { terms, sizes, order }: Equation): Operand {
  const term = terms[index] ?? [];
  const strides = stridesOf(type);
  const letters = order.filter((letter) => type.shape[term.indexOf(letter)] === sizes.get(letter));
  const strideOf = (letter: string): number =>
    term.reduce((sum, other, axis) => (other === letter ? sum + (strides[axis] ?? 0) : sum), 0);
  return {
    letters,
    type: withStrides(type, sizesOf(letters, sizes), letters.map(strideOf)),
    inputs: [index],
    isFresh: false,
  };
}

interface Later {
  /** The letters of the result and of the operands to come. */
  readonly needed: ReadonlySet<string>;
  readonly order: readonly string[];
  readonly sizes: Sizes;
}

function multiply(first: Operand, second: Operand, later: Later): { pair: Pair; product: Operand } {
  const left = withoutOwnSums(first, second, later);
  const right = withoutOwnSums(second, first, later);
  const both = left.letters.filter((letter) => right.letters.includes(letter));
  const summed = both.filter((letter) => !later.needed.has(letter));
  return summed.length === 0 ? elementwise(left, right, later) : contraction({ left, right, both, summed }, later);
}

/** Axes that only one side has, and nothing later needs, are summed before the product. */
function withoutOwnSums(operand: Operand, other: Operand, { needed, sizes }: Later): Operand {
  const kept = operand.letters.filter((letter) => needed.has(letter) || other.letters.includes(letter));
  if (kept.length === operand.letters.length) return operand;
  const type = { dtype: operand.type.dtype, shape: sizesOf(kept, sizes) };
  return { ...operand, letters: kept, type, isFresh: true };
}

/** Element by element, in the order of the axes later on. */
function elementwise(left: Operand, right: Operand, { order, sizes }: Later): { pair: Pair; product: Operand } {
  const letters = order.filter((letter) => left.letters.includes(letter) || right.letters.includes(letter));
  const type = iteratedType([inOrder(left, letters, sizes), inOrder(right, letters, sizes)], left.type.dtype);
  const side = ({ type: own, inputs, isFresh }: Operand): Side => ({ type: own, inputs, isCopy: isFresh });
  return {
    pair: { left: side(left), right: side(right), flops: 0 },
    product: { letters, type, inputs: [...left.inputs, ...right.inputs], isFresh: true },
  };
}

/** An operand with its axes in this order, of size 1 where it has none. */
function inOrder({ letters, type }: Operand, order: readonly string[], sizes: Sizes): TensorType {
  const strides = stridesOf(type);
  const sizeOf = (letter: string): number => (letters.includes(letter) ? (sizes.get(letter) ?? 1) : 1);
  const strided = order.map((letter) => strides[letters.indexOf(letter)] ?? 0);
  return withStrides(type, order.map(sizeOf), strided);
}

interface Sides {
  readonly left: Operand;
  readonly right: Operand;
  readonly both: readonly string[];
  readonly summed: readonly string[];
}

/**
 * A batched matrix product, rank 3 on both sides (aten/src/ATen/native/Linear.cpp, sumproduct_pair). Where all
 * axes of the right side come before those of the left one, the two change places (strides of torch 2.15).
 */
function contraction({ left, right, both, summed }: Sides, { order, sizes }: Later): { pair: Pair; product: Operand } {
  const own = (operand: Operand): string[] => operand.letters.filter((letter) => !both.includes(letter));
  const batch = both.filter((letter) => !summed.includes(letter));
  const [rows, columns] = [own(left), own(right)];
  const free = order.filter((letter) => rows.includes(letter) || columns.includes(letter));
  const isSwapped = free.slice(0, columns.length).every((letter) => columns.includes(letter));
  const letters = isSwapped ? [...batch, ...columns, ...rows] : [...batch, ...rows, ...columns];
  const matrix: Operand = {
    letters,
    type: { dtype: left.type.dtype, shape: sizesOf(letters, sizes) },
    inputs: [...left.inputs, ...right.inputs],
    isFresh: true,
  };
  const kept = order.filter((letter) => letters.includes(letter));
  return {
    pair: {
      left: asMatrix(left, [batch, rows, summed], sizes),
      right: asMatrix(right, [batch, summed, columns], sizes),
      flops: 2 * elements(sizesOf([...letters, ...summed], sizes)),
    },
    product: { ...matrix, letters: kept, type: inOrder(matrix, kept, sizes) },
  };
}

function asMatrix(operand: Operand, groups: readonly (readonly string[])[], sizes: Sizes): Side {
  const { type, inputs, isFresh } = operand;
  const matrix = groups.map((group) => elements(sizesOf(group, sizes)));
  const isCopy = isFresh || viewStrides(inOrder(operand, groups.flat(), sizes), matrix) === undefined;
  return { type: { dtype: type.dtype, shape: matrix }, inputs, isCopy };
}

/** The axes in the order of the result. */
function arranged({ letters, type }: Operand, { result, sizes }: Equation): TensorType {
  const kept = letters.filter((letter) => result.includes(letter));
  const isWhole = kept.length === letters.length;
  const strides = isWhole ? stridesOf(type) : contiguousStrides(sizesOf(kept, sizes));
  return withStrides(
    type,
    sizesOf(result, sizes),
    result.map((letter) => strides[kept.indexOf(letter)] ?? 1),
  );
}

function isExchange({ terms, result }: Equation): boolean {
  const [term = []] = terms;
  return terms.length === 1 && term.every((letter) => result.includes(letter));
}
