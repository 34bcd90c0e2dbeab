import type { Call } from '../call.js';
import { normOf } from './reduction.js';
import { row, scalar } from './rows.js';
import type { Rows } from './rows.js';

/** Each by its norm, of which a copy is clamped in place without autograd; then their product (Distance.cpp, cosine_similarity). */
function cosineSimilarity(call: Call): void {
  const axes = [call.number('dim', 1)];
  const [first = '', second = ''] = ['x1', 'x2'].map((name) => {
    const tensor = call.layer('Widen', [call.operand(name)]);
    const norm = call.layer('ReduceL2', [tensor], { axes, keepdims: 1 });
    return call.layer('Div', [tensor, call.layer('Clone', [norm])]);
  });
  call.result('ReduceSum', [call.layer('Mul', [first, second])], { axes, keepdims: 0 });
}

/** What pairwise_distance takes the norm of: x1 - x2 + eps. */
export function differenceOf(call: Call, first: string, second: string): string {
  return call.layer('Add', [call.layer('Sub', [first, second]), scalar(call, call.number('eps', 1e-6))]);
}

/** norm(x1 - x2 + eps) along the last axis (Distance.cpp, pairwise_distance). */
function pairwiseDistance(call: Call): void {
  const difference = differenceOf(call, call.operand('x1'), call.operand('x2'));
  call.result(normOf(call), [difference], { axes: [-1], keepdims: call.number('keepdim', 0) });
}

/** Sources: aten/src/ATen/native/Distance.cpp. */
export const DISTANCE: Rows = {
  cosine_similarity: cosineSimilarity,
  pairwise_distance: pairwiseDistance,
  cdist: row('Distances', ['x1', 'x2']),
};
