import { forwardLayer, saveInputs } from './forward.js';
import { LiveTensors } from './memory-state.js';
import type { PlannedLayer, PlannedTensor } from './plan.js';
import { segmentsOf } from './segments.js';
import type { Checkpointing, Segment } from './segments.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

/** A segment and what it keeps from forward to backward: the tensors that enter it. */
class Frame {
  private readonly kept = new Map<PlannedTensor, TracedBlock>();
  private readonly readers: ReadonlyMap<string, number>;
  private readonly entering: readonly PlannedTensor[];

  constructor(
    private readonly state: StepState,
    private readonly segment: Segment,
  ) {
    const runs = segment.stopsBefore ? [...segment.again, segment.stopsBefore] : segment.again;
    const readers = new Map<string, number>();
    for (const { reads } of runs) {
      for (const { id } of reads) readers.set(id, (readers.get(id) ?? 0) + 1);
    }
    const made = new Set(segment.layers.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
    const entering = new Set<PlannedTensor>();
    for (const { inputs } of segment.layers) {
      for (const input of inputs) if (input && !input.isWeight && !made.has(input.id)) entering.add(input);
    }
    this.readers = readers;
    this.entering = [...entering];
  }

  enter(): void {
    for (const tensor of this.entering) {
      const block = this.state.live.get(tensor);
      if (block) this.kept.set(tensor, this.state.tape.retain(block));
    }
  }

  /** Runs the segment again, now keeping what its backward needs; autocast casts weights anew for it. */
  recompute(onLayer: (layer: string) => void): void {
    const { state, segment } = this;
    const live = new LiveTensors(state.tape, this.readers);
    for (const [tensor, block] of this.kept) live.bind(tensor, state.tape.retain(block));
    for (const layer of segment.again) {
      onLayer(layer.id);
      forwardLayer(state, layer, { live, keeps: true });
    }
    if (segment.stopsBefore) saveInputs(state, segment.stopsBefore, live);
    state.leaveAutocast();
  }

  leave(): void {
    for (const block of this.kept.values()) this.state.tape.release(block);
    this.kept.clear();
  }
}

/**
 * Checkpointed segments of a training loop (torch/utils/checkpoint.py, `use_reentrant=False`): forward drops what autograd
 * would save; the first saved tensor that backward asks a segment for makes it run again; its inputs go with its first
 * layer's backward, which lets go of the last hook.
 */
export class Checkpoints {
  private readonly frames = new Map<string, Frame>();
  private readonly firsts = new Map<string, Frame>();
  private readonly resumedBy = new Map<string, Frame>();

  constructor(state: StepState, checkpointing: Checkpointing) {
    for (const segment of segmentsOf(state.plan.layers, checkpointing)) {
      const frame = new Frame(state, segment);
      for (const { id } of segment.layers) this.frames.set(id, frame);
      const [first] = segment.layers;
      const last = segment.stopsBefore ?? segment.again.at(-1);
      if (first) this.firsts.set(first.id, frame);
      if (last) this.resumedBy.set(last.id, frame);
    }
  }

  /** Whether forward keeps what autograd saves of this layer. */
  keeps({ id }: PlannedLayer): boolean {
    return !this.frames.has(id);
  }

  beforeForward({ id }: PlannedLayer): void {
    this.firsts.get(id)?.enter();
  }

  beforeBackward({ id }: PlannedLayer, onLayer: (layer: string) => void): void {
    this.resumedBy.get(id)?.recompute(onLayer);
  }

  afterBackward({ id }: PlannedLayer): void {
    this.firsts.get(id)?.leave();
  }
}
