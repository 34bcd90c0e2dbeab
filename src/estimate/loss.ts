import { bytesOf } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { LossName } from './losses.js';
import type { PlannedTensor } from './plan.js';
import { ROWS } from './step-state.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

/** One element, in the loss's float32. */
const SCALAR_BYTES = 4;

/** What the loss of one output holds on to between forward and backward. */
export interface AttachedLoss {
  readonly output: PlannedTensor;
  readonly kept: readonly TracedBlock[];
}

/** The labels or targets of one output: a class index for each row of logits, or a tensor of the output's shape. */
export function targetBytes(output: PlannedTensor, loss: LossName): number {
  if (loss === 'none') return 0;
  const count = elements(output.type.shape);
  if (loss === 'mse') return bytesOf(output.type.dtype, count);
  return bytesOf('int64', count / Math.max(1, classesOf(output)));
}

/** Classes lie on the last axis of logits, and on the second of an image's. */
function classesOf({ type: { shape } }: PlannedTensor): number {
  return (shape.length >= 4 ? shape[1] : shape.at(-1)) ?? 1;
}

/**
 * Forward of the loss. cross_entropy keeps the log-softmax of the logits, in float32 under autocast (log_softmax is on
 * its fp32 list), and two scalars (nll_loss_forward: output, total_weight); the float32 copy of the logits is not kept.
 */
export function attachLoss(state: StepState, output: PlannedTensor, loss: LossName): AttachedLoss {
  const { tape } = state;
  const allocate = (bytes: number): TracedBlock => tape.allocate(bytes, ROWS.loss, 'activations');
  if (loss === 'none') return { output, kept: [] };
  if (loss === 'mse') {
    const logits = state.live.get(output.id);
    return { output, kept: [allocate(SCALAR_BYTES), ...(logits ? [tape.retain(logits)] : [])] };
  }
  const widened = widens(state, output) ? allocate(lossBytes(state, output)) : undefined;
  const kept = [allocate(lossBytes(state, output)), allocate(SCALAR_BYTES), allocate(SCALAR_BYTES)];
  if (widened) tape.release(widened);
  return { output, kept };
}

/** Backward of the loss down to the gradient of the output, which it leaves to the graph. */
export function detachLoss(state: StepState, { output, kept }: AttachedLoss, loss: LossName): void {
  const { tape } = state;
  const allocate = (bytes: number): TracedBlock => tape.allocate(bytes, ROWS.loss, 'temporaries');
  const bytes = tensorBytes(output.type);
  if (loss !== 'cross-entropy') {
    const gradient = allocate(bytes);
    for (const block of kept) tape.release(block);
    state.gradients.add(output, gradient, bytes);
    return;
  }
  const seed = allocate(SCALAR_BYTES);
  const ofLogSoftmax = allocate(lossBytes(state, output));
  tape.release(seed);
  const ofLogits = allocate(lossBytes(state, output));
  tape.release(ofLogSoftmax);
  for (const block of kept) tape.release(block);
  if (widens(state, output)) {
    state.gradients.add(output, allocate(bytes), bytes);
    tape.release(ofLogits);
  } else state.gradients.add(output, ofLogits, bytes);
}

function widens(state: StepState, output: PlannedTensor): boolean {
  return state.plan.precision.autocast !== undefined && output.type.dtype !== 'float32';
}

/** Bytes of the logits in the dtype the loss computes in. */
function lossBytes(state: StepState, output: PlannedTensor): number {
  const dtype = state.plan.precision.autocast === undefined ? output.type.dtype : 'float32';
  return bytesOf(dtype, elements(output.type.shape));
}
