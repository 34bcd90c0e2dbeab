/** `Einsum` (ONNX opset 12, NumPy's notation) as torch.einsum computes it: one pair of operands after the other. */
import { elements } from './context.js';
import { ShapeError } from './spec.js';
import type { TensorType } from './spec.js';
import { contiguousStrides, stridesOf, viewStrides, withStrides } from './strides.js';

/** One side of a product: its axes by letter. Stretched axes of size 1 are not among them. */
interface Operand {
  readonly letters: readonly string[];
  readonly type: TensorType;
  /** The inputs it was made of: one, or several for a product. */
  readonly inputs: readonly number[];
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
}

/** The output of an equation, and what it multiplies on the way. */
export function einsum(equation: string, inputs: readonly TensorType[]): Einsum {
  const parsed = parse(equation, inputs);
  const [first, ...rest] = inputs.map((type, index) => operandOf(type, index, parsed));
  if (!first) throw new ShapeError('Einsum of no inputs');
  const pairs: Pair[] = [];
  const last = rest.reduce((left, right, index) => {
    const later = new Set([...parsed.result, ...rest.slice(index + 1).flatMap(({ letters }) => letters)]);
    const { pair, product } = multiply(left, right, { later, sizes: parsed.sizes });
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
  return { terms, result, sizes };
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
function operandOf(type: TensorType, index: number, { terms, sizes }: Equation): Operand {
  const term = terms[index] ?? [];
  const strides = stridesOf(type);
  const letters = [...new Set(term)].filter((letter) => type.shape[term.indexOf(letter)] === sizes.get(letter));
  const strideOf = (letter: string): number =>
    term.reduce((sum, other, axis) => (other === letter ? sum + (strides[axis] ?? 0) : sum), 0);
  return { letters, type: withStrides(type, sizesOf(letters, sizes), letters.map(strideOf)), inputs: [index] };
}

function multiply(
  left: Operand,
  right: Operand,
  { later, sizes }: { later: ReadonlySet<string>; sizes: Sizes },
): { pair: Pair; product: Operand } {
  const both = left.letters.filter((letter) => right.letters.includes(letter));
  const own = (operand: Operand): string[] =>
    operand.letters.filter((letter) => !both.includes(letter) && later.has(letter));
  const batch = both.filter((letter) => later.has(letter));
  const summed = both.filter((letter) => !later.has(letter));
  const [rows, columns] = [own(left), own(right)];
  const isSum = summed.length > 0;
  const letters = isSum ? [...batch, ...rows, ...columns] : [...later].filter((letter) => isIn(letter, left, right));
  const type = { dtype: left.type.dtype, shape: sizesOf(letters, sizes) };
  const product: Operand = { letters, type, inputs: [...left.inputs, ...right.inputs] };
  if (!isSum) return { pair: { left: asItIs(left), right: asItIs(right), flops: 0 }, product };
  const pair: Pair = {
    left: asMatrix(left, [batch, rows, summed], sizes),
    right: asMatrix(right, [batch, summed, columns], sizes),
    flops: 2 * elements(sizesOf([...letters, ...summed], sizes)),
  };
  return { pair, product };
}

const isIn = (letter: string, ...operands: Operand[]): boolean =>
  operands.some(({ letters }) => letters.includes(letter));

/** An input itself, or a product that nobody else holds. */
function asItIs({ type, inputs }: Operand): Side {
  return { type, inputs, isCopy: inputs.length > 1 };
}

/** As bmm takes it, rank 3, once the axes that nothing else has are summed away (aten/src/ATen/native/Linear.cpp). */
function asMatrix({ letters, type, inputs }: Operand, groups: readonly (readonly string[])[], sizes: Sizes): Side {
  const strides = stridesOf(type);
  const order = groups.flat();
  const permuted = {
    dtype: type.dtype,
    shape: sizesOf(order, sizes),
    strides: order.map((letter) => strides[letters.indexOf(letter)] ?? 0),
  };
  const matrix = groups.map((group) => elements(sizesOf(group, sizes)));
  const isWhole = inputs.length === 1 && order.length === letters.length;
  const isCopy = !isWhole || viewStrides(permuted, matrix) === undefined;
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
