import { bytesOf } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { TensorType } from '../ops/index.js';
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

interface LossTrace {
  /** The labels or targets of one output: a class index for each row of logits, or a tensor of the output's shape. */
  readonly targetBytes: (output: PlannedTensor) => number;
  /** Forward: what the loss keeps for its backward. */
  readonly attach: (state: StepState, output: PlannedTensor) => readonly TracedBlock[];
  /** Backward: lets go of what was kept, and gives the gradient of the output in its own dtype. */
  readonly detach: (state: StepState, attached: AttachedLoss) => TracedBlock;
}

const activation = ({ tape }: StepState, bytes: number): TracedBlock => tape.allocate(bytes, ROWS.loss, 'activations');
const temporary = ({ tape }: StepState, bytes: number): TracedBlock => tape.allocate(bytes, ROWS.loss, 'temporaries');

const CLASS_INDICES: LossTrace['targetBytes'] = (output) =>
  bytesOf('int64', elements(output.type.shape) / Math.max(1, classesOf(output)));

const TRACES: Readonly<Record<LossName, LossTrace>> = {
  'cross-entropy': {
    targetBytes: CLASS_INDICES,
    attach: (state, { type }) => attachCrossEntropy(state, type),
    detach: (state, { output, kept }) => detachCrossEntropy(state, output.type, kept),
  },
  /** The copy of the shifted logits lives while the loss is computed. Its gradient is put into zeros (slice_backward). */
  'next-token': {
    targetBytes: CLASS_INDICES,
    attach: (state, { type }) => {
      const shifted = activation(state, tensorBytes(shiftedOf(type)));
      const kept = attachCrossEntropy(state, shiftedOf(type));
      state.tape.release(shifted);
      return kept;
    },
    detach: (state, { output, kept }) => {
      const ofShifted = detachCrossEntropy(state, shiftedOf(output.type), kept);
      const ofLogits = temporary(state, output.bytes);
      state.tape.release(ofShifted);
      return ofLogits;
    },
  },
  /** mse_loss keeps both its operands; the target is the batch's. */
  mse: {
    targetBytes: ({ bytes }) => bytes,
    attach: (state, output) => {
      const logits = state.live.get(output);
      return [activation(state, SCALAR_BYTES), ...(logits ? [state.tape.retain(logits)] : [])];
    },
    detach: detachPlain,
  },
  none: { targetBytes: () => 0, attach: () => [], detach: detachPlain },
};

export function targetBytes(output: PlannedTensor, loss: LossName): number {
  return TRACES[loss].targetBytes(output);
}

export function attachLoss(state: StepState, output: PlannedTensor, loss: LossName): AttachedLoss {
  return { output, kept: TRACES[loss].attach(state, output) };
}

/** Backward of the loss down to the gradient of the output, which it leaves to the graph. */
export function detachLoss(state: StepState, attached: AttachedLoss, loss: LossName): void {
  const { output } = attached;
  state.gradients.add(output, TRACES[loss].detach(state, attached));
}

/** Classes lie on the last axis of logits, and on the second of an image's. */
function classesOf({ type: { shape } }: PlannedTensor): number {
  return (shape.length >= 4 ? shape[1] : shape.at(-1)) ?? 1;
}

/** `[batch, sequence, vocabulary]` without the last of the sequence. */
function shiftedOf({ dtype, shape }: TensorType): TensorType {
  return { dtype, shape: shape.map((dim, axis) => (axis === shape.length - 2 ? Math.max(0, dim - 1) : dim)) };
}

/**
 * cross_entropy keeps the log-softmax of the logits and two scalars (nll_loss_forward: output, total_weight). Under autocast
 * programs make the logits float32 first (transformers/loss/loss_utils.py: `logits.float()`), a copy that is not kept.
 */
function attachCrossEntropy(state: StepState, logits: TensorType): readonly TracedBlock[] {
  const computed = tensorBytes(inLoss(state, logits));
  const widened = widens(state, logits) ? activation(state, computed) : undefined;
  const kept = [computed, SCALAR_BYTES, SCALAR_BYTES].map((bytes) => activation(state, bytes));
  if (widened) state.tape.release(widened);
  return kept;
}

/** The gradient of the log-softmax, and from it that of the logits. */
function detachCrossEntropy(state: StepState, logits: TensorType, kept: readonly TracedBlock[]): TracedBlock {
  const { tape } = state;
  const seed = temporary(state, SCALAR_BYTES);
  const ofLogSoftmax = temporary(state, tensorBytes(inLoss(state, logits)));
  tape.release(seed);
  const ofLogits = temporary(state, tensorBytes(inLoss(state, logits)));
  tape.release(ofLogSoftmax);
  for (const block of kept) tape.release(block);
  if (!widens(state, logits)) return ofLogits;
  const narrowed = temporary(state, tensorBytes(logits));
  tape.release(ofLogits);
  return narrowed;
}

function detachPlain(state: StepState, { output, kept }: AttachedLoss): TracedBlock {
  const gradient = temporary(state, output.bytes);
  for (const block of kept) state.tape.release(block);
  return gradient;
}

function widens({ plan }: StepState, { dtype }: TensorType): boolean {
  return plan.precision.autocast !== undefined && dtype !== 'float32';
}

/** Logits in the dtype the loss computes in. */
function inLoss({ plan }: StepState, { dtype, shape }: TensorType): TensorType {
  return { dtype: plan.precision.autocast === undefined ? dtype : 'float32', shape };
}
