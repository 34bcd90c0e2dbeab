import { Gradients, LiveTensors } from './memory-state.js';
import type { Library } from '../ops/index.js';
import type { Plan, PlannedTensor } from './plan.js';
import { Tape } from './tape.js';
import type { TracedBlock } from './tape.js';

/** The row that stands for work no layer owns. */
export const ROWS = {
  unread: '(unread)',
  loss: '(loss)',
  optimizer: '(optimizer)',
  allocator: '(allocator)',
  workspace: '(workspace)',
  context: '(context)',
} as const;

/** The distinct parameters of a plan that are trained, each in the shape it has of its own. */
export function trainableOf(plan: Plan): PlannedTensor[] {
  const distinct = new Map<string, PlannedTensor>();
  for (const { inputs } of plan.layers) {
    for (const input of inputs) {
      if (!input?.isWeight || !input.isLeaf || !input.requiresGrad || distinct.has(input.storage)) continue;
      distinct.set(input.storage, input);
    }
  }
  return [...distinct.values()];
}

/** How many layers send a gradient to each parameter, by storage. */
function gradientsPerParameter(plan: Plan): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { inputs, gradients, tracked } of plan.layers) {
    inputs.forEach((input, index) => {
      if (!tracked || !input?.isWeight || !input.isLeaf || !input.requiresGrad || gradients[index] === 'none') return;
      uses.set(input.storage, (uses.get(input.storage) ?? 0) + 1);
    });
  }
  return uses;
}

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
  /** The trainable parameters: those whose gradients have a place to go, in the order their layers read them. */
  readonly parameters: readonly PlannedTensor[];
  private readonly owners = new Map<string, string>();
  private readonly blasThreads = new Set<'forward' | 'backward'>();
  private thread: 'forward' | 'backward' = 'forward';

  constructor(
    readonly plan: Plan,
    private readonly blasWorkspaceBytes: number,
  ) {
    this.live = new LiveTensors(this.tape, plan.readers);
    this.gradients = new Gradients(this.tape, gradientsPerParameter(plan));
    this.parameters = trainableOf(plan);
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
  useBlas(library: Library | undefined): void {
    if (library !== 'cublas' || this.blasThreads.has(this.thread)) return;
    this.blasThreads.add(this.thread);
    this.tape.allocate(this.blasWorkspaceBytes, ROWS.workspace, 'workspace');
  }

  /** The end of `torch.autocast`: its copies of weights go. */
  leaveAutocast(): void {
    for (const block of this.castCache.values()) this.tape.release(block);
    this.castCache.clear();
  }
}
