import { buildGraph } from '../../graph/index.js';
import type { Graph } from '../../graph/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { Assembly } from './assembly.js';
import { layerMessages, readLayer } from './layer.js';
import type { CaffeLayer } from './layer.js';
import { CLASS_LABEL_READERS } from './losses.js';
import { messages as messagesOf, text } from './message.js';
import { isIncluded, trainingState } from './phase.js';
import type { NetState } from './phase.js';
import { declaredInputs, sourcesOf } from './sources.js';
import type { Source } from './sources.js';
import type { NetFacts } from './step.js';
import type { Message } from './text.js';

/** A net as Caffe would instantiate it for training, normalised. */
export function readNet(net: Message, fileName: string): Graph {
  const messages = layerMessages(net);
  if (messages.length === 0) throw noGraph(net);
  const { layers, sources, assumptions } = chooseLayers(net, messages);
  const assembly = new Assembly(factsOf(layers), assumptions);
  const classLabels = classLabelsOf(layers);
  for (const source of sources) assembly.addSource(source, source.isLabel && classLabels.has(source.blob));
  for (const layer of layers) if (!sourcesOf(layer)) assembly.addLayer(layer);
  const batch = sources.find(({ role }) => role === 'input')?.shape[0];
  return buildGraph({
    name: text(net, 'name') ?? fileName,
    format: 'caffe',
    layers: assembly.layers,
    tensors: assembly.tensors,
    inputs: assembly.inputs,
    outputs: assembly.outputs(),
    hints: {
      ...(typeof batch === 'number' ? { batchSize: batch } : {}),
      hasLoss: assembly.hasLoss,
      assumptions: shown(assembly.assumptions),
    },
  });
}

function shown(assumptions: readonly string[]): readonly string[] {
  const more = assumptions.length - LIMITS.maxAssumptions;
  return more > 0 ? [...assumptions.slice(0, LIMITS.maxAssumptions), `and ${more} more of these`] : assumptions;
}

interface Chosen {
  readonly layers: readonly CaffeLayer[];
  readonly sources: readonly Source[];
  readonly assumptions: readonly string[];
}

/** Phase TRAIN; a file whose only inputs are those of its TEST phase is read in that one. */
function chooseLayers(net: Message, messages: readonly Message[]): Chosen {
  const training = trainingState(net, messages);
  const chosen = instantiate(net, messages, training);
  if (chosen.sources.length > 0) return { ...chosen, assumptions: stageAssumptions(net, training) };
  const testing = instantiate(net, messages, { ...training, phase: 'TEST' });
  if (testing.sources.length === 0) return chosen;
  return { ...testing, assumptions: ['the file has inputs for its TEST phase only: that phase is taken as trained'] };
}

/** A net whose layers name the stage `train` while it does not say itself in which stage it is. */
function stageAssumptions(net: Message, { stages }: NetState): readonly string[] {
  const isStated = messagesOf(net, 'state').some((state) => state.fields.has('stage'));
  return stages.size === 0 || isStated ? [] : ['layers are included by stage: the stage "train" is taken'];
}

function instantiate(net: Message, messages: readonly Message[], state: NetState): Chosen {
  const layers = messages.filter((layer) => isIncluded(layer, state)).map(readLayer);
  const sources = [...declaredInputs(net), ...layers.flatMap((layer) => sourcesOf(layer) ?? [])];
  return { layers, sources, assumptions: [] };
}

/** What single layers need to know of the whole. */
function factsOf(layers: readonly CaffeLayer[]): NetFacts {
  return {
    samplesRegions: layers.some(
      ({ message }) => message.fields.has('python_param') && pythonClass(message) === 'ProposalTargetLayer',
    ),
    minesHardExamples: layers.some(({ type }) => type === 'BoxAnnotatorOHEM'),
  };
}

function pythonClass(message: Message): string | undefined {
  const python = message.fields.get('python_param')?.at(-1);
  return python?.kind === 'message' ? text(python, 'layer') : undefined;
}

/** The blobs read as classes. */
function classLabelsOf(layers: readonly CaffeLayer[]): ReadonlySet<string> {
  const readers = layers.filter(({ type }) => CLASS_LABEL_READERS.has(type));
  return new Set(readers.flatMap(({ bottoms }) => bottoms[1] ?? []));
}

/** A solver names the net it trains; anything else without layers is no network. */
function noGraph(net: Message): FormatError {
  const field = ['net', 'train_net', 'net_param', 'train_net_param'].find((name) => net.fields.has(name));
  const message =
    field === undefined
      ? 'the file holds no layer'
      : `this is a solver, not a net: pass the file that its field "${field}" names`;
  return new FormatError({ code: 'NO_GRAPH', format: 'caffe', message });
}
