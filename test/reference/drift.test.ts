/** Every target that torch-export maps is checked against PyTorch, or says here why not. */
import { expect, test } from '@jest/globals';
import { readTarget } from '../../src/formats/torch-export/target.js';
import { TARGETS } from '../../src/formats/torch-export/targets/index.js';
import { goldenCases } from './golden.js';
import type { OperatorCase } from './golden.js';

const SIZES = 'arithmetic on sizes: no tensor of the model';
const CHECK = 'a check that the exporter wrote down: it has no output';
const CUDNN = 'runs in cuDNN, whose reserve only a GPU tells the size of';
const DATA = 'how much it puts out only the data knows';

const OPERATORS = 'add sub mul floordiv truediv mod pow neg eq ne ge gt le lt and_ or_ not_'.split(' ');

const UNCHECKED: Readonly<Record<string, string>> = {
  _assert_tensor_metadata: CHECK,
  _assert_scalar: CHECK,
  _assert_async: CHECK,
  sym_constrain_range: CHECK,
  sym_constrain_range_for_size: CHECK,
  sym_size: SIZES,
  sym_numel: SIZES,
  ...Object.fromEntries(OPERATORS.map((name) => [`_operator.${name}`, SIZES])),
  ...Object.fromEntries(['max', 'min', 'float', 'int', 'ite', 'not'].map((name) => [`torch.sym_${name}`, SIZES])),
  'torch._sym_sqrt': SIZES,
  ...Object.fromEntries(['floor', 'trunc', 'ceil'].map((name) => [`math.${name}`, SIZES])),
  item: DATA,
  _local_scalar_dense: DATA,
  nonzero: DATA,
  'lstm.input': CUDNN,
  'gru.input': CUDNN,
  'rnn_tanh.input': CUDNN,
  'rnn_relu.input': CUDNN,
  _batch_norm_with_update_functional: 'asks the GPU for its kernel; native_batch_norm is the same',
  _native_batch_norm_legit_no_training: 'an export for evaluation, which is taken as in training',
  _adaptive_avg_pool1d: 'PyTorch has those of two and three axes alone',
  'transformers.grouped_mm_fallback': 'registered by transformers; _grouped_mm is the same',
  lift_fresh: 'exported as lift_fresh_copy',
  as_strided: 'only what has the shape it had before is known, and that is the tensor itself',
};

/** The row a golden case goes through. */
function rowOf(target: string): string {
  const { operator, overload } = readTarget(`torch.ops.aten.${target}`);
  const named = `${operator}.${overload}`;
  return Object.hasOwn(TARGETS, named) ? named : operator;
}

const checked = new Set([...goldenCases<OperatorCase>('operators').values()].map(({ target }) => rowOf(target)));

test('every target has a golden case, or stands here with a reason', () => {
  const unchecked = Object.keys(TARGETS).filter((target) => !checked.has(target));
  expect(unchecked.sort()).toEqual(Object.keys(UNCHECKED).sort());
});

test('every golden case is of a target that is mapped', () => {
  expect([...checked].filter((target) => !Object.hasOwn(TARGETS, target))).toEqual([]);
});
