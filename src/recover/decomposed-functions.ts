import type { Attributes, Layer } from '../graph/index.js';
import { decomposition } from './decomposition.js';
import type { Decomposition } from './decomposition.js';
import type { Pattern } from './pattern.js';
import type { GraphView } from './view.js';

/** min(max(x + 3, 0), 6). */
const CLIPPED: Pattern = ['Clip', ['Clip', ['Add', 'x', 3], 0], '', 6];
const EXP_OF_SCALED: Pattern = ['Exp', ['Mul', 'x', '#beta']];
/** Where the largest is infinite, exp(x - largest) is none. */
const LARGEST: Pattern = ['Where', ['Equal', ['Abs', 'largest'], Infinity], 0, 'largest'];

/** The axes of the sum, and whether they stay. */
function ofSum(layers: readonly Layer[]): Attributes | undefined {
  return layers.find(({ type }) => type === 'ReduceSum')?.attributes;
}

function logsumexp(name: string, largest: Pattern): Decomposition {
  return {
    name,
    type: 'ReduceLogSumExp',
    pattern: ['Add', ['Log', ['ReduceSum', ['Exp', ['Sub', 'x', LARGEST]]]], largest],
    inputs: ['x'],
    attributes: ofSum,
  };
}

/** Sources: torch/_decomp/decompositions.py, torch/_refs/__init__.py and torch/_refs/nn/functional/__init__.py. */
const FUNCTIONS: readonly Decomposition[] = [
  {
    name: 'mish',
    type: 'Mish',
    pattern: ['Mul', 'x', ['Tanh', ['Where', ['Greater', 'x', 20], 'x', ['Log1p', ['Exp', 'x']]]]],
    inputs: ['x'],
  },
  { name: 'hardswish', type: 'HardSwish', pattern: ['Div', ['Mul', 'x', CLIPPED], 6], inputs: ['x'] },
  { name: 'hardsigmoid', type: 'HardSigmoid', pattern: ['Div', CLIPPED, 6], inputs: ['x'] },
  {
    name: 'softplus',
    type: 'Softplus',
    pattern: [
      'Where',
      ['Greater', ['Mul', 'x', '#beta'], '#threshold'],
      'x',
      ['Div', ['Log1p', EXP_OF_SCALED], '#divisor'],
    ],
    inputs: ['x'],
  },
  {
    name: 'logsigmoid',
    type: 'LogSigmoid',
    pattern: ['Sub', ['Min', 0, 'x'], ['Log1p', ['Exp', ['Neg', ['Abs', 'x']]]]],
    inputs: ['x'],
  },
  { name: 'celu', type: 'Celu', pattern: ['Where', ['Greater', 'x', 0], 'x', ['Expm1', 'x']], inputs: ['x'] },
  {
    name: 'prelu',
    type: 'PRelu',
    pattern: ['Where', ['Greater', 'x', 0], 'x', ['Mul', ['Reshape', 'slope'], 'x']],
    inputs: ['x', 'slope'],
  },
  {
    name: 'hardshrink',
    type: 'Shrink',
    pattern: ['Where', ['LessOrEqual', ['Abs', 'x'], '#lambda'], 0, 'x'],
    inputs: ['x'],
  },
  {
    name: 'softshrink',
    type: 'Shrink',
    pattern: [
      'Where',
      ['Greater', ['Abs', 'x'], '#lambda'],
      ['Sub', 'x', ['Mul', ['Sign', 'x'], '#step']],
      ['Mul', 'x', 0],
    ],
    inputs: ['x'],
  },
  {
    name: 'glu',
    type: 'Glu',
    pattern: ['Mul', ['Slice', 'x', 0, '#middle', '#axis'], ['Sigmoid', ['Slice', 'x', '#second', '#end', '#same']]],
    inputs: ['x'],
    attributes: halvedAxis,
  },
  { name: 'addcmul', type: 'Addcmul', pattern: ['Add', 'x', ['Mul', ['Mul', 'a', 1], 'b']], inputs: ['x', 'a', 'b'] },
  {
    name: 'linalg_vector_norm',
    type: 'ReduceL2',
    pattern: ['Pow', ['ReduceSum', ['Pow', 'x', 2]], 0.5],
    inputs: ['x'],
    attributes: ofSum,
  },
  logsumexp('logsumexp', ['Squeeze', LARGEST]),
  logsumexp('logsumexp (keepdim)', LARGEST),
];

/** The second half that `tensor_split` makes ends with the axis; that of `x[..., n:]` has no end but the largest integer. */
function halvedAxis(layers: readonly Layer[], view: GraphView): Attributes | undefined {
  const [first, second] = layers.filter(({ type }) => type === 'Slice').map(({ inputs }) => inputs.slice(1));
  const [[, middle, axis], [start, end, same]] = [first, second].map((bounds = []) =>
    bounds.map((id) => view.scalar(id) ?? NaN),
  ) as [number[], number[]];
  return axis !== undefined && axis === same && middle === start && end === 2 * Number(middle) ? { axis } : undefined;
}

export const decomposedFunctions = FUNCTIONS.map(decomposition);
