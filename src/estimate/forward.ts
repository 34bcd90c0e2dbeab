import { bytesOf } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { Saved } from '../ops/index.js';
import type { PlannedLayer } from './plan.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

/** Runs one layer forward; what autograd keeps of it stays referenced until its backward. */
export function forwardLayer(state: StepState, layer: PlannedLayer): void {
  const { tape, live } = state;
  state.useBlas(layer.bound.spec?.library);
  const casts = layer.casts.map((_, index) => castInput(state, layer, index));
  const operand = (index: number): TracedBlock | undefined =>
    casts[index] ?? live.get(layer.inputs[index]?.id ?? '') ?? state.weights.get(layer.inputs[index]?.storage ?? '');
  const outputs = layer.outputs.map((output) => {
    const source = layer.aliased === undefined ? undefined : operand(layer.aliased);
    return source ? tape.retain(source) : tape.allocate(tensorBytes(output.type), layer.id, 'activations');
  });
  tape.scratch(layer.forwardScratchBytes, layer.id);
  state.saved.set(
    layer.id,
    save(state, layer, (saved) => blockOf(saved, operand, outputs)),
  );
  layer.outputs.forEach((output, index) => {
    const block = outputs[index];
    if (block) live.bind(output, block);
  });
  for (const cast of casts) if (cast) tape.release(cast);
  new Set(layer.bound.inputs).forEach((id) => live.read(id));
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
