import type { Call } from '../call.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';

/** `linear` takes more axes in front of a matrix, as Gemm does here; a vector is a matrix product. */
function linear(call: Call): void {
  const [input, weight, bias] = ['input', 'weight', 'bias'].map((name) => call.operand(name));
  if (call.rankOf(input ?? '') >= 2) {
    const operands = [input, weight, bias].filter((id) => id !== undefined && id !== '');
    call.result('Gemm', operands as readonly string[], { transB: 1 });
    return;
  }
  const transposed = call.layer('Transpose', [weight ?? ''], { perm: [1, 0] });
  if (bias === undefined || bias === '') call.result('MatMul', [input ?? '', transposed]);
  else call.result('Add', [call.layer('MatMul', [input ?? '', transposed]), bias]);
}

/** `addmm(self, mat1, mat2)` is beta * self + alpha * mat1 @ mat2. */
const addmm = row('Gemm', ['mat1', 'mat2', 'self'], (call) => ({ beta: call.number('beta', 1) }));

/** A batch of products and what is added to it. */
function baddbmm(call: Call): void {
  const product = call.layer('MatMul', [call.operand('batch1'), call.operand('batch2')]);
  call.result('Add', [call.operand('self'), product]);
}

/** A matrix times a vector and what is added to it. */
function addmv(call: Call): void {
  const product = call.layer('MatMul', [call.operand('mat'), call.operand('vec')]);
  call.result('Add', [call.operand('self'), product]);
}

function einsum(call: Call): void {
  call.result('Einsum', call.operands('tensors'), { equation: call.text('equation') });
}

export const LINEAR: Rows = {
  linear,
  addmm,
  baddbmm,
  ...all(['matmul', 'linalg_matmul'], row('MatMul', ['self', 'other'])),
  addmv,
  ...all(['mm', 'bmm'], row('MatMul', ['self', 'mat2'])),
  mv: row('MatMul', ['self', 'vec']),
  dot: row('MatMul', ['self', 'tensor']),
  vdot: row('MatMul', ['self', 'other']),
  einsum,
  ...all(['transformers.grouped_mm_fallback'], row('GroupedMatMul', ['input', 'weight', 'offs'])),
  _grouped_mm: row('GroupedMatMul', ['self', 'mat2', 'offs']),
};
