/** What of a file nobody here can read, and what is taken in its place: one sentence each. */
import { quoted, symbolsOf } from '../../graph/index.js';
import type { ExportedGraph, TensorMeta } from './schema.js';

/** Numbers of PyTorch's ScalarType (torch/_export/serde/schema.py) that were given out after this was written. */
export function unknownDTypes({ tensors }: ExportedGraph): readonly string[] {
  const numbers = new Set([...tensors.values()].flatMap(({ unknownDType }) => unknownDType ?? []));
  return [...numbers].map((number) => `the file's dtype ${number} is not known here: taken as float32`);
}

/** A name as SymPy has it, rather than text that is no arithmetic on integers. */
const SYMBOL = /^[A-Za-z_]\w*$/;

export function unreadableSizes(name: string, { sizes }: TensorMeta): readonly string[] {
  const texts = sizes.flatMap(symbolsOf).filter((symbol) => !SYMBOL.test(symbol));
  return texts.map((text) => `the size ${quoted(text)} of input ${quoted(name)} cannot be read: taken as free`);
}
