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
  if (terms.length !== inputs.length)
    throw new ShapeError(`Einsum of ${inputs.length} inputs by ${terms.length} terms`);
  const ellipsisRank = Math.max(0, ...terms.map((term, index) => hiddenRank(term, inputs[index])));
  const sizes = new Map<string, number>();
  terms.forEach((term, index) => {
    const letters = lettersOf(term, ellipsisRank);
    const shape = inputs[index]?.shape ?? [];
    if (letters.length !== shape.length) throw new ShapeError(`Einsum "${equation}" does not fit its input ${index}`);
    letters.forEach((letter, axis) => {
      const [known, dim] = [sizes.get(letter) ?? 1, shape[axis] ?? 1];
      if (known !== 1 && dim !== 1 && known !== dim) {
        throw new ShapeError(`Einsum "${equation}" has both ${known} and ${dim} for ${letter}`);
      }
      sizes.set(letter, known === 1 ? dim : known);
    });
  });
  const result = right === undefined ? implicitOutput(terms, ellipsisRank) : lettersOf(right, ellipsisRank);
  const kept = new Set(result);
  return {
    shape: result.map((letter) => sizes.get(letter) ?? 1),
    sizes,
    contracted: [...sizes.keys()].some((letter) => !kept.has(letter)),
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
  const first = new Map(all.map((letter, index) => [letter, index] as const).reverse());
  const repeated = new Set(all.filter((letter, index) => first.get(letter) !== index));
  return [...first.keys()].filter((letter) => !repeated.has(letter)).sort();
}
