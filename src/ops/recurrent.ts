import { dimAt, elements, input, numberAttribute, stringAttribute, tensor } from './context.js';
import { copyOf, KEEP_INPUT, KEEP_OUTPUT } from './parts.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly directions: number;
  readonly hidden: number;
  /** `layout: 1`, opset 14 on. */
  readonly batchFirst: boolean;
}

/** Sizes of an ONNX recurrent layer: X `[T, N, I]` (layout 0), W `[D, gates * H, I]`, R `[D, gates * H, H]`. */
function sizes(context: OpContext): Sizes {
  const { shape } = input(context, 0);
  const batchFirst = numberAttribute(context.layer, 'layout', 0) === 1;
  return {
    steps: dimAt(shape, batchFirst ? 1 : 0),
    batch: dimAt(shape, batchFirst ? 0 : 1),
    directions: stringAttribute(context.layer, 'direction', 'forward') === 'bidirectional' ? 2 : 1,
    hidden: numberAttribute(context.layer, 'hidden_size', dimAt(input(context, 2).shape, 2)),
    batchFirst,
  };
}

/** Y `[T, D, N, H]`. */
function everyStep(context: OpContext): TensorType {
  const { steps, batch, directions, hidden, batchFirst } = sizes(context);
  const shape = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  return tensor(input(context, 0).dtype, shape);
}

/** Y, then Y_h and (LSTM) Y_c `[D, N, H]`. */
function inferRecurrent(context: OpContext): readonly TensorType[] {
  const { batch, directions, hidden, batchFirst } = sizes(context);
  const shape = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const last = tensor(input(context, 0).dtype, shape);
  return [everyStep(context), last, last].slice(0, Math.max(1, context.outputCount));
}

/** Input and recurrent products of every step and direction. */
function recurrentFlops(context: OpContext): number {
  const { steps, batch } = sizes(context);
  return 2 * steps * batch * (elements(input(context, 1).shape) + elements(input(context, 2).shape));
}

/**
 * _cudnn_rnn keeps input, weights, the output of every step (also where the layer names the last alone) and a reserve
 * buffer. cuDNN does not publish the reserve's size; the gates of every step and its state are what backward cannot do
 * without, so that is what is counted.
 */
function saveRecurrent(gates: number): (context: OpContext) => readonly Saved[] {
  return (context) => {
    const { dtype, shape } = everyStep(context);
    const isNamed = context.layer.outputs[0] !== '';
    const reserve = tensor(dtype, shape.with(-1, (gates + 1) * sizes(context).hidden));
    return [
      ...KEEP_INPUT,
      ...(isNamed ? KEEP_OUTPUT : [copyOf(everyStep(context))]),
      { from: 'new', what: 'reserve', type: reserve },
    ];
  };
}

/** X, W, R, B, sequence_lens, initial_h, and for LSTM initial_c and P, the weights of its peepholes. */
const ROLES = [
  'constant',
  'parameter',
  'parameter',
  'parameter',
  'constant',
  'constant',
  'constant',
  'parameter',
] as const;

function recurrent(gates: number): OpSpec {
  return {
    operands: 3,
    infer: inferRecurrent,
    roles: ROLES,
    flops: recurrentFlops,
    saves: saveRecurrent(gates),
    autocast: 'lower',
    library: 'cudnn-rnn',
  };
}

/** Sources: ONNX operator specification; derivatives.yaml (_cudnn_rnn). */
export const RECURRENT = {
  LSTM: recurrent(4),
  GRU: recurrent(3),
  RNN: recurrent(1),
} as const satisfies Record<string, OpSpec>;
