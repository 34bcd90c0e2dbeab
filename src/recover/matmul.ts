import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * torch.matmul on more than two axes, as aten takes it apart (aten/src/ATen/native/LinearAlgebra.cpp, _matmul_impl): either
 * operand is expanded to the batches of both, copied where it has to be, and folded to three axes for `bmm`.
 */
export const matmul: Recovery = {
  name: 'MatMul',
  onlyDecomposed: true,
  assumption: (count) => `MatMul restored from a product of folded batches (${count}x)`,
  matcher: (view) => (layer) => (layer.type === 'MatMul' ? unfolded(view, layer) : undefined),
};

function unfolded(view: GraphView, product: Layer): Rewrite | undefined {
  const result = view.onlyReader(product, 'Reshape');
  const [left, right] = product.inputs.map((id) => operandBehind(view, id));
  if (!result || !left || !right || !(left.isWhole || right.isWhole)) return undefined;
  return {
    remove: [...left.layers, ...right.layers, product, result],
    add: [inPlaceOf(result, { type: 'MatMul', inputs: [left.id, right.id] })],
  };
}

interface Operand {
  readonly id: string;
  readonly layers: readonly Layer[];
  /** True where it had the batches of both already. */
  readonly isWhole: boolean;
}

function operandBehind(view: GraphView, id: string): Operand | undefined {
  const fold = view.producer(id, 'Reshape');
  const copy = view.before(fold, 0, 'Clone');
  const expand = view.before(copy ?? fold, 0, 'Expand');
  const source = expand?.inputs[0];
  if (!fold || !expand || source === undefined) return undefined;
  const layers = copy ? [fold, copy, expand] : [fold, expand];
  const [before, after] = [source, expand.outputs[0] ?? ''].map((each) => view.tensor(each)?.shape);
  // Dims may be arithmetic, which has no other equality.
  return { id: source, layers, isWhole: before !== undefined && JSON.stringify(before) === JSON.stringify(after) };
}
