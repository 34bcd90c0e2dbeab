import { quoted } from '../../graph/index.js';
import type { Graph, Layer, Tensor } from '../../graph/index.js';
import { specOf } from '../../ops/index.js';

/** What the TorchScript exporter calls a weight that it transposed, and so copied. */
const TRANSPOSED = /^onnx::/;

/**
 * A language model often scores with the transpose of its embedding. The TorchScript exporter writes a copy of it under
 * a name that says nothing, so that tied and untied models look alike: they are counted as untied, which is the more.
 */
export function tieAssumptions({ layers, tensors }: Graph): readonly string[] {
  const matrices = (readers: readonly Layer[], index: number): Tensor[] =>
    readers
      .flatMap(({ inputs }) => tensors.get(inputs[index] ?? '') ?? [])
      .filter(({ role, shape }) => role === 'parameter' && shape?.length === 2);
  const copies = matrices(layers.filter(isContraction), 1).filter(({ id }) => TRANSPOSED.test(id));
  const tables = copies.length > 0 ? matrices(layers.filter(isLookup), 0) : [];
  const byTransposed = new Map(tables.map((table) => [JSON.stringify(table.shape?.toReversed()), table]));
  for (const { id, shape } of copies) {
    const table = byTransposed.get(JSON.stringify(shape));
    if (table && table.id !== id) {
      return [`${quoted(table.id)} and its transpose ${quoted(id)} are counted as two parameters: they may be tied`];
    }
  }
  return [];
}

function isContraction({ type }: Layer): boolean {
  return specOf(type)?.flops !== undefined;
}

/** What reads a parameter first and multiplies with nothing takes rows out of it. */
function isLookup(layer: Layer): boolean {
  return !isContraction(layer);
}
