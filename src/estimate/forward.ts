import { bytesOf } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { Saved } from '../ops/index.js';
import type { LiveTensors } from './memory-state.js';
import type { PlannedLayer } from './plan.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

/** Where a layer finds its activations, and whether autograd keeps what its backward needs. */
export interface ForwardPass {
  readonly live: LiveTensors;
  readonly keeps: boolean;
}

/** Runs one layer forward; what autograd keeps of it stays referenced until its backward. */
export function forwardLayer(state: StepState, layer: PlannedLayer, { live, keeps }: ForwardPass): void {
  const { tape } = state;
  state.useBlas(layer.bound.spec?.library);
  const casts = layer.casts.map((_, index) => castInput(state, layer, index));
  const operand = operandsOf(state, layer, { live, casts });
  const outputs = layer.outputs.map((output) => {
    const source = layer.aliased === undefined ? undefined : operand(layer.aliased);
    return source ? tape.retain(source) : tape.allocate(tensorBytes(output.type), layer.id, 'activations');
  });
  tape.scratch(layer.forwardScratchBytes, layer.id);
  const saved = save(state, layer, (what) => blockOf(what, operand, outputs));
  if (keeps) state.saved.set(layer.id, saved);
  else for (const block of saved) tape.release(block);
  layer.outputs.forEach((output, index) => {
    const block = outputs[index];
    if (block) live.bind(output, block);
  });
  leave(state, layer, { live, casts });
}

/** Saves what a layer keeps of its inputs, and stops before the layer itself runs. */
export function saveInputs(state: StepState, layer: PlannedLayer, live: LiveTensors): void {
  const casts = layer.casts.map((_, index) => castInput(state, layer, index));
  const operand = operandsOf(state, layer, { live, casts });
  state.saved.set(
    layer.id,
    save(state, layer, (what) => blockOf(what, operand, [])),
  );
  leave(state, layer, { live, casts });
}

interface Operands {
  readonly live: LiveTensors;
  readonly casts: readonly (TracedBlock | undefined)[];
}

function operandsOf(state: StepState, { inputs }: PlannedLayer, { live, casts }: Operands) {
  return (index: number): TracedBlock | undefined =>
    casts[index] ?? live.get(inputs[index]?.id ?? '') ?? state.weights.get(inputs[index]?.storage ?? '');
}

/** The layer's casts and its reading of its inputs are done. */
function leave(state: StepState, { bound }: PlannedLayer, { live, casts }: Operands): void {
  for (const cast of casts) if (cast) state.tape.release(cast);
  new Set(bound.inputs).forEach((id) => live.read(id));
}

function blockOf(
  saved: Saved,
  operand: (index: number) => TracedBlock | undefined,
  outputs: readonly TracedBlock[],
): TracedBlock | undefined {
  if (saved.from === 'input') return operand(saved.index);
  return saved.from === 'output' ? outputs[saved.index] : undefined;
}

/** References to each distinct block that the layer's backward needs; statistics, masks and copies are allocated here. */
function save(
  { tape }: StepState,
  layer: PlannedLayer,
  find: (saved: Saved) => TracedBlock | undefined,
): TracedBlock[] {
  const kept = new Set<TracedBlock>();
  const fresh: TracedBlock[] = [];
  for (const saved of layer.saved) {
    const block = find(saved);
    if (block) kept.add(block);
    else if (saved.from === 'new') fresh.push(tape.allocate(tensorBytes(saved.type), layer.id, 'activations'));
  }
  return [...[...kept].map((block) => tape.retain(block)), ...fresh];
}

/**
 * A copy in autocast's dtype; a parameter's copy is cached until autocast ends (at::autocast::cached_cast). The caller
 * gets a reference either way.
 */
function castInput(state: StepState, layer: PlannedLayer, index: number): TracedBlock | undefined {
  const dtype = layer.casts[index];
  const source = layer.inputs[index];
  if (!dtype || !source) return undefined;
  const bytes = bytesOf(dtype, elements(source.type.shape));
  if (!source.isWeight || !source.requiresGrad) return state.tape.allocate(bytes, layer.id, 'activations');
  const key = `${source.storage}:${dtype}`;
  const cached = state.castCache.get(key) ?? state.tape.allocate(bytes, layer.id, 'activations');
  state.castCache.set(key, cached);
  return state.tape.retain(cached);
}
