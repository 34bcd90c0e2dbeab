import type { PlannedLayer, PlannedTensor } from './plan.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

/**
 * Runs one layer backward: allocates the gradients of its inputs beside the scratch they are computed from, whose last
 * use is their last factor; then lets go of its output's gradient, then of what it saved, and only then adds the new
 * gradients to those that wait (torch/csrc/autograd/engine.cpp: evaluate_function, call_function, release_variables; the
 * order is as torch 2.15's profiler shows it).
 */
export function backwardLayer(state: StepState, layer: PlannedLayer): void {
  const { tape, gradients } = state;
  const received = layer.outputs.map((output) => gradients.take(output));
  const first = received.find((gradient) => gradient !== undefined);
  if (first && layer.tracked) {
    state.useBlas(layer.bound.spec?.library);
    const scratch = tape.allocate(layer.backwardScratchBytes, layer.id, 'temporaries');
    const produced = layer.inputs.map((_, index) => produceGradient(state, layer, index, first));
    tape.release(scratch);
    finish(state, layer, received);
    produced.forEach((gradient, index) => {
      if (gradient) deliver(state, layer, index, gradient);
    });
  } else finish(state, layer, received);
}

function finish(
  { tape, saved }: StepState,
  { id }: PlannedLayer,
  received: readonly (TracedBlock | undefined)[],
): void {
  for (const gradient of received) if (gradient) tape.release(gradient);
  for (const block of saved.get(id) ?? []) tape.release(block);
  saved.delete(id);
}

/** The gradient of one input, in the dtype the operator computed in; a passed one is the received block itself. */
function produceGradient(
  state: StepState,
  layer: PlannedLayer,
  index: number,
  received: TracedBlock,
): TracedBlock | undefined {
  const target = layer.inputs[index];
  const kind = layer.gradients[index] ?? 'none';
  const bytes = layer.inputBytes[index];
  if (!target?.requiresGrad || kind === 'none' || bytes === undefined) return undefined;
  if (kind === 'pass') return handOn(state, layer, received);
  const isFinal = isParameter(target) && !layer.casts[index] && !state.gradients.ofParameters.has(target.storage);
  const owner = isFinal ? state.ownerOf(target) : layer.id;
  const gradient = state.tape.allocate(bytes, owner, 'temporaries');
  gradient.viewed = kind === 'view';
  return gradient;
}

function handOn({ tape }: StepState, { view }: PlannedLayer, received: TracedBlock): TracedBlock {
  received.viewed ||= view;
  return tape.retain(received);
}

/** Casts back what autocast cast, then hands the gradient to the parameter or to the layer that made the input. */
function deliver(state: StepState, layer: PlannedLayer, index: number, produced: TracedBlock): void {
  const target = layer.inputs[index];
  if (!target) return;
  const owner = isParameter(target) ? state.ownerOf(target) : layer.id;
  let gradient = produced;
  if (layer.casts[index]) {
    gradient = state.tape.allocate(target.bytes, owner, 'temporaries');
    state.tape.release(produced);
  }
  if (isParameter(target)) state.gradients.accumulate(target, gradient, owner);
  else state.gradients.add(target, gradient);
}

/** A leaf of the autograd graph: the parameter itself, not a view of it. */
function isParameter(tensor: PlannedTensor): boolean {
  return tensor.isWeight && tensor.requiresGrad && tensor.isLeaf;
}
