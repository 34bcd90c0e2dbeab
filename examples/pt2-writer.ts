/** Writes small ExportedPrograms (torch/_export/serde/schema.py), for the tests and the fixtures: structure only. */
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';

/** A size: a number, or an expression of symbols (`s0`, `2*s0`). */
export type Dims = readonly (number | string)[];

/** `%x` is a value of the graph, `$s` one that is a number; other text is text. */
export type Given =
  | number
  | boolean
  | string
  | null
  | readonly (number | string | null)[]
  | { readonly float: number }
  | { readonly dtype: string }
  | { readonly format: number }
  | { readonly graph: GraphDescription };

export interface NodeDescription {
  /** Without `torch.ops.`: `aten.relu.default`. */
  readonly target: string;
  readonly arguments: Readonly<Record<string, Given>>;
  /** Shapes by name; a name with `$` in front is a number. */
  readonly outputs: Readonly<Record<string, Dims>>;
  readonly module?: string;
  /** The lines of Python that called it. */
  readonly stackTrace?: string;
  /** Of the outputs; `float32` otherwise. */
  readonly dtype?: string;
  /** Several outputs are one list, as of `split`, or a tuple, as of `max.dim`. */
  readonly isList?: boolean;
}

export interface GraphDescription {
  readonly inputs: Readonly<Record<string, Dims>>;
  readonly nodes: readonly NodeDescription[];
  readonly outputs: readonly string[];
}

export interface ProgramDescription extends GraphDescription {
  /** By name in the module: `conv.weight` is `p_conv_weight` in the graph. */
  readonly parameters?: Readonly<Record<string, Dims>>;
  readonly frozen?: readonly string[];
  readonly buffers?: Readonly<Record<string, Dims>>;
  readonly constants?: Readonly<Record<string, Dims>>;
  /** Graph inputs that are integers; the rest are float32. */
  readonly integers?: readonly string[];
  readonly losses?: readonly string[];
  /** What each symbol may be; null where there is no bound. */
  readonly ranges?: Readonly<Record<string, readonly [least: number | null, most: number | null]>>;
  readonly version?: { readonly major: number; readonly minor: number };
  /** `TRAINING`, of a program that was not decomposed. */
  readonly verifiers?: readonly string[];
}

const DTYPES: Readonly<Record<string, number>> = {
  uint8: 1,
  int32: 4,
  int64: 5,
  float16: 6,
  float32: 7,
  float64: 8,
  bool: 12,
  bfloat16: 13,
};

type Json = Readonly<Record<string, unknown>>;

const size = (dim: number | string): Json =>
  typeof dim === 'number' ? { as_int: dim } : { as_expr: { expr_str: dim, hint: { as_int: 8 } } };

function stridesOf(dims: Dims): Json[] {
  const strides: Json[] = [];
  let stride: number | string = 1;
  for (const dim of dims.toReversed()) {
    strides.unshift(size(stride));
    stride = typeof stride === 'number' && typeof dim === 'number' ? stride * dim : `(${dim})*(${stride})`;
  }
  return strides;
}

function meta(dims: Dims, dtype = 'float32', requiresGrad = false): Json {
  return {
    dtype: DTYPES[dtype],
    sizes: dims.map(size),
    requires_grad: requiresGrad,
    device: { type: 'cpu', index: null },
    strides: stridesOf(dims),
    storage_offset: { as_int: 0 },
    layout: 7,
  };
}

function argument(value: Given): Json {
  if (value === null) return { as_none: true };
  if (typeof value === 'boolean') return { as_bool: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { as_int: value } : { as_float: value };
  if (typeof value === 'string') return named(value);
  if ('dtype' in value) return { as_scalar_type: DTYPES[value.dtype] };
  if ('format' in value) return { as_memory_format: value.format };
  if ('float' in value) return { as_float: value.float };
  if ('graph' in value) return { as_graph: { name: 'body', graph: graphJson(value.graph, {}) } };
  return list(value);
}

function named(text: string): Json {
  if (text.startsWith('%')) return { as_tensor: { name: text.slice(1) } };
  return text.startsWith('$') ? { as_sym_int: { as_name: text.slice(1) } } : { as_string: text };
}

function list(values: readonly (number | string | null)[]): Json {
  const isTensor = (value: number | string | null): boolean => typeof value === 'string' && value.startsWith('%');
  const name = (value: number | string | null): Json => ({ name: String(value).slice(1) });
  if (values.length > 0 && values.every(isTensor)) return { as_tensors: values.map(name) };
  if (values.some((value) => value === null || isTensor(value))) {
    return {
      as_optional_tensors: values.map((value) => (value === null ? { as_none: true } : { as_tensor: name(value) })),
    };
  }
  if (values.every((value) => typeof value === 'number')) return { as_ints: values };
  return {
    as_sym_ints: values.map((value) =>
      typeof value === 'number' ? { as_int: value } : { as_name: String(value).slice(1) },
    ),
  };
}

function nodeJson({ target, arguments: given, outputs, module, stackTrace, isList = false }: NodeDescription): Json {
  const names = Object.keys(outputs).filter((name) => name !== '');
  const tensors = names.map((name) => ({ name }));
  const single = names.map((name) => named(name.startsWith('$') ? name : `%${name}`));
  return {
    target: target.startsWith('_') || target.startsWith('math.') ? target : `torch.ops.${target}`,
    inputs: Object.entries(given).map(([name, value]) => ({
      name: name.replace(/^#\d+$/, ''),
      arg: argument(value),
      kind: 1,
    })),
    outputs: isList ? [{ as_tensors: tensors }] : single,
    metadata: {
      ...(module !== undefined && { nn_module_stack: `L__self__,,pkg.Net;L__self__${module},${module},pkg.Layer` }),
      ...(stackTrace !== undefined && { stack_trace: stackTrace }),
    },
  };
}

function graphJson({ inputs, nodes, outputs }: GraphDescription, more: Json): Json {
  const values = nodes.flatMap((node) =>
    Object.entries(node.outputs)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, dims]) => [name, meta(dims, node.dtype)]),
  );
  const given = Object.entries(inputs).map(([name, dims]) => [name, meta(dims)]);
  return {
    inputs: Object.keys(inputs).map((name) => named(`%${name}`)),
    outputs: outputs.map((name) => named(`%${name}`)),
    nodes: nodes.map(nodeJson),
    tensor_values: { ...(Object.fromEntries([...given, ...values]) as Json), ...more },
    sym_int_values: {},
    sym_bool_values: {},
    is_single_tensor_return: false,
  };
}

const graphName = (prefix: string, name: string): string => `${prefix}_${name.replaceAll('.', '_')}`;

/** The kinds of input beside the user's: how each is called in the graph and in the signature. */
const KINDS = [
  { key: 'parameters', prefix: 'p', kind: 'parameter', field: 'parameter_name' },
  { key: 'buffers', prefix: 'b', kind: 'buffer', field: 'buffer_name' },
  { key: 'constants', prefix: 'c', kind: 'tensor_constant', field: 'tensor_constant_name' },
] as const;

/** The value of `models/model.json`. */
export function programJson(program: ProgramDescription): Json {
  const { frozen = [], integers = [], losses = [] } = program;
  const states = KINDS.flatMap(({ key, prefix, kind, field }) =>
    Object.entries(program[key] ?? {}).map(([name, dims]) => ({
      name: graphName(prefix, name),
      meta: meta(dims, 'float32', kind === 'parameter' && !frozen.includes(name)),
      spec: { [kind]: { arg: { name: graphName(prefix, name) }, [field]: name } },
    })),
  );
  const user = Object.keys(program.inputs).map((name) => ({ user_input: { arg: { as_tensor: { name } } } }));
  const typed = integers.map((name) => [name, meta(program.inputs[name] ?? [], 'int64')]);
  const more = Object.fromEntries([...states.map((state) => [state.name, state.meta]), ...typed]) as Json;
  const graph = graphJson(program, more);
  return {
    graph_module: {
      graph: { ...graph, inputs: [...states.map(({ name }) => named(`%${name}`)), ...(graph['inputs'] as Json[])] },
      signature: {
        input_specs: [...states.map(({ spec }) => spec), ...user],
        output_specs: program.outputs.map((name) =>
          losses.includes(name)
            ? { loss_output: { arg: { name } } }
            : { user_output: { arg: { as_tensor: { name } } } },
        ),
      },
      module_call_graph: [],
      metadata: {},
    },
    opset_version: { aten: 10 },
    range_constraints: Object.fromEntries(
      Object.entries(program.ranges ?? {}).map(([name, [least, most]]) => [name, { min_val: least, max_val: most }]),
    ),
    schema_version: program.version ?? { major: 8, minor: 20 },
    ...(program.verifiers && { verifiers: program.verifiers }),
  };
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The bytes of `models/model.json`. */
export function writeProgram(program: ProgramDescription): Uint8Array {
  return bytesOf(programJson(program));
}

export interface ArchiveOptions {
  /** Names of weights that share the payload of another: `lm_head.weight` that of `wte.weight`. */
  readonly tied?: Readonly<Record<string, string>>;
  /** Where in its payload a weight begins, in elements. */
  readonly offsets?: Readonly<Record<string, number>>;
  /** Each payload as this many zero bytes. */
  readonly payloadBytes?: number;
  /** Stored, as torch writes, or deflated, as other tools do. */
  readonly level?: 0 | 6;
}

/** The archive that torch.export.save writes, in a folder of the file's name. */
export function writeArchive(program: ProgramDescription, options: ArchiveOptions = {}): Uint8Array {
  const { tied = {}, offsets = {}, payloadBytes, level = 0 } = options;
  const names = Object.keys(program.parameters ?? {});
  const payload = (name: string): string => `weight_${names.indexOf(tied[name] ?? name)}`;
  const place = (name: string) => ({
    ...meta(program.parameters?.[name] ?? []),
    storage_offset: { as_int: offsets[name] ?? 0 },
  });
  const config = Object.fromEntries(
    names.map((name) => [name, { path_name: payload(name), is_param: true, tensor_meta: place(name) }]),
  );
  const weights = payloadBytes === undefined ? [] : [...new Set(names.map(payload))];
  const files: Record<string, Uint8Array> = {
    'net/archive_format': new TextEncoder().encode('pt2'),
    ...Object.fromEntries(weights.map((name) => [`net/data/weights/${name}`, new Uint8Array(payloadBytes ?? 0)])),
    'net/data/weights/model_weights_config.json': bytesOf({ config }),
    'net/models/model.json': writeProgram(program),
    'net/archive_version': new TextEncoder().encode('0'),
  };
  const zipped = Object.entries(files).map(([name, bytes]) => [name, [bytes, { level, mtime: new Date(1980, 0, 1) }]]);
  return zipSync(Object.fromEntries(zipped) as Zippable);
}
