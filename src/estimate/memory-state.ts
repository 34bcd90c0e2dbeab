import type { PlannedTensor } from './plan.js';
import type { Tape, TracedBlock } from './tape.js';

/** Which blocks hold which tensors while the traced program runs: one reference per name that is still in use. */
export class LiveTensors {
  private readonly blocks = new Map<string, TracedBlock>();
  private readonly pending = new Map<string, number>();

  constructor(
    private readonly tape: Tape,
    private readonly readers: ReadonlyMap<string, number>,
  ) {}

  get(id: string): TracedBlock | undefined {
    return this.blocks.get(id);
  }

  /** Names a block; the name holds the caller's reference until its last reader is done. */
  bind(tensor: PlannedTensor, block: TracedBlock): void {
    const readers = this.readers.get(tensor.id) ?? 0;
    if (readers === 0) {
      this.tape.release(block);
      return;
    }
    this.blocks.set(tensor.id, block);
    this.pending.set(tensor.id, readers);
  }

  /** One reader of the name is done. */
  read(id: string): void {
    const left = (this.pending.get(id) ?? 0) - 1;
    const block = this.blocks.get(id);
    if (!block) return;
    this.pending.set(id, left);
    if (left > 0) return;
    this.blocks.delete(id);
    this.tape.release(block);
  }
}

/** Gradients of activations on their way through backward, and the `.grad` of parameters. */
export class Gradients {
  private readonly flowing = new Map<string, TracedBlock>();
  /** By storage: one parameter under two names has one gradient. */
  readonly ofParameters = new Map<string, TracedBlock>();
  /** Parameters whose `.grad` is of an earlier micro-batch. */
  private earlier: ReadonlySet<string> = new Set();
  /** What this backward adds to those, until all its contributions are there. */
  private readonly buffered = new Map<string, { sum: TracedBlock; missing: number }>();

  /** `uses`: how many layers send a parameter a gradient, by storage. */
  constructor(
    private readonly tape: Tape,
    private readonly uses: ReadonlyMap<string, number> = new Map(),
  ) {}

  take(id: string): TracedBlock | undefined {
    const gradient = this.flowing.get(id);
    this.flowing.delete(id);
    return gradient;
  }

  /** Adds a contribution, whose reference it takes over. */
  add(tensor: PlannedTensor, contribution: TracedBlock, bytes: number): void {
    const existing = this.flowing.get(tensor.id);
    this.flowing.set(tensor.id, existing ? this.sum(existing, contribution, bytes) : contribution);
  }

  /**
   * Two contributions are summed in place where nobody else holds the first or its storage, else into a new tensor
   * (torch/csrc/autograd/input_buffer.cpp, `can_accumulate_inplace`).
   */
  private sum(existing: TracedBlock, contribution: TracedBlock, bytes: number): TracedBlock {
    let total = existing;
    if (existing.references > 1 || existing.viewed) {
      total = this.tape.allocate(bytes, existing.owner, 'temporaries');
      this.tape.release(existing);
    }
    this.tape.release(contribution);
    return total;
  }

  /**
   * A gradient reaches a parameter: it becomes `.grad` where nobody else holds it, and is copied where somebody does
   * (torch/csrc/autograd/functions/accumulate_grad.h). Those of a parameter that is used twice are summed first, as above.
   */
  accumulate(tensor: PlannedTensor, contribution: TracedBlock, owner: { id: string; bytes: number }): void {
    const existing = this.ofParameters.get(tensor.storage);
    const fresh = (): TracedBlock => this.tape.allocate(owner.bytes, owner.id, 'gradients');
    if (this.earlier.has(tensor.storage)) {
      this.buffer(tensor.storage, contribution, owner.bytes);
    } else if (existing) {
      if (existing.viewed) {
        this.ofParameters.set(tensor.storage, fresh());
        this.tape.release(existing);
      }
      this.tape.release(contribution);
    } else if (contribution.references === 1 && contribution.bytes === owner.bytes) {
      contribution.tag = 'gradients';
      this.ofParameters.set(tensor.storage, contribution);
    } else {
      this.ofParameters.set(tensor.storage, fresh());
      this.tape.release(contribution);
    }
  }

  /** `variable_grad += new_grad`, in place, once the contributions are summed (accumulate_grad.h, with GradMode off). */
  private buffer(storage: string, contribution: TracedBlock, bytes: number): void {
    const waiting = this.buffered.get(storage);
    const sum = waiting ? this.sum(waiting.sum, contribution, bytes) : contribution;
    const missing = (waiting?.missing ?? this.uses.get(storage) ?? 1) - 1;
    if (missing > 0) {
      this.buffered.set(storage, { sum, missing });
      return;
    }
    this.buffered.delete(storage);
    this.tape.release(sum);
  }

  /** The end of one backward: whatever never reached a parameter goes, and each `.grad` stays for the next. */
  endBackward(): void {
    for (const gradient of this.flowing.values()) this.tape.release(gradient);
    for (const { sum } of this.buffered.values()) this.tape.release(sum);
    this.flowing.clear();
    this.buffered.clear();
    this.earlier = new Set(this.ofParameters.keys());
  }

  /** `zero_grad(set_to_none=True)`. */
  clear(): void {
    for (const gradient of this.ofParameters.values()) this.tape.release(gradient);
    this.ofParameters.clear();
    this.earlier = new Set();
  }
}
