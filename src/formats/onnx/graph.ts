import { buildGraph, quoted } from '../../graph/index.js';
import type { Graph, Layer, Tensor } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { readAttributes } from './attributes.js';
import { callOf } from './calls.js';
import type { Call } from './calls.js';
import { checkLimits, checkReferences, invalid } from './checks.js';
import type { Knows } from './checks.js';
import { tensorOfConstant } from './constants.js';
import { operatorName } from './domains.js';
import { assignRoles } from './roles.js';
import type { OnnxGraph, OnnxNode } from './schema.js';
import { provenanceOf, scopeOf } from './scope.js';
import { tensorOfInitializer, tensorOfSparse, tensorOfValueInfo } from './tensors.js';

/** No name is cut shorter than this. */
const MIN_NAME_LENGTH = 64;

/** Normalises one ONNX graph; sub-graphs come along under `<layer id>/<attribute>`. */
export function readGraph(graph: OnnxGraph, depth = 0, isOuter: Knows = () => false): Graph {
  checkLimits(graph, depth);
  const tensors = readTensors(graph);
  const { layers, nodes, calls } = readNodes(graph, tensors, depth);
  const written = new Set(layers.flatMap(({ outputs }) => outputs));
  const isKnown: Knows = (id) =>
    written.has(id) || (tensors.get(id)?.role ?? 'activation') !== 'activation' || isOuter(id);
  checkReferences(layers, graph, isKnown);
  const subgraphs = new Map<string, Graph>();
  for (const [layer, node] of nodes) {
    for (const { name, g } of node.attribute) {
      if (g) subgraphs.set(`${layer.id}/${name}`, readGraph(g, depth + 1, isKnown));
    }
  }
  const inputs = graph.input.map(({ name }) => name).filter((name) => tensors.get(name)?.role === 'input');
  return buildGraph({
    name: graph.name,
    format: 'onnx',
    ...assignRoles({ layers, tensors, subgraphs, calls }),
    inputs: [...new Set(inputs)],
    outputs: graph.output.map(({ name }) => name),
    subgraphs,
  });
}

interface Nodes {
  readonly layers: readonly Layer[];
  readonly nodes: readonly (readonly [Layer, OnnxNode])[];
  readonly calls: ReadonlyMap<string, Call>;
}

/** Nodes as layers; those that are constants become tensors. */
function readNodes(graph: OnnxGraph, tensors: Map<string, Tensor>, depth: number): Nodes {
  const names = new Set<string>();
  const nodes: [Layer, OnnxNode][] = [];
  const calls = new Map<string, Call>();
  graph.node.forEach((node, index) => {
    if (operatorName(node.domain, node.opType) === 'Constant') {
      const constant = tensorOfConstant(node);
      if (constant) declareOutput(tensors, constant.id, constant);
      return;
    }
    const layer = readLayer(node, uniqueName(node, index, { names, depth }));
    nodes.push([layer, node]);
    const call = callOf(node);
    if (call) calls.set(layer.id, call);
    for (const output of layer.outputs) if (output !== '') declareOutput(tensors, output);
  });
  return { layers: nodes.map(([layer]) => layer), nodes, calls };
}

/** Initializers win over inputs of the same name: IR versions before 4 repeat them there. */
function readTensors(graph: OnnxGraph): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const info of graph.valueInfo) tensors.set(info.name, tensorOfValueInfo(info, 'activation'));
  for (const info of graph.output) tensors.set(info.name, tensorOfValueInfo(info, 'activation'));
  graph.input.forEach((info, index) => tensors.set(info.name, tensorOfValueInfo(info, 'input', `input_${index}`)));
  for (const initializer of graph.initializer) tensors.set(initializer.name, tensorOfInitializer(initializer));
  for (const sparse of graph.sparseInitializer) {
    const tensor = tensorOfSparse(sparse, sparse.values?.name ?? '');
    if (tensor) tensors.set(tensor.id, tensor);
  }
  // The empty name stands for an input that is left out.
  tensors.delete('');
  return tensors;
}

/** Only one thing may write a tensor: the caller, a Constant, a node, or the file itself. */
function declareOutput(tensors: Map<string, Tensor>, id: string, made?: Tensor): void {
  const stated = tensors.get(id);
  if (stated && stated.role !== 'activation') {
    const what = stated.role === 'input' ? 'a graph input' : 'a constant';
    throw invalid(`tensor ${quoted(id)}`, `a node writes ${what}`);
  }
  if (made) tensors.set(id, made);
  else if (!stated) tensors.set(id, { id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' });
}

function readLayer(node: OnnxNode, id: string): Layer {
  const scope = scopeOf(node);
  const provenance = provenanceOf(node);
  return {
    id,
    type: operatorName(node.domain, node.opType),
    inputs: node.input,
    outputs: node.output,
    attributes: readAttributes(node.attribute),
    ...(scope !== undefined && { scope }),
    ...(provenance !== undefined && { provenance }),
  };
}

/**
 * Node names are optional and need not be unique in ONNX. Everything inside a branch has the branch's name in front, so
 * the deeper a name stands the shorter it is cut.
 */
function uniqueName(node: OnnxNode, index: number, { names, depth }: { names: Set<string>; depth: number }): string {
  const wanted = node.name === '' ? `${node.opType}_${index}` : node.name;
  let name = wanted.slice(0, Math.max(MIN_NAME_LENGTH, LIMITS.maxNameBytes / 2 ** depth));
  while (names.has(name)) name += `_${index}`;
  names.add(name);
  return name;
}
