/** One step of a recurrent layer, as a loop in Python calls it. */
import { dimAt, input, tensor } from './context.js';
import type { OpContext, OpSpec, Saved, TensorType } from './spec.js';

/** `[N, H]`, of the gates `[N, gates * H]`. */
function stateOf(context: OpContext, gates: number): TensorType {
  const { dtype, shape } = input(context, 0);
  return tensor(dtype, [dimAt(shape, 0), dimAt(shape, 1) / gates]);
}

/** Everything that is read, the state of the cell, and a workspace of so many states. */
function savesOf(context: OpContext, { gates, workspace }: { gates: number; workspace: number }): readonly Saved[] {
  const { dtype, shape } = stateOf(context, gates);
  const read = [...context.inputs.keys()].filter((index) => context.inputs[index]);
  const space = tensor(dtype, shape.with(1, workspace * dimAt(shape, 1)));
  return [
    ...read.map((index): Saved => ({ from: 'input', index })),
    ...(gates === 4 ? [{ from: 'output', index: 1 } as const] : []),
    { from: 'new', what: 'reserve', type: space },
  ];
}

/** The products of input and of state with their weights, the state before, and two biases. */
const ROLES = ['constant', 'constant', 'constant', 'parameter', 'parameter'] as const;

function cell(gates: number, workspace: number): OpSpec {
  return {
    operands: 3,
    infer: (context) => [stateOf(context, gates), stateOf(context, gates)].slice(0, gates === 4 ? 2 : 1),
    saves: (context) => savesOf(context, { gates, workspace }),
    roles: ROLES,
    autocast: 'lower',
  };
}

/** The fused kernels of CUDA (derivatives.yaml: _thnn_fused_lstm_cell, _thnn_fused_gru_cell; aten/src/ATen/native/RNN.cpp). */
export const CELL = { LSTMCell: cell(4, 4), GRUCell: cell(3, 5) } as const satisfies Record<string, OpSpec>;
