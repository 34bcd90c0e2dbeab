import { dimAt, elements, input, numberAttribute, stringAttribute, tensor } from './context.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** Sizes of an ONNX recurrent layer: X `[T, N, I]` (layout 0), W `[D, gates * H, I]`, R `[D, gates * H, H]`. */
function sizes(context: OpContext): { steps: number; batch: number; directions: number; hidden: number } {
  const { shape } = input(context, 0);
  const batchFirst = numberAttribute(context.layer, 'layout', 0) === 1;
  return {
    steps: dimAt(shape, batchFirst ? 1 : 0),
    batch: dimAt(shape, batchFirst ? 0 : 1),
    directions: stringAttribute(context.layer, 'direction', 'forward') === 'bidirectional' ? 2 : 1,
    hidden: numberAttribute(context.layer, 'hidden_size', input(context, 2).shape.at(-1) ?? 1),
  };
}

/** Y `[T, D, N, H]`, Y_h and (LSTM) Y_c `[D, N, H]`. */
function inferRecurrent(context: OpContext): readonly TensorType[] {
  const { dtype } = input(context, 0);
  const { steps, batch, directions, hidden } = sizes(context);
  const batchFirst = numberAttribute(context.layer, 'layout', 0) === 1;
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return Array.from({ length: context.outputCount }, (_, index) => tensor(dtype, index === 0 ? all : last));
}

/** Input and recurrent products of every step and direction. */
function recurrentFlops(context: OpContext): number {
  const { steps, batch } = sizes(context);
  return 2 * steps * batch * (elements(input(context, 1).shape) + elements(input(context, 2).shape));
}

/**
 * _cudnn_rnn keeps input, weights, output and a reserve buffer. cuDNN does not publish the reserve's size; the gates of
 * every step (and the cell state, LSTM) are what backward cannot do without, so that is what is counted.
 */
function recurrent(gates: number): OpSpec {
  const reserve = (context: OpContext): Saved => {
    const { steps, batch, directions, hidden } = sizes(context);
    const type = tensor(input(context, 0).dtype, [steps, directions, batch, (gates + 1) * hidden]);
    return { from: 'new', what: 'reserve', type };
  };
  return {
    infer: inferRecurrent,
    roles: ['constant', 'parameter', 'parameter', 'parameter', 'constant'],
    flops: recurrentFlops,
    saves: (context) => [{ from: 'input', index: 0 }, { from: 'output', index: 0 }, reserve(context)],
    autocast: 'lower',
  };
}

export const RECURRENT = {
  LSTM: recurrent(4),
  GRU: recurrent(3),
  RNN: recurrent(1),
} as const satisfies Record<string, OpSpec>;
