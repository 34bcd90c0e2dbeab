import { quoted } from '../../graph/index.js';
import type { Layer } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { OnnxGraph, OnnxNode } from './schema.js';

/** True for the tensors a graph may read; a sub-graph may read those around it too. */
export type Knows = (id: string) => boolean;

/** Refuses a graph that would cost too much to read. */
export function checkLimits(graph: OnnxGraph, depth: number): void {
  const exceeded = LIMIT_CHECKS.find(([, isOver]) => isOver(graph, depth));
  if (exceeded) throw new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', message: exceeded[0] });
}

const LIMIT_CHECKS: readonly (readonly [message: string, isOver: (graph: OnnxGraph, depth: number) => boolean])[] = [
  [`sub-graphs nest deeper than ${LIMITS.maxDepth}`, (_, depth) => depth > LIMITS.maxDepth],
  [`more than ${LIMITS.maxLayers} nodes`, ({ node }) => node.length > LIMITS.maxLayers],
  [
    `more than ${LIMITS.maxTensors} tensors`,
    ({ initializer, valueInfo }) => initializer.length + valueInfo.length > LIMITS.maxTensors,
  ],
  [
    `a node of more than ${LIMITS.maxOperands} inputs or outputs`,
    ({ node }) => node.some(({ input, output }) => Math.max(input.length, output.length) > LIMITS.maxOperands),
  ],
  [
    `a name is longer than ${LIMITS.maxNameBytes} characters`,
    (graph) => graph.node.some(hasLongName) || listsOf(graph).some((list) => list.some(({ name }) => isTooLong(name))),
  ],
];

/** A node's own name is cut where it is too long; those that others refer to cannot be. */
function hasLongName({ input, output, opType, domain }: OnnxNode): boolean {
  return input.some(isTooLong) || output.some(isTooLong) || isTooLong(opType) || isTooLong(domain);
}

function listsOf({ initializer, input, output, valueInfo }: OnnxGraph): readonly (readonly { name: string }[])[] {
  return [initializer, input, output, valueInfo];
}

function isTooLong(name: string): boolean {
  return name.length > LIMITS.maxNameBytes;
}

/** Everything that is read must be written by something. */
export function checkReferences(layers: readonly Layer[], graph: OnnxGraph, isKnown: Knows): void {
  for (const layer of layers) {
    const missing = layer.inputs.find((id) => id !== '' && !isKnown(id));
    if (missing !== undefined) {
      throw invalid(`node ${quoted(layer.id)}`, `it reads ${quoted(missing)}, which nothing writes`);
    }
  }
  const output = graph.output.find(({ name }) => !isKnown(name));
  if (output) throw invalid(`output ${quoted(output.name)}`, 'nothing writes it');
}

export function invalid(location: string, message: string): FormatError {
  return new FormatError({ code: 'INVALID_GRAPH', format: 'onnx', location, message });
}
