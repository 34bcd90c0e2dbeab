import { Gradients, LiveTensors } from './memory-state.js';
import type { Plan, PlannedLayer, PlannedTensor } from './plan.js';
import { Tape } from './tape.js';
import type { TracedBlock } from './tape.js';

/** The row that stands for work no layer owns. */
export const ROWS = {
  loss: '(loss)',
  optimizer: '(optimizer)',
  allocator: '(allocator)',
  workspace: '(workspace)',
  context: '(context)',
} as const;

/** Everything that lives across the layers and iterations of a traced training loop. */
export class StepState {
  readonly tape = new Tape();
  readonly live: LiveTensors;
  readonly gradients: Gradients;
  /** Parameters, buffers and constants by storage. */
  readonly weights = new Map<string, TracedBlock>();
  /** What autograd keeps, by layer. */
  readonly saved = new Map<string, readonly TracedBlock[]>();
  /** Low-precision copies of parameters, until autocast ends. */
  readonly castCache = new Map<string, TracedBlock>();
  /** Optimizer states, by parameter storage. */
  readonly optimizerStates = new Map<string, readonly TracedBlock[]>();
  private readonly owners = new Map<string, string>();
  private readonly blasThreads = new Set<'forward' | 'backward'>();
  private thread: 'forward' | 'backward' = 'forward';

  constructor(
    readonly plan: Plan,
    private readonly blasWorkspaceBytes: number,
  ) {
    this.live = new LiveTensors(this.tape, plan.readers);
    this.gradients = new Gradients(this.tape);
    for (const layer of plan.layers) {
      for (const input of layer.inputs) {
        if (input?.isWeight && !this.owners.has(input.storage)) this.owners.set(input.storage, layer.id);
      }
    }
  }

  /** The layer a weight is reported under: the first that reads it. */
  ownerOf(tensor: PlannedTensor): string {
    return this.owners.get(tensor.storage) ?? '';
  }

  /** Backward runs on a thread of its own, which has cuBLAS handles of its own. */
  enter(thread: 'forward' | 'backward'): void {
    this.thread = thread;
  }

  /** cuBLAS gets its workspace at the first matrix product of each thread and keeps it (CublasHandlePool.cpp). */
  useBlas(layer: PlannedLayer): void {
    if (layer.bound.spec?.library !== 'cublas' || this.blasThreads.has(this.thread)) return;
    this.blasThreads.add(this.thread);
    this.tape.allocate(this.blasWorkspaceBytes, ROWS.workspace, 'workspace');
  }
}
