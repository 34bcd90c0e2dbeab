/** Arithmetic on sizes: whole numbers as tensors of one element, which the binder folds. */
import type { OpType } from '../../../ops/index.js';
import type { Call, Row } from '../call.js';
import { all, identity } from './rows.js';
import type { Rows } from './rows.js';

function size(call: Call): void {
  const self = call.operand('self');
  const axis = call.axis('dim', 0, call.rankOf(self));
  call.result('Shape', [self], { start: axis, end: axis + 1 });
}

const binary =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [vectorOf(call, 'a'), vectorOf(call, 'b')]);
  };

function vectorOf(call: Call, name: string): string {
  return call.vector(call.sizes(name) ?? [0]);
}

const unary =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [vectorOf(call, 'a')]);
  };

export const SIZES: Rows = {
  sym_size: size,
  sym_numel: (call) => {
    call.result('Reshape', [call.layer('Size', [call.operand('self')]), call.vector([1])]);
  },
  '_operator.add': binary('Add'),
  '_operator.sub': binary('Sub'),
  '_operator.mul': binary('Mul'),
  ...all(['_operator.floordiv', '_operator.truediv'], binary('Div')),
  '_operator.mod': binary('Mod'),
  '_operator.pow': binary('Pow'),
  '_operator.neg': unary('Neg'),
  '_operator.eq': binary('Equal'),
  '_operator.ge': binary('GreaterOrEqual'),
  '_operator.gt': binary('Greater'),
  '_operator.le': binary('LessOrEqual'),
  '_operator.lt': binary('Less'),
  ...all(['torch.sym_max'], binary('Max')),
  ...all(['torch.sym_min'], binary('Min')),
  ...all(['torch.sym_float', 'torch.sym_int'], unary('Identity')),
  ...all(['math.floor', 'math.trunc'], unary('Floor')),
  'math.ceil': unary('Ceil'),
  ...all(['item', '_local_scalar_dense'], identity),
};
