import { elements, input, numberAttribute, tensor } from './context.js';
import { KEEP_BOTH } from './parts.js';
import type { ImpliedParameter, OpContext, OpSpec, Saved } from './spec.js';

interface Cell {
  readonly gates: number;
  /** True for the plain RNN, which puts its hidden state through another product (rnn_layer.cpp). */
  readonly hasOutput: boolean;
}

/** The bottoms: the sequence, its continuation marks, and maybe features that stay the same. */
const BOTTOMS = 2;

function hiddenOf({ layer }: OpContext): number {
  return numberAttribute(layer, 'hidden_size', 0);
}

/** Steps and samples. */
function stepsOf(context: OpContext): readonly number[] {
  return input(context, 0).shape.slice(0, 2);
}

/** In the order of the layer's blobs (lstm_layer.cpp, rnn_layer.cpp: FillUnrolledNet). */
function weightsOf(context: OpContext, { gates, hasOutput }: Cell): readonly ImpliedParameter[] {
  const { dtype, shape } = input(context, 0);
  const hidden = hiddenOf(context);
  const unchanging = context.inputs[BOTTOMS];
  const weight = (name: string, of: readonly number[]): ImpliedParameter => ({
    name,
    role: 'parameter',
    dtype,
    shape: of,
  });
  return [
    weight('weight_ih', [gates * hidden, elements(shape.slice(2))]),
    weight('bias', [gates * hidden]),
    ...(unchanging ? [weight('weight_static', [gates * hidden, elements(unchanging.shape.slice(1))])] : []),
    weight('weight_hh', [gates * hidden, hidden]),
    ...(hasOutput ? [weight('weight_ho', [hidden, hidden]), weight('bias_o', [hidden])] : []),
  ];
}

/** Every matrix once for each step and sample, but for that of the features that stay the same: once for each sample. */
function recurrentFlops(context: OpContext, { gates, hasOutput }: Cell): number {
  const hidden = hiddenOf(context);
  const [, samples = 1] = stepsOf(context);
  const features = elements(input(context, 0).shape.slice(2));
  const perStep = gates * hidden * (features + hidden) + (hasOutput ? hidden * hidden : 0);
  const hasStatic = context.inputs.length > BOTTOMS + (hasOutput ? 5 : 3);
  const unchanging = hasStatic ? elements(context.inputs[BOTTOMS]?.shape.slice(1) ?? [0]) : 0;
  return 2 * (elements(stepsOf(context)) * perStep + samples * gates * hidden * unchanging);
}

/** As the ONNX rows: input, output, and the gates and state of every step. */
function saveRecurrent(context: OpContext, { gates }: Cell): readonly Saved[] {
  const type = tensor(input(context, 0).dtype, [...stepsOf(context), (gates + 1) * hiddenOf(context)]);
  return [...KEEP_BOTH, { from: 'new', what: 'reserve', type }];
}

/** Caffe's recurrent layers: x `[T, N, ...]`, continuation marks `[T, N]`, output `[T, N, H]` (recurrent_layer.cpp). */
function recurrent(cell: Cell): OpSpec {
  return {
    operands: BOTTOMS,
    infer: (context) => [tensor(input(context, 0).dtype, [...stepsOf(context), hiddenOf(context)])],
    parameters: (context) => weightsOf(context, cell),
    flops: (context) => recurrentFlops(context, cell),
    saves: (context) => saveRecurrent(context, cell),
    gradients: (context) => context.inputs.map((_, index) => (index === 1 ? 'none' : 'new')),
    autocast: 'lower',
    library: 'cudnn-rnn',
  };
}

export const CAFFE_RECURRENT = {
  CaffeLstm: recurrent({ gates: 4, hasOutput: false }),
  CaffeRnn: recurrent({ gates: 1, hasOutput: true }),
} as const satisfies Record<string, OpSpec>;
