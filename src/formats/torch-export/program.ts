/** A program as the normalised graph. */
import { buildGraph, quoted } from '../../graph/index.js';
import type { Graph, Role, Tensor } from '../../graph/index.js';
import { specOf } from '../../ops/index.js';
import { Assembly } from './assembly.js';
import { trainingAssumptions } from './assumptions.js';
import { unreadableSizes } from './doubts.js';
import { failure } from './failure.js';
import { NodeReader } from './nodes.js';
import { returnedNames } from './returned.js';
import type { InputSpec, Program, TensorMeta } from './schema.js';
import { tensorOf } from './tensors.js';

/** The role of a graph input, by the kind of its specification. */
const ROLES: Readonly<Record<string, Role>> = {
  parameter: 'parameter',
  buffer: 'buffer',
  tensor_constant: 'constant',
  user_input: 'input',
};

/** What the user gets back; the rest of the outputs are buffers and inputs that the program changes. */
const OUTPUTS = new Set(['user_output', 'loss_output']);

/** `payloads`: what each weight's data is called in the archive, by its name in the module. */
export function graphOf(program: Program, name: string, payloads: ReadonlyMap<string, string>): Graph {
  const assembly = new Assembly();
  const { graph } = program;
  if (graph.nodes.length === 0) throw failure('NO_GRAPH', 'the program holds no node');
  for (const spec of program.inputs) declareInput(assembly, { spec, meta: graph.tensors.get(spec.name), payloads });
  const reader = new NodeReader(assembly);
  reader.readAll(graph);
  const tied = payloads.size === 0 ? tieUnread(assembly) : undefined;
  const outputs = program.outputs
    .filter(({ kind }) => OUTPUTS.has(kind))
    .flatMap(({ names }) => names)
    .map(returnedNames(graph.nodes, assembly))
    .map((id) => reader.views.nameOf(id));
  reader.views.prune(outputs);
  const missing = outputs.find((id) => !assembly.isWritten(id));
  if (missing !== undefined) {
    throw failure('INVALID_GRAPH', 'nothing writes it', { location: `output ${quoted(missing)}` });
  }
  const { layers, tensors } = assembly;
  return buildGraph({
    name,
    format: 'torch-export',
    layers,
    tensors,
    inputs: program.inputs
      .filter(({ kind }) => kind === 'user_input')
      .flatMap(({ name: id }) => (tensors.has(id) ? [id] : [])),
    outputs: [...new Set(outputs)],
    hints: {
      isVerbatim: program.isVerbatim,
      ...(assembly.autocast && { autocast: assembly.autocast }),
      ranges: program.ranges,
      hasLoss: layers.some(({ type }) => specOf(type)?.loss === true),
      assumptions: trainingAssumptions(assembly, tied),
    },
  });
}

/**
 * Where nothing says which weights are tied: a parameter that no layer reads, of the type of one that is read, is taken
 * for its other name. The program of a tied model has both. Returns how many there are.
 */
function tieUnread({ layers, tensors }: Assembly): number {
  const parameters = [...tensors.values()].filter(({ role }) => role === 'parameter');
  const unread = new Map(parameters.map((each) => [each.id, each]));
  for (const { inputs } of layers) for (const id of inputs) unread.delete(id);
  if (unread.size === 0) return 0;
  const typeOf = ({ dtype, shape }: Tensor): string => JSON.stringify([dtype, shape]);
  const read = parameters.filter(({ id }) => !unread.has(id));
  const storages = new Map(read.map((each) => [typeOf(each), each.storage]));
  const tied = [...unread.values()].flatMap((each) => {
    const storage = storages.get(typeOf(each));
    return storage === undefined ? [] : [{ ...each, storage }];
  });
  for (const each of tied) tensors.set(each.id, each);
  return tied.length;
}

interface Declared {
  readonly spec: InputSpec;
  readonly meta: TensorMeta | undefined;
  readonly payloads: ReadonlyMap<string, string>;
}

/** Numbers, tokens and custom objects are inputs too, but no tensors. */
function declareInput(assembly: Assembly, { spec, meta, payloads }: Declared): void {
  const role = ROLES[spec.kind];
  if (!role || spec.name === '') return;
  const { name, target } = spec;
  const storage = payloads.get(target) ?? name;
  if (meta && role === 'input') unreadableSizes(name, meta).forEach((sentence) => assembly.assume(sentence));
  assembly.declare({
    ...(meta ? tensorOf(name, meta, role) : { id: name, dtype: 'int64', shape: [1], storage, role }),
    storage,
    ...(role === 'parameter' && { trainable: meta?.requiresGrad !== false }),
  });
}
