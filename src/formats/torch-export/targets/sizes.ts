/** Arithmetic on sizes: whole numbers as tensors of one element, which the binder folds. */
import type { DType } from '../../../graph/index.js';
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

/** Rounded to a whole number. */
const whole =
  (type: OpType): Row =>
  (call) => {
    call.result('Cast', [call.layer(type, [sourceOf(call)])], { to: 'int64' });
  };

const cast =
  (to: DType): Row =>
  (call) => {
    call.result('Cast', [sourceOf(call)], { to });
  };

/** A fraction, of whole numbers too. */
function trueDivide(call: Call): void {
  const [above = '', below = ''] = ['a', 'b'].map((name) =>
    call.layer('Cast', [vectorOf(call, name)], { to: 'float64' }),
  );
  call.result('Div', [above, below]);
}

/** `sym_ite(b, t, f)`. */
function choose(call: Call): void {
  call.result('Where', [vectorOf(call, 'b'), vectorOf(call, 't'), vectorOf(call, 'f')]);
}

/** The argument of Python's operators is `a`, that of the functions of `math` is `x`. */
function sourceOf(call: Call): string {
  return vectorOf(call, call.sizes('x') ? 'x' : 'a');
}

function vectorOf(call: Call, name: string): string {
  return call.vector(call.sizes(name) ?? [0]);
}

const unary =
  (type: OpType): Row =>
  (call) => {
    call.result(type, [sourceOf(call)]);
  };

export const SIZES: Rows = {
  sym_size: size,
  sym_numel: (call) => {
    call.result('Reshape', [call.layer('Size', [call.operand('self')]), call.vector([1])]);
  },
  '_operator.add': binary('Add'),
  '_operator.sub': binary('Sub'),
  '_operator.mul': binary('Mul'),
  '_operator.floordiv': binary('Div'),
  '_operator.truediv': trueDivide,
  '_operator.mod': binary('Mod'),
  '_operator.pow': binary('Pow'),
  '_operator.neg': unary('Neg'),
  '_operator.eq': binary('Equal'),
  '_operator.ne': (call) => {
    call.result('Not', [call.layer('Equal', [vectorOf(call, 'a'), vectorOf(call, 'b')])]);
  },
  '_operator.and_': binary('And'),
  '_operator.or_': binary('Or'),
  ...all(['_operator.not_', 'torch.sym_not'], unary('Not')),
  'torch.sym_ite': choose,
  '_operator.ge': binary('GreaterOrEqual'),
  '_operator.gt': binary('Greater'),
  '_operator.le': binary('LessOrEqual'),
  '_operator.lt': binary('Less'),
  ...all(['torch.sym_max'], binary('Max')),
  ...all(['torch.sym_min'], binary('Min')),
  'torch._sym_sqrt': unary('Sqrt'),
  'torch.sym_float': cast('float64'),
  'torch.sym_int': cast('int64'),
  'math.floor': whole('Floor'),
  'math.trunc': whole('Trunc'),
  'math.ceil': whole('Ceil'),
  ...all(['item', '_local_scalar_dense'], identity),
};
