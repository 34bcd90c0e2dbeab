import { child, messages, number, texts, text } from './message.js';
import type { Message } from './text.js';

/** What a net is instantiated for (caffe.proto, NetState). */
export interface NetState {
  readonly phase: 'TRAIN' | 'TEST';
  readonly level: number;
  readonly stages: ReadonlySet<string>;
}

/**
 * The state a solver trains in: phase TRAIN, level 0, and the stages of the net's own `state`. Nets that tell training
 * from deployment by stage alone (NVIDIA DIGITS) call it `train`.
 */
export function trainingState(net: Message, layers: readonly Message[]): NetState {
  const state = child(net, 'state');
  const stated = texts(state, 'stage');
  const usesTrainStage = layers.some((layer) => rulesOf(layer).some((rule) => texts(rule, 'stage').includes('train')));
  const stages = stated.length > 0 || !usesTrainStage ? stated : ['train'];
  return { phase: 'TRAIN', level: number(state, 'level') ?? 0, stages: new Set(stages) };
}

function rulesOf(layer: Message): readonly Message[] {
  return [...messages(layer, 'include'), ...messages(layer, 'exclude')];
}

/** Net::FilterNet (caffe/src/caffe/net.cpp): any include rule must hold where there is one, else no exclude rule may. */
export function isIncluded(layer: Message, state: NetState): boolean {
  const includes = messages(layer, 'include');
  if (includes.length > 0) return includes.some((rule) => holds(rule, state));
  return !messages(layer, 'exclude').some((rule) => holds(rule, state));
}

const PHASES: ReadonlyMap<string, NetState['phase']> = new Map([
  ['TRAIN', 'TRAIN'],
  ['0', 'TRAIN'],
  ['TEST', 'TEST'],
  ['1', 'TEST'],
]);

/** Net::StateMeetsRule. */
function holds(rule: Message, state: NetState): boolean {
  const phase = text(rule, 'phase');
  if (phase !== undefined && PHASES.get(phase) !== state.phase) return false;
  if (state.level < (number(rule, 'min_level') ?? state.level)) return false;
  if (state.level > (number(rule, 'max_level') ?? state.level)) return false;
  if (!texts(rule, 'stage').every((stage) => state.stages.has(stage))) return false;
  return !texts(rule, 'not_stage').some((stage) => state.stages.has(stage));
}
