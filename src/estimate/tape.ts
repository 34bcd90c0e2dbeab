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
  /** Its place among the blocks of the tape. */
  readonly index: number;
  readonly bytes: number;
  readonly owner: string;
  /** Mutable: a gradient that reaches a parameter becomes that parameter's `.grad` without a copy. */
  tag: Tag;
  references: number;
  /** A gradient that went through the backward of a view: the view holds its base, so nothing is added to it in place. */
  viewed: boolean;
}

export type TraceEvent =
  | { readonly kind: 'allocate' | 'free'; readonly block: TracedBlock }
  | { readonly kind: 'moment'; readonly moment: Moment };

/** The trace with another size for each library workspace; none is ever freed, so no other event knows of it. */
export function withWorkspacesOf(bytes: number, events: readonly TraceEvent[]): readonly TraceEvent[] {
  return events.map((event) =>
    event.kind === 'allocate' && event.block.tag === 'workspace'
      ? { kind: 'allocate', block: { ...event.block, bytes } }
      : event,
  );
}

/** Records a training step as allocations and frees; a block lives as long as something holds a reference to it. */
export class Tape {
  readonly events: TraceEvent[] = [];
  private blocks = 0;

  at(moment: Moment): void {
    this.events.push({ kind: 'moment', moment });
  }

  /** A new block with one reference, the caller's. */
  allocate(bytes: number, owner: string, tag: Tag): TracedBlock {
    const block: TracedBlock = { index: this.blocks++, bytes, owner, tag, references: 1, viewed: false };
    if (bytes > 0) this.events.push({ kind: 'allocate', block });
    return block;
  }

  retain(block: TracedBlock): TracedBlock {
    block.references++;
    return block;
  }

  release(block: TracedBlock): void {
    block.references--;
    if (block.references < 0) throw new Error(`block of ${block.owner} released twice`);
    if (block.references === 0 && block.bytes > 0) this.events.push({ kind: 'free', block });
  }

  /** Scratch that is gone before anything else happens. */
  scratch(bytes: number, owner: string): void {
    if (bytes > 0) this.release(this.allocate(bytes, owner, 'temporaries'));
  }
}
