import { bindDim, bytesOf, symbolsOf } from '../../graph/index.js';
import type { Dim } from '../../graph/index.js';
import { namesIn } from './argument.js';
import type { ExportedGraph, TensorMeta } from './schema.js';

/** A free size, as far as branches are compared: what it will be is not known here. */
const FREE_SIZE = 32;

/** Of the bodies that a node may run, the one that reads and computes the most bytes; the first of equals. */
export function largest(bodies: readonly ExportedGraph[]): ExportedGraph | undefined {
  const sizes = bodies.length > 1 ? bodies.map(bytesIn) : [];
  return bodies[sizes.indexOf(Math.max(...sizes))] ?? bodies[0];
}

/** Every body is given what any of them reads (torch/_higher_order_ops/cond.py), so that its inputs count where it reads them. */
function bytesIn({ inputs, outputs, nodes, tensors }: ExportedGraph): number {
  const given = new Set(inputs.flatMap(namesIn));
  const read = new Set(
    [...nodes.flatMap((node) => node.inputs.map(({ argument }) => argument)), ...outputs].flatMap(namesIn),
  );
  const used = [...tensors].filter(([name]) => !given.has(name) || read.has(name));
  return used.reduce((sum, [, meta]) => sum + bytesOfTensor(meta), 0);
}

function bytesOfTensor({ dtype, sizes }: TensorMeta): number {
  return bytesOf(
    dtype,
    sizes.reduce((product: number, dim) => product * sizeOf(dim), 1),
  );
}

function sizeOf(dim: Dim): number {
  return bindDim(dim, new Map(symbolsOf(dim).map((name) => [name, FREE_SIZE]))) ?? FREE_SIZE;
}
