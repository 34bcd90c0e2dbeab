import { tensorBytes } from '../ops/index.js';
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
  const operands = operandsOf(state, layer, live);
  const source = layer.aliased === undefined ? undefined : operands.blocks[layer.aliased];
  const outputs = layer.outputs.map(({ bytes }) =>
    source ? tape.retain(source) : tape.allocate(bytes, layer.id, 'activations'),
  );
  tape.scratch(layer.forwardScratchBytes, layer.id);
  const saved = save(state, layer, { inputs: operands.blocks, outputs });
  if (keeps) state.saved.set(layer.id, saved);
  else for (const block of saved) tape.release(block);
  layer.outputs.forEach((output, index) => {
    const block = outputs[index];
    if (block) live.bind(output, block);
  });
  leave(state, layer, { live, casts: operands.casts });
}

/** Saves what a layer keeps of its inputs, and stops before the layer itself runs. */
export function saveInputs(state: StepState, layer: PlannedLayer, live: LiveTensors): void {
  const { blocks, casts } = operandsOf(state, layer, live);
  state.saved.set(layer.id, save(state, layer, { inputs: blocks, outputs: [] }));
  leave(state, layer, { live, casts });
}

type Blocks = readonly (TracedBlock | undefined)[];

/** By position: what the operator reads, and those of them that autocast made for it. */
interface Operands {
  readonly blocks: Blocks;
  readonly casts: Blocks;
}

function operandsOf(state: StepState, layer: PlannedLayer, live: LiveTensors): Operands {
  const casts = layer.casts.map((_, index) => castInput(state, layer, index));
  const blocks = layer.inputs.map((input, index) => {
    if (!input) return undefined;
    return casts[index] ?? live.get(input) ?? state.weights.get(input.storage);
  });
  return { blocks, casts };
}

/** The layer's casts and its reading of its inputs are done. */
function leave(state: StepState, { reads }: PlannedLayer, { live, casts }: { live: LiveTensors; casts: Blocks }): void {
  for (const cast of casts) if (cast) state.tape.release(cast);
  for (const input of reads) live.read(input);
}

function blockOf(saved: Saved, inputs: Blocks, outputs: Blocks): TracedBlock | undefined {
  if (saved.from === 'input') return inputs[saved.index];
  return saved.from === 'output' ? outputs[saved.index] : undefined;
}

/** References to each distinct block that the layer's backward needs; statistics, masks and copies are allocated here. */
function save(
  { tape }: StepState,
  layer: PlannedLayer,
  { inputs, outputs }: { inputs: Blocks; outputs: Blocks },
): TracedBlock[] {
  const kept: TracedBlock[] = [];
  const fresh: TracedBlock[] = [];
  for (const saved of layer.saved) {
    const block = blockOf(saved, inputs, outputs);
    if (block) {
      if (!kept.includes(block)) kept.push(tape.retain(block));
    } else if (saved.from === 'new') fresh.push(tape.allocate(tensorBytes(saved.type), layer.id, 'activations'));
  }
  return fresh.length > 0 ? [...kept, ...fresh] : kept;
}

/**
 * A copy in autocast's dtype; a parameter's copy is cached until autocast ends (at::autocast::cached_cast). The caller
 * gets a reference either way.
 */
function castInput(state: StepState, layer: PlannedLayer, index: number): TracedBlock | undefined {
  const dtype = layer.casts[index];
  const source = layer.inputs[index];
  const bytes = layer.inputBytes[index];
  if (!dtype || !source || bytes === undefined) return undefined;
  if (!source.isWeight || !source.requiresGrad) return state.tape.allocate(bytes, layer.id, 'activations');
  const key = `${source.storage}:${dtype}`;
  const cached = state.castCache.get(key) ?? state.tape.allocate(bytes, layer.id, 'activations');
  state.castCache.set(key, cached);
  return state.tape.retain(cached);
}
