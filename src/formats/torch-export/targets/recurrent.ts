import type { OpType } from '../../../ops/index.js';
import type { Call, Row } from '../call.js';
import { trimmed } from './rows.js';
import type { Rows } from './rows.js';

/** What the weights of one layer are, direction by direction. */
interface Stack {
  readonly type: OpType;
  readonly directions: number;
  /** Tensors per layer and direction: w_ih, w_hh, and b_ih, b_hh where it has biases. */
  readonly each: number;
}

/** Weights of all directions as one tensor `[D, …]`: of one direction a view. */
function byDirection(call: Call, weights: readonly string[]): string {
  const parts = weights.map((id) => call.layer('Unsqueeze', [id], { axes: [0] }));
  return parts.length === 1 ? (parts[0] ?? '') : call.layer('Concat', parts, { axis: 0 });
}

/** W, R and B of one layer (ONNX: the two biases of a direction stand one behind the other). */
function weightsOf(call: Call, { directions, each }: Stack, layer: number): readonly string[] {
  const all = call.operands('params');
  const of = (direction: number, index: number): string => all[(layer * directions + direction) * each + index] ?? '';
  const directed = (index: number): readonly string[] =>
    Array.from({ length: directions }, (_, direction) => of(direction, index));
  const matrices = [byDirection(call, directed(0)), byDirection(call, directed(1))];
  if (each < 4) return matrices;
  const biases = Array.from({ length: directions }, (_, direction) =>
    call.layer('Concat', [of(direction, 2), of(direction, 3)], { axis: 0 }),
  );
  return [...matrices, byDirection(call, biases)];
}

/** One layer of `[T, N, I]`: its output `[T, N, D * H]`, and its last states `[D, N, H]`. */
function runLayer(call: Call, stack: Stack, { source, layer }: { source: string; layer: number }): readonly string[] {
  const direction = stack.directions === 2 ? 'bidirectional' : 'forward';
  const inputs = [source, ...weightsOf(call, stack, layer)];
  const [steps = '', ...last] = call.layers(stack.type, inputs, { direction });
  const ordered = call.layer('Transpose', [steps], { perm: [0, 2, 1, 3] });
  return [call.layer('Reshape', [ordered, call.vector([0, 0, -1])]), ...last];
}

/** `lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`: output, h_n, c_n. */
const recurrent =
  (type: OpType): Row =>
  (call) => {
    const each = call.number('has_biases', 1) === 0 ? 2 : 4;
    const stack = { type, directions: call.number('bidirectional', 0) + 1, each };
    const isBatchFirst = call.number('batch_first', 0) !== 0;
    const swap = { perm: [1, 0, 2] };
    const layers = Math.floor(call.operands('params').length / (stack.directions * each));
    const last: (readonly string[])[] = [];
    let source = isBatchFirst ? call.layer('Transpose', [call.operand('input')], swap) : call.operand('input');
    for (let layer = 0; layer < layers; layer++) {
      const [output = '', ...states] = runLayer(call, stack, { source, layer });
      last.push(states);
      source = layer + 1 < layers ? call.layer('Dropout', [output], { ratio: call.number('dropout', 0) }) : output;
    }
    call.resultAt(0, isBatchFirst ? 'Transpose' : 'Identity', [source], isBatchFirst ? swap : {});
    call.outputs.slice(1).forEach((_, at) => {
      call.resultAt(
        at + 1,
        'Concat',
        last.map((states) => states[at] ?? ''),
        { axis: 0 },
      );
    });
  };

/** Products with weights that leave the biases to the kernel (aten/src/ATen/native/RNN.cpp, FullyConnectedCell and its like). */
const cell =
  (type: OpType): Row =>
  (call) => {
    const [hidden = '', ...others] = call.operands('hx');
    const gates = [
      call.layer('Gemm', [call.operand('input'), call.operand('w_ih')], { transB: 1 }),
      call.layer('Gemm', [hidden, call.operand('w_hh')], { transB: 1 }),
    ];
    const biases = [call.operand('b_ih'), call.operand('b_hh')];
    call.result(type, trimmed([...gates, others[0] ?? hidden, ...biases]));
  };

const plainCell =
  (type: OpType): Row =>
  (call) => {
    const product = (source: string, weight: string, bias: string): string =>
      call.layer('Gemm', trimmed([source, weight, bias].map((name) => call.operand(name))), { transB: 1 });
    call.result(type, [call.layer('Add', [product('hx', 'w_hh', 'b_hh'), product('input', 'w_ih', 'b_ih')])]);
  };

export const RECURRENT: Rows = {
  lstm_cell: cell('LSTMCell'),
  gru_cell: cell('GRUCell'),
  rnn_tanh_cell: plainCell('Tanh'),
  rnn_relu_cell: plainCell('Relu'),
  'lstm.input': recurrent('LSTM'),
  'gru.input': recurrent('GRU'),
  'rnn_tanh.input': recurrent('RNN'),
  'rnn_relu.input': recurrent('RNN'),
};
