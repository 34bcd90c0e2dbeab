import { buildGraph } from '../../graph/index.js';
import type { DType, Graph, Layer, Tensor } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { readAttributes } from './attributes.js';
import { operatorName } from './domains.js';
import { assignRoles } from './roles.js';
import { provenanceOf, scopeOf } from './scope.js';
import { MAX_VALUE_ELEMENTS } from './payload.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode } from './schema.js';
import { tensorOfInitializer, tensorOfValueInfo } from './tensors.js';

/** No name is cut shorter than this. */
const MIN_NAME_LENGTH = 64;

/** True for the tensors a graph may read; a sub-graph may read those around it too. */
type Knows = (id: string) => boolean;

/** Normalises one ONNX graph; sub-graphs come along under `<layer id>/<attribute>`. */
export function readGraph(graph: OnnxGraph, depth = 0, isOuter: Knows = () => false): Graph {
  checkLimits(graph, depth);
  const tensors = readTensors(graph);
  const names = new Set<string>();
  const layers: Layer[] = [];
  const nodes: [Layer, OnnxNode][] = [];
  graph.node.forEach((node, index) => {
    if (operatorName(node.domain, node.opType) === 'Constant') {
      addConstant(tensors, node);
      return;
    }
    const layer = readLayer(node, uniqueName(node, index, { names, depth }));
    layers.push(layer);
    nodes.push([layer, node]);
    for (const output of layer.outputs) if (output !== '') declareOutput(tensors, output);
  });
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
  const parts = assignRoles({ layers, tensors });
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
          : graph.node.some(({ input, output }) => Math.max(input.length, output.length) > LIMITS.maxOperands)
            ? `a node of more than ${LIMITS.maxOperands} inputs or outputs`
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
  // The empty name stands for an input that is left out.
  tensors.delete('');
  return tensors;
}

/** Only one thing may write a tensor: the caller, a Constant, a node, or the file itself. */
function declareOutput(tensors: Map<string, Tensor>, id: string, made?: Tensor): void {
  const stated = tensors.get(id);
  if (stated && stated.role !== 'activation') {
    const what = stated.role === 'input' ? 'a graph input' : 'a constant';
    throw invalid(`tensor "${id}"`, `a node writes ${what}`);
  }
  if (made) tensors.set(id, made);
  else if (!stated) tensors.set(id, { id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' });
}

/** A Constant node is a tensor of the file, not a layer. */
function addConstant(tensors: Map<string, Tensor>, node: OnnxNode): void {
  const id = node.output[0] ?? '';
  const [attribute] = node.attribute;
  if (id === '') return;
  const tensor = attribute?.t ? tensorOfInitializer({ ...attribute.t, name: id }) : listConstant(id, attribute);
  declareOutput(tensors, id, tensor);
}

/** `value_int`, `value_floats`, …: a scalar or a list. What else there is, a sparse tensor, has no shape known here. */
function listConstant(id: string, attribute: OnnxAttribute | undefined): Tensor {
  const { value } = attribute ? readAttributes([{ ...attribute, name: 'value' }]) : {};
  const dtype = listDType(attribute?.name ?? '');
  const shape = value === undefined ? undefined : Array.isArray(value) ? [value.length] : [];
  const elements = [value].flat().filter((element) => typeof element === 'number');
  const isSmall = dtype !== 'string' && shape !== undefined && elements.length <= MAX_VALUE_ELEMENTS;
  return { id, dtype, shape, storage: id, role: 'constant', ...(isSmall && { value: elements }) };
}

function listDType(attribute: string): DType {
  if (attribute.startsWith('value_float')) return 'float32';
  return attribute.startsWith('value_string') ? 'string' : 'int64';
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

function checkReferences(layers: readonly Layer[], graph: OnnxGraph, isKnown: Knows): void {
  for (const layer of layers) {
    const missing = layer.inputs.find((id) => id !== '' && !isKnown(id));
    if (missing !== undefined) throw invalid(`node "${layer.id}"`, `it reads "${missing}", which nothing writes`);
  }
  const output = graph.output.find(({ name }) => !isKnown(name));
  if (output) throw invalid(`output "${output.name}"`, 'nothing writes it');
}

function invalid(location: string, message: string): FormatError {
  return new FormatError({ code: 'INVALID_GRAPH', format: 'onnx', location, message });
}
