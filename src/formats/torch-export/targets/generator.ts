import type { DType } from '../../../graph/index.js';
import type { Call, Row } from '../call.js';
import { all, row, trimmed } from './rows.js';
import type { Rows } from './rows.js';

/** The dtype an argument names, else that of the node's own output. */
function dtypeOf(call: Call): string | undefined {
  return call.dtype() ?? call.recorded(call.outputs[0] ?? '')?.dtype;
}

/** The shape, and the tensor whose dtype `new_zeros` and `zeros_like` take where they name none: in training, another. */
function inDTypeOf(call: Call, shape: string): readonly string[] {
  return trimmed([shape, call.dtype() ? '' : call.operand('self')]);
}

/** True for memory that nobody has written to: what comes into it, in place, need be no constant (stochastic depth's mask). */
function isEmpty({ target }: Call): 1 | undefined {
  return target.operator.includes('empty') ? 1 : undefined;
}

/** True where a tensor of floats is made in no dtype that the program names. */
function isOfDefault(call: Call): 1 | undefined {
  return call.dtype() || call.operand('self') !== '' ? undefined : 1;
}

/** A tensor of a shape, filled or not. */
const ofShape =
  (value: number | undefined): Row =>
  (call) => {
    const shape = call.vector(call.sizes('size') ?? []);
    call.result('ConstantOfShape', inDTypeOf(call, shape), {
      value_dtype: dtypeOf(call),
      default_dtype: isOfDefault(call),
      value: value ?? call.number('fill_value', 0),
      uninitialized: isEmpty(call),
    });
  };

const like =
  (value: number | undefined): Row =>
  (call) => {
    const shape = call.layer('Shape', [call.operand('self')]);
    const given = value ?? call.number('fill_value', call.number('value', 0));
    call.result('ConstantOfShape', inDTypeOf(call, shape), {
      value_dtype: dtypeOf(call),
      value: given,
      uninitialized: isEmpty(call),
    });
  };

function scalar(call: Call): void {
  const shape = call.vector([]);
  call.result('ConstantOfShape', [shape], { value_dtype: dtypeOf(call), value: call.number('s', 0) });
}

/** `arange(end)`, `arange(start, end)`, `arange(start, end, step)`. */
function arange(call: Call): void {
  const bound = (name: string, fallback: number): string => call.vector(call.sizes(name) ?? [fallback]);
  const range = [bound('start', 0), bound('end', 0), bound('step', 1)];
  call.result('Range', range);
}

const random =
  (type: 'RandomNormalLike' | 'RandomUniformLike'): Row =>
  (call) => {
    const self = call.operand('self');
    const source = self === '' ? call.layer('ConstantOfShape', [call.vector(call.sizes('size') ?? [])]) : self;
    call.result(type, [source], { dtype: dtypeOf(call) });
  };

/** Elements that only the kernel makes, in a shape that numbers give. */
export const madeOf =
  (dtype: DType, ...names: readonly string[]): Row =>
  (call) => {
    const sizes = names.flatMap((name) => call.sizes(name) ?? call.sizes(names[0] ?? '') ?? []);
    const attributes = { value_dtype: call.dtype() ?? dtype, uninitialized: 1 };
    call.result('ConstantOfShape', [call.vector(sizes)], attributes);
  };

export const GENERATOR: Rows = {
  eye: madeOf('float32', 'n', 'm'),
  linspace: madeOf('float32', 'steps'),
  randperm: madeOf('int64', 'n'),
  ...all(
    ['zeros', 'empty', 'new_zeros', 'new_empty', 'empty_strided', 'new_empty_strided', 'empty_permuted'],
    ofShape(0),
  ),
  ...all(['ones', 'new_ones'], ofShape(1)),
  ...all(['full', 'new_full'], ofShape(undefined)),
  ...all(['zeros_like', 'empty_like', 'zero'], like(0)),
  ones_like: like(1),
  ...all(['full_like', 'fill'], like(undefined)),
  scalar_tensor: scalar,
  arange,
  ...all(['randn', 'randn_like', 'normal'], random('RandomNormalLike')),
  ...all(['rand', 'rand_like', 'randint', 'uniform'], random('RandomUniformLike')),
  ...all(['copy', 'slice_scatter', 'select_scatter'], row('CopyInto', ['self', 'src'])),
};
