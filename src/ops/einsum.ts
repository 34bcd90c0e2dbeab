import { ShapeError } from './spec.js';
import type { TensorType } from './spec.js';

export interface EinsumShape {
  readonly shape: readonly number[];
  /** The size of every index letter. */
  readonly sizes: ReadonlyMap<string, number>;
  /** True where an index is summed over. */
  readonly contracted: boolean;
}

/** Shapes of `Einsum` (ONNX opset 12, NumPy's notation); an ellipsis stands for the leading dims it covers. */
export function einsumShape(equation: string, inputs: readonly (TensorType | undefined)[]): EinsumShape {
  const [left = '', right] = equation.replace(/\s+/g, '').split('->');
  const terms = left.split(',');
  const ellipsisRank = Math.max(0, ...terms.map((term, index) => hiddenRank(term, inputs[index])));
  const sizes = new Map<string, number>();
  terms.forEach((term, index) => {
    const letters = lettersOf(term, ellipsisRank);
    const shape = inputs[index]?.shape ?? [];
    if (letters.length !== shape.length) throw new ShapeError(`Einsum "${equation}" does not fit its input ${index}`);
    letters.forEach((letter, axis) => sizes.set(letter, Math.max(sizes.get(letter) ?? 1, shape[axis] ?? 1)));
  });
  const result = right === undefined ? implicitOutput(terms, ellipsisRank) : lettersOf(right, ellipsisRank);
  return {
    shape: result.map((letter) => sizes.get(letter) ?? 1),
    sizes,
    contracted: [...sizes.keys()].some((letter) => !result.includes(letter)),
  };
}

function hiddenRank(term: string, type: TensorType | undefined): number {
  return term.includes('...') ? (type?.shape.length ?? 0) - term.replace('...', '').length : 0;
}

function lettersOf(term: string, ellipsisRank: number): string[] {
  const [head = '', tail] = term.split('...');
  const hidden = tail === undefined ? [] : Array.from({ length: ellipsisRank }, (_, index) => `...${index}`);
  return [...head, ...hidden, ...(tail ?? '')];
}

/** Without `->`: the letters that occur once, in alphabetical order. */
function implicitOutput(terms: readonly string[], ellipsisRank: number): string[] {
  const all = terms.flatMap((term) => lettersOf(term, ellipsisRank));
  return [...new Set(all)].filter((letter) => all.filter((other) => other === letter).length === 1).sort();
}
