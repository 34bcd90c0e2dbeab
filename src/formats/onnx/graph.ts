import { buildGraph } from '../../graph/index.js';
import type { Graph, Layer, Tensor } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { readAttributes } from './attributes.js';
import { operatorName } from './domains.js';
import { assignRoles } from './roles.js';
import { provenanceOf, scopeOf } from './scope.js';
import type { OnnxGraph, OnnxNode } from './schema.js';
import { tensorOfInitializer, tensorOfValueInfo } from './tensors.js';

/** Normalises one ONNX graph; sub-graphs come along under `<layer id>/<attribute>`. */
export function readGraph(graph: OnnxGraph, depth = 0): Graph {
  checkLimits(graph, depth);
  const tensors = readTensors(graph);
  const names = new Set<string>();
  const layers: Layer[] = [];
  const subgraphs = new Map<string, Graph>();
  graph.node.forEach((node, index) => {
    if (node.opType === 'Constant' && node.domain === '') {
      addConstant(tensors, node);
      return;
    }
    const layer = readLayer(node, uniqueName(node, index, names));
    layers.push(layer);
    for (const output of layer.outputs) if (output !== '') declareOutput(tensors, output);
    for (const attribute of node.attribute) {
      if (attribute.g) subgraphs.set(`${layer.id}/${attribute.name}`, readGraph(attribute.g, depth + 1));
    }
  });
  const inputs = graph.input.map(({ name }) => name).filter((name) => tensors.get(name)?.role === 'input');
  const parts = assignRoles({ layers, tensors });
  if (depth === 0) checkReferences(parts.layers, parts.tensors);
  return buildGraph({
    name: graph.name,
    format: 'onnx',
    layers: parts.layers,
    tensors: parts.tensors,
    inputs,
    outputs: graph.output.map(({ name }) => name),
    subgraphs,
  });
}

function checkLimits(graph: OnnxGraph, depth: number): void {
  const exceeded =
    depth > LIMITS.maxDepth
      ? `sub-graphs nest deeper than ${LIMITS.maxDepth}`
      : graph.node.length > LIMITS.maxLayers
        ? `more than ${LIMITS.maxLayers} nodes`
        : graph.initializer.length + graph.valueInfo.length > LIMITS.maxTensors
          ? `more than ${LIMITS.maxTensors} tensors`
          : undefined;
  if (exceeded) throw new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', message: exceeded });
}

/** Initializers win over inputs of the same name: IR versions before 4 repeat them there. */
function readTensors(graph: OnnxGraph): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const info of graph.valueInfo) tensors.set(info.name, tensorOfValueInfo(info, 'activation'));
  for (const info of graph.output) tensors.set(info.name, tensorOfValueInfo(info, 'activation'));
  for (const info of graph.input) tensors.set(info.name, tensorOfValueInfo(info, 'input'));
  for (const initializer of graph.initializer) tensors.set(initializer.name, tensorOfInitializer(initializer));
  for (const { values } of graph.sparseInitializer) {
    if (values) tensors.set(values.name, tensorOfInitializer(values));
  }
  return tensors;
}

function declareOutput(tensors: Map<string, Tensor>, id: string): void {
  const stated = tensors.get(id);
  if (stated?.role === 'activation') return;
  if (stated?.role === 'input') {
    throw new FormatError({
      code: 'INVALID_GRAPH',
      format: 'onnx',
      location: `tensor "${id}"`,
      message: 'a node writes a graph input',
    });
  }
  tensors.set(id, { id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' });
}

/** A Constant node is a tensor of the file, not a layer. */
function addConstant(tensors: Map<string, Tensor>, node: OnnxNode): void {
  const id = node.output[0] ?? '';
  const attribute = node.attribute[0];
  if (attribute?.t) {
    tensors.set(id, { ...tensorOfInitializer({ ...attribute.t, name: id }), role: 'constant' });
    return;
  }
  const { value } = attribute ? readAttributes([{ ...attribute, name: 'value' }]) : {};
  const elements = typeof value === 'number' ? [value] : Array.isArray(value) ? value.map(Number) : [];
  const isFloat = attribute?.name.startsWith('value_float') === true;
  tensors.set(id, {
    id,
    dtype: isFloat ? 'float32' : 'int64',
    shape: typeof value === 'number' ? [] : [elements.length],
    storage: id,
    role: 'constant',
    value: elements,
  });
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

/** Node names are optional and need not be unique in ONNX. */
function uniqueName(node: OnnxNode, index: number, names: Set<string>): string {
  const wanted = node.name === '' ? `${node.opType}_${index}` : node.name.slice(0, LIMITS.maxNameBytes);
  const name = names.has(wanted) ? `${wanted}_${index}` : wanted;
  names.add(name);
  return name;
}

function checkReferences(layers: readonly Layer[], tensors: ReadonlyMap<string, Tensor>): void {
  for (const layer of layers) {
    const missing = layer.inputs.find((id) => id !== '' && !tensors.has(id));
    if (missing === undefined) continue;
    throw new FormatError({
      code: 'INVALID_GRAPH',
      format: 'onnx',
      location: `node "${layer.id}"`,
      message: `it reads "${missing}", which nothing writes`,
    });
  }
}
