import { isFloating } from '../graph/index.js';
import { backwardLayer } from './backward.js';
import { Checkpoints } from './checkpoint.js';
import { forwardLayer } from './forward.js';
import { attachLoss, detachLoss, targetBytes } from './loss.js';
import type { AttachedLoss } from './loss.js';
import type { LossName } from './losses.js';
import { constructOptimizer, optimizerChoice, stepOptimizer } from './optimizer-step.js';
import type { OptimizerChoice } from './optimizer-step.js';
import type { Plan, PlannedLayer, PlannedTensor } from './plan.js';
import type { Checkpointing } from './segments.js';
import type { TrainingSetup } from './setup.js';
import { ROWS, StepState } from './step-state.js';
import type { Moment, Recording, TracedBlock } from './tape.js';

/** The first micro-batch makes the gradients, the second adds to them, and every other repeats the second. */
const TRACED_MICRO_BATCHES = 2;

export interface TraceSetup extends OptimizerChoice {
  readonly loss: LossName;
  /** Forward and backward passes before each step. */
  readonly microBatches: number;
  readonly checkpointing: Checkpointing;
  /** Bytes cuBLAS takes for each thread that multiplies matrices. */
  readonly blasWorkspaceBytes: number;
}

/** What of a training setup the loop depends on, beside its plan. */
export type TracedTraining = Pick<
  TrainingSetup,
  'optimizer' | 'optimizerImplementation' | 'weightDecay' | 'loss' | 'gradientAccumulation' | 'gradientCheckpointing'
>;

export function traceSetupOf(training: TracedTraining): Omit<TraceSetup, 'blasWorkspaceBytes'> {
  return {
    ...optimizerChoice(training),
    loss: training.loss.value,
    checkpointing: training.gradientCheckpointing.value,
    microBatches: training.gradientAccumulation.value,
  };
}

/**
 * The loop that training scripts run: load the model; then per iteration take a batch, forward, loss, backward (that
 * for each micro-batch), `optimizer.step()`, `zero_grad(set_to_none=True)`. The names `inputs`, `outputs` and `loss` keep their tensors until the
 * next iteration assigns them again.
 *
 * Three iterations: optimizer states appear in the first step, around activations that are already dead, and fragment the
 * pools from then on. One iteration alone reads 12 to 38 points low on published rows. The third repeats the second.
 */
export function traceTraining(plan: Plan, setup: TraceSetup): Recording {
  const state = new StepState(plan, setup.blasWorkspaceBytes);
  const { tape } = state;
  tape.at({ iteration: 0, phase: 'load', layer: '' });
  loadWeights(state);
  constructOptimizer(state, setup);
  const loop = new TrainingLoop(state, setup);
  loop.iterate(1);
  const left = loop.kept();
  const second = tape.moments.length;
  loop.iterate(2);
  tape.repeat(second, left, loop.kept());
  return tape;
}

/** `model.to(device)`: parameters and buffers, in the order of the layers that read them, then those that none reads. */
function loadWeights(state: StepState): void {
  for (const layer of state.plan.layers) {
    for (const input of layer.inputs) {
      if (!input?.isWeight || !input.isLeaf || state.weights.has(input.storage)) continue;
      state.weights.set(input.storage, state.tape.allocate(input.bytes, layer.id, 'parameters'));
    }
  }
  for (const { bytes } of state.plan.unread) state.tape.allocate(bytes, ROWS.unread, 'parameters');
}

/** Outputs the loss is taken of: the first that carries a gradient, and those of its rank and width (auxiliary heads). */
export function lossOutputs(plan: Plan): readonly PlannedTensor[] {
  const candidates = plan.outputs.flatMap((id) => {
    const tensor = plan.tensors.get(id);
    return tensor?.requiresGrad && isFloating(tensor.type.dtype) ? [tensor] : [];
  });
  const first = candidates[0];
  return candidates.filter(
    ({ type }) => type.shape.length === first?.type.shape.length && type.shape.at(-1) === first.type.shape.at(-1),
  );
}

type Enter = (phase: Moment['phase'], layer?: string) => void;

class TrainingLoop {
  private held: TracedBlock[] = [];
  private batch: TracedBlock[] = [];
  /** The layer that reads a tensor first: it owns the batch. */
  private readonly firstReaders = new Map<string, string>();
  private readonly checkpoints: Checkpoints;
  private readonly backwards: readonly PlannedLayer[];
  private readonly heads: readonly PlannedTensor[];
  private readonly ownLosses: readonly PlannedTensor[];

  constructor(
    private readonly state: StepState,
    private readonly setup: TraceSetup,
  ) {
    const { plan } = state;
    this.checkpoints = new Checkpoints(state, setup.checkpointing);
    this.backwards = [...plan.layers].reverse();
    for (const layer of this.backwards) {
      for (const id of layer.bound.inputs) this.firstReaders.set(id, layer.id);
    }
    this.ownLosses = plan.layers.flatMap((layer) =>
      layer.bound.spec?.loss && layer.tracked ? layer.outputs.slice(0, 1) : [],
    );
    this.heads = this.ownLosses.length > 0 ? [] : lossOutputs(plan);
  }

  iterate(iteration: number): void {
    const enter: Enter = (phase, layer = '') => this.state.tape.at({ iteration, phase, layer });
    for (let batch = 0; batch < Math.min(this.setup.microBatches, TRACED_MICRO_BATCHES); batch++)
      this.accumulate(enter);
    enter('optimizer', ROWS.optimizer);
    stepOptimizer(this.state, this.setup);
    this.state.gradients.clear();
  }

  /** The blocks that `inputs` and `outputs` keep for the next iteration. */
  kept(): readonly TracedBlock[] {
    return [...this.batch, ...this.held];
  }

  /** Forward, loss and backward of one micro-batch. */
  private accumulate(enter: Enter): void {
    enter('forward');
    this.takeBatch();
    this.state.enter('forward');
    for (const layer of this.state.plan.layers) {
      enter('forward', layer.id);
      this.checkpoints.beforeForward(layer);
      forwardLayer(this.state, layer, { live: this.state.live, keeps: this.checkpoints.keeps(layer) });
    }
    enter('loss', ROWS.loss);
    this.letGoOfOutputs();
    const losses = this.heads.map((output) => attachLoss(this.state, output, this.setup.loss));
    this.state.leaveAutocast();
    this.backward(losses, enter);
    this.state.gradients.endBackward();
  }

  /** The new batch is on the device before the name lets go of the old one. */
  private takeBatch(): void {
    const { tape, plan, live } = this.state;
    const old = this.batch;
    this.batch = [];
    for (const id of plan.inputs) {
      const tensor = plan.tensors.get(id);
      if (!tensor) continue;
      const block = tape.allocate(tensor.bytes, this.firstReaders.get(id) ?? ROWS.loss, 'activations');
      this.batch.push(block);
      live.bind(tensor, tape.retain(block));
    }
    for (const head of this.heads) {
      this.batch.push(tape.allocate(targetBytes(head, this.setup.loss), ROWS.loss, 'activations'));
    }
    for (const block of old) tape.release(block);
  }

  private backward(losses: readonly AttachedLoss[], enter: Enter): void {
    const { state } = this;
    this.holdOutputs();
    state.enter('backward');
    enter('backward', ROWS.loss);
    for (const loss of losses) detachLoss(state, loss, this.setup.loss);
    for (const output of this.ownLosses) {
      state.gradients.add(output, state.tape.allocate(output.bytes, ROWS.loss, 'temporaries'));
    }
    for (const layer of this.backwards) {
      this.checkpoints.beforeBackward(layer, (id) => enter('backward', id));
      enter('backward', layer.id);
      backwardLayer(state, layer);
      this.checkpoints.afterBackward(layer);
    }
  }

  /** `outputs = model(inputs)` lets go of the last iteration's outputs only now. */
  private letGoOfOutputs(): void {
    for (const block of this.held) this.state.tape.release(block);
    this.held = [];
  }

  private holdOutputs(): void {
    const { tape, live, plan } = this.state;
    const outputs = plan.outputs.flatMap((id) => plan.tensors.get(id) ?? []);
    this.held = outputs.flatMap((output) => live.get(output) ?? []).map((block) => tape.retain(block));
    for (const output of outputs) live.read(output);
  }
}
