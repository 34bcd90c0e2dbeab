/** A serialized ExportedProgram (torch/_export/serde/schema.py), as far as structure goes. */
import { quoted } from '../../graph/index.js';
import type { Dim, DType, SizeRange } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { namesIn, readArgument } from './argument.js';
import type { Argument } from './argument.js';
import { SCALAR_TYPES } from './dtypes.js';
import { parseExpression } from './expression.js';
import { failure } from './failure.js';
import { fieldsOf, listOf, nameOf, textOf, unexpected, unionOf } from './json.js';
import type { Fields } from './json.js';
import { readRanges } from './ranges.js';

export interface TensorMeta {
  readonly dtype: DType;
  readonly sizes: readonly Dim[];
  readonly requiresGrad: boolean;
  /** The number of a dtype that is not known here, in whose place `dtype` stands. */
  readonly unknownDType?: number;
}

export interface ExportedNode {
  /** `torch.ops.aten.conv2d.default`, `_operator.mul`. */
  readonly target: string;
  readonly inputs: readonly { readonly name: string; readonly argument: Argument }[];
  readonly outputs: readonly Argument[];
  readonly moduleStack: string;
  /** The lines of Python that called it. */
  readonly stackTrace: string;
}

export interface ExportedGraph {
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
  readonly nodes: readonly ExportedNode[];
  readonly tensors: ReadonlyMap<string, TensorMeta>;
}

/** What a graph input is: `kind` as the file says, `name` in the graph, `target` in the module. */
export interface InputSpec {
  readonly kind: string;
  readonly name: string;
  readonly target: string;
}

export interface OutputSpec {
  readonly kind: string;
  readonly names: readonly string[];
}

export interface Program {
  /** Not decomposed: the operators are those that the training runs (the dialect TRAINING). */
  readonly isVerbatim: boolean;
  readonly graph: ExportedGraph;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** What each symbol may be. */
  readonly ranges: ReadonlyMap<string, SizeRange>;
}

/** Majors that were written into files: 5 by torch 2.3, 7 by 2.5, 8 since 2.6. */
const MAJORS = { first: 5, last: 8 };

export function readProgram(value: unknown): Program {
  const program = fieldsOf(value, 'the text');
  checkVersion(program['schema_version']);
  const module = fieldsOf(program['graph_module'], 'graph_module');
  const signature = fieldsOf(module['signature'], 'signature');
  return {
    isVerbatim: isTraining(program),
    graph: readGraph(module['graph'], 'graph'),
    inputs: each(signature['input_specs'], 'input_specs', inputSpec),
    outputs: each(signature['output_specs'], 'output_specs', outputSpec),
    ranges: readRanges(program['range_constraints']),
  };
}

/** torch/_export/verifier.py; before schema 8 one dialect was named. */
function isTraining({ verifiers, dialect }: Fields): boolean {
  return [verifiers, dialect].flat().includes('TRAINING');
}

function checkVersion(version: unknown): void {
  const major = fieldsOf(version, 'schema_version')['major'];
  if (typeof major === 'number' && major >= MAJORS.first && major <= MAJORS.last) return;
  const message = `schema ${Number(major)} is not one of ${MAJORS.first} to ${MAJORS.last}: export the model again`;
  throw failure('UNSUPPORTED_VERSION', message);
}

export function readGraph(value: unknown, path: string): ExportedGraph {
  const graph = fieldsOf(value, path);
  const nodes = listOf(graph['nodes'], `${path}.nodes`);
  const tensors = Object.entries(fieldsOf(graph['tensor_values'], `${path}.tensor_values`));
  if (nodes.length > LIMITS.maxLayers) throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxLayers} nodes`);
  if (tensors.length > LIMITS.maxTensors) throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxTensors} tensors`);
  return {
    inputs: each(graph['inputs'], `${path}.inputs`, readArgument),
    outputs: each(graph['outputs'], `${path}.outputs`, readArgument),
    nodes: nodes.map((node, at) => readNode(node, `${path}.nodes[${at}]`)),
    tensors: new Map(tensors.map(([name, meta]) => [textOf(name, path), readMeta(meta, `tensor ${quoted(name)}`)])),
  };
}

function each<T>(value: unknown, path: string, read: (item: unknown, path: string) => T): readonly T[] {
  return listOf(value, path).map((item, at) => read(item, `${path}[${at}]`));
}

function readNode(value: unknown, path: string): ExportedNode {
  const node = fieldsOf(value, path);
  const [inputs, outputs] = [listOf(node['inputs'], `${path}.inputs`), listOf(node['outputs'], `${path}.outputs`)];
  if (Math.max(inputs.length, outputs.length) > LIMITS.maxOperands) {
    throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxOperands} inputs or outputs`, { location: path });
  }
  return {
    target: textOf(node['target'], `${path}.target`),
    inputs: inputs.map((input, at) => readInput(input, `${path}.inputs[${at}]`)),
    outputs: outputs.map((output, at) => readArgument(output, `${path}.outputs[${at}]`)),
    moduleStack: metadataOf(node['metadata'], 'nn_module_stack'),
    stackTrace: metadataOf(node['metadata'], 'stack_trace'),
  };
}

function readInput(value: unknown, path: string): ExportedNode['inputs'][number] {
  const input = fieldsOf(value, path);
  return { name: textOf(input['name'], `${path}.name`), argument: readArgument(input['arg'], `${path}.arg`) };
}

function metadataOf(metadata: unknown, key: string): string {
  const value = typeof metadata === 'object' ? (metadata as Fields | null)?.[key] : undefined;
  return typeof value === 'string' ? value : '';
}

function readMeta(value: unknown, path: string): TensorMeta {
  const meta = fieldsOf(value, path);
  const { dtype: number } = meta;
  if (typeof number !== 'number') throw unexpected(`${path}.dtype`, 'a number');
  const dtype = SCALAR_TYPES[number];
  return {
    dtype: dtype ?? 'float32',
    ...(dtype === undefined && { unknownDType: number }),
    sizes: dims(meta['sizes'], `${path}.sizes`),
    requiresGrad: meta['requires_grad'] === true,
  };
}

function dims(value: unknown, path: string): readonly Dim[] {
  const sizes = listOf(value, path);
  if (sizes.length <= LIMITS.maxRank) return sizes.map((size, axis) => readDim(size, `${path}[${axis}]`));
  throw failure('LIMIT_EXCEEDED', `more than ${LIMITS.maxRank} dimensions`, { location: path });
}

/** `{ as_int: 64 }`, or `{ as_expr: { expr_str, hint } }`. */
function readDim(value: unknown, path: string): Dim {
  const [key, inner] = unionOf(value, path);
  if (key === 'as_expr') return parseExpression(textOf(fieldsOf(inner, path)['expr_str'], `${path}.expr_str`));
  if (typeof inner === 'number' && Number.isSafeInteger(inner) && inner >= 0) return inner;
  throw unexpected(path, 'a size');
}

/** What names the thing in the module: `parameter_name`, `buffer_name`, `tensor_constant_name`. */
const TARGET = /^(?:parameter|buffer|tensor_constant)_name$/;

function inputSpec(value: unknown, path: string): InputSpec {
  const [kind, spec] = unionOf(value, path);
  const fields = fieldsOf(spec, path);
  const [, target] = Object.entries(fields).find(([key]) => TARGET.test(key)) ?? [];
  return { kind, name: argumentNames(fields['arg'], path)[0] ?? '', target: typeof target === 'string' ? target : '' };
}

function outputSpec(value: unknown, path: string): OutputSpec {
  const [kind, spec] = unionOf(value, path);
  return { kind, names: argumentNames(fieldsOf(spec, path)['arg'], path) };
}

/** A user's value is an argument; parameters, buffers and losses are named directly. A constant input has neither. */
function argumentNames(value: unknown, path: string): readonly string[] {
  if (value === undefined) return [];
  if ('name' in fieldsOf(value, path)) return [nameOf(value, path)];
  return namesIn(readArgument(value, path)).filter((name) => name !== '');
}
