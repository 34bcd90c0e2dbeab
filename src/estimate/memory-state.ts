import type { PlannedTensor } from './plan.js';
import type { Tape, TracedBlock } from './tape.js';

/** Which blocks hold which tensors while the traced program runs: one reference per name that is still in use. */
export class LiveTensors {
  /** By index of the tensor, as is how many readers are still to come. */
  private readonly blocks: (TracedBlock | undefined)[] = [];
  private readonly pending: number[] = [];

  /** `readers`: how many layers read a tensor, by name. */
  constructor(
    private readonly tape: Tape,
    private readonly readers: ReadonlyMap<string, number>,
  ) {}

  get({ index }: PlannedTensor): TracedBlock | undefined {
    return this.blocks[index];
  }

  /** Names a block; the name holds the caller's reference until its last reader is done. */
  bind({ id, index }: PlannedTensor, block: TracedBlock): void {
    const readers = this.readers.get(id) ?? 0;
    if (readers === 0) {
      this.tape.release(block);
      return;
    }
    this.blocks[index] = block;
    this.pending[index] = readers;
  }

  /** One reader of the name is done. */
  read({ index }: PlannedTensor): void {
    const block = this.blocks[index];
    if (!block) return;
    const left = (this.pending[index] ?? 0) - 1;
    this.pending[index] = left;
    if (left > 0) return;
    this.blocks[index] = undefined;
    this.tape.release(block);
  }
}

/** Gradients of activations on their way through backward, and the `.grad` of parameters. */
export class Gradients {
  /** By index of the tensor. */
  private flowing: (TracedBlock | undefined)[] = [];
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

  take({ index }: PlannedTensor): TracedBlock | undefined {
    const gradient = this.flowing[index];
    this.flowing[index] = undefined;
    return gradient;
  }

  /** Adds a contribution, whose reference it takes over. */
  add({ index, bytes }: PlannedTensor, contribution: TracedBlock): void {
    const existing = this.flowing[index];
    this.flowing[index] = existing ? this.sum(existing, contribution, bytes) : contribution;
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
  accumulate({ storage, bytes }: PlannedTensor, contribution: TracedBlock, owner: string): void {
    const existing = this.ofParameters.get(storage);
    const fresh = (): TracedBlock => this.tape.allocate(bytes, owner, 'gradients');
    if (this.earlier.has(storage)) {
      this.buffer(storage, contribution, bytes);
    } else if (existing) {
      if (existing.viewed) {
        this.ofParameters.set(storage, fresh());
        this.tape.release(existing);
      }
      this.tape.release(contribution);
    } else if (contribution.references === 1 && contribution.bytes === bytes) {
      contribution.tag = 'gradients';
      this.ofParameters.set(storage, contribution);
    } else {
      this.ofParameters.set(storage, fresh());
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
    for (const gradient of this.flowing) if (gradient) this.tape.release(gradient);
    for (const { sum } of this.buffered.values()) this.tape.release(sum);
    this.flowing = [];
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
