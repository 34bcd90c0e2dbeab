/** What a block of memory holds, in the terms of PyTorch's memory profiler. */
export type Tag = 'parameters' | 'gradients' | 'optimizerStates' | 'activations' | 'temporaries' | 'workspace';

/** Where in the training loop something happens. */
export interface Moment {
  readonly iteration: number;
  readonly phase: 'load' | 'forward' | 'loss' | 'backward' | 'optimizer';
  /** The layer that runs, or the row in brackets that stands for none. */
  readonly layer: string;
}

/** One block of memory of the trace: who owns it and what it holds. */
export interface TracedBlock {
  /** Its place among the blocks of the recording. */
  readonly index: number;
  readonly bytes: number;
  readonly owner: string;
  /** Mutable: a gradient that reaches a parameter becomes that parameter's `.grad` without a copy. */
  tag: Tag;
  references: number;
  /** A gradient that went through the backward of a view: the view holds its base, so nothing is added to it in place. */
  viewed: boolean;
}

/** A moment of the loop, and the first step that happens in it. */
export interface TracedMoment extends Moment {
  readonly firstStep: number;
}

/** A training loop as blocks of memory that come and go. */
export interface Recording {
  readonly blocks: readonly TracedBlock[];
  readonly moments: readonly TracedMoment[];
  /** In order: the index of a block that is allocated, the complement (`~`) of the index of one that is freed. */
  readonly steps: readonly number[];
}

/** The same with another size for each library workspace; none is ever freed. */
export function withWorkspacesOf(bytes: number, recording: Recording): Recording {
  const { moments, steps } = recording;
  const blocks = recording.blocks.map((block) => (block.tag === 'workspace' ? { ...block, bytes } : block));
  return { blocks, moments, steps };
}

/** Records a training step as allocations and frees; a block lives as long as something holds a reference to it. */
export class Tape implements Recording {
  readonly blocks: TracedBlock[] = [];
  readonly moments: TracedMoment[] = [];
  readonly steps: number[] = [];

  at({ iteration, phase, layer }: Moment): void {
    this.moments.push({ iteration, phase, layer, firstStep: this.steps.length });
  }

  /** A new block with one reference, the caller's. */
  allocate(bytes: number, owner: string, tag: Tag): TracedBlock {
    const index = this.blocks.length;
    const block: TracedBlock = { index, bytes, owner, tag, references: 1, viewed: false };
    this.blocks.push(block);
    if (bytes > 0) this.steps.push(index);
    return block;
  }

  retain(block: TracedBlock): TracedBlock {
    block.references++;
    return block;
  }

  release(block: TracedBlock): void {
    block.references--;
    if (block.references < 0) throw new Error(`block of ${block.owner} released twice`);
    if (block.references === 0 && block.bytes > 0) this.steps.push(~block.index);
  }

  /**
   * All that was recorded from a moment on, an iteration later. What that iteration found of the one before (`found`) and
   * what it left in place of it (`left`) change places: what was left is freed now, and its successor takes the place of
   * what has been gone since.
   */
  repeat(first: number, found: readonly TracedBlock[], left: readonly TracedBlock[]): void {
    const { firstStep = 0 } = this.moments[first] ?? {};
    const later = this.steps.length - firstStep;
    const exchanged = new Map<number, number>();
    found.forEach(({ index }, at) => {
      const heir = left[at]?.index ?? index;
      exchanged.set(index, heir).set(heir, index);
    });
    const placeOf = (index: number): number => exchanged.get(index) ?? index;
    for (const { iteration, phase, layer, firstStep: step } of this.moments.slice(first)) {
      this.moments.push({ iteration: iteration + 1, phase, layer, firstStep: step + later });
    }
    for (const step of this.steps.slice(firstStep)) this.steps.push(step < 0 ? ~placeOf(~step) : placeOf(step));
  }

  /** Scratch that is gone before anything else happens. */
  scratch(bytes: number, owner: string): void {
    if (bytes > 0) this.release(this.allocate(bytes, owner, 'temporaries'));
  }
}
