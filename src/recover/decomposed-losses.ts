import type { Layer } from '../graph/index.js';
import type { OpType } from '../ops/index.js';
import { decomposition } from './decomposition.js';
import type { Decomposition } from './decomposition.js';
import type { Pattern } from './pattern.js';

/** Targets that are not ignored. */
const counted = (ignored: string): Pattern => ['Not', ['Equal', 'target', ignored]];
/** torch/_decomp/decompositions.py, _nll_loss_forward, without weights. */
const LIKELIHOODS: Pattern & object = [
  'Where',
  counted('#ignored'),
  ['Neg', ['Squeeze', ['GatherElements', 'x', ['Unsqueeze', ['Where', counted('#masked'), 'target', 0]]]]],
  0,
];
/** Of a batch of any size, those that count. */
const MEAN_LIKELIHOOD: Pattern & object = [
  'Div',
  ['ReduceSum', LIKELIHOODS],
  ['Cast', ['ReduceSum', counted('#uncounted')]],
];

const DISTANCE: Pattern = ['Abs', ['Sub', 'x', 'target']];
const LOG_SIGMOID: Pattern = ['Sub', ['Min', 0, 'x'], ['Log1p', ['Exp', ['Neg', ['Abs', 'x']]]]];
/** The logarithm is at least -100. */
const bounded = (logarithm: Pattern): Pattern => ['Max', logarithm, -100];

/** Losses of each element: the function, the layer that is trained, what run_decompositions writes. */
const EACH: readonly (readonly [name: string, type: OpType, pattern: Pattern & object])[] = [
  [
    'smooth_l1_loss',
    'SmoothL1Loss',
    [
      'Where',
      ['Less', DISTANCE, '#beta'],
      ['Div', ['Mul', ['Pow', DISTANCE, 2], 0.5], '#divisor'],
      ['Sub', DISTANCE, '#half'],
    ],
  ],
  [
    'huber_loss',
    'SmoothL1Loss',
    [
      'Where',
      ['Less', DISTANCE, '#delta'],
      ['Mul', ['Mul', DISTANCE, 0.5], DISTANCE],
      ['Mul', ['Sub', DISTANCE, '#half'], '#factor'],
    ],
  ],
  [
    'binary_cross_entropy_with_logits',
    'SigmoidCrossEntropyLoss',
    ['Sub', ['Mul', ['Sub', 1, 'target'], 'x'], LOG_SIGMOID],
  ],
  [
    'binary_cross_entropy',
    'BinaryCrossEntropyLoss',
    ['Sub', ['Mul', ['Sub', 'target', 1], bounded(['Log1p', ['Neg', 'x']])], ['Mul', 'target', bounded(['Log', 'x'])]],
  ],
];

interface Loss extends Pick<Decomposition, 'name' | 'type' | 'pattern'> {
  readonly reduction: string;
}

/** The reductions of torch/nn/_reduction.py are over everything, so that one over some axes is the model's own. */
function lossOf({ name, reduction, ...loss }: Loss): Decomposition {
  const given = { axis: 1, reduction };
  const isWhole = ([outermost]: readonly Layer[]): boolean => outermost?.attributes['axes'] === undefined;
  const attributes: Decomposition['attributes'] = (layers) => (isWhole(layers) ? given : undefined);
  return { ...loss, name: `${name} (${reduction})`, inputs: ['x', 'target'], attributes };
}

const NLL = { name: 'nll_loss', type: 'NegativeLogLikelihoodLoss' } as const;

/** The outermost reduction comes first: what it reduces is a loss too. */
const LOSSES: readonly Loss[] = [
  { ...NLL, reduction: 'mean', pattern: MEAN_LIKELIHOOD },
  { ...NLL, reduction: 'sum', pattern: ['ReduceSum', LIKELIHOODS] },
  { ...NLL, reduction: 'none', pattern: LIKELIHOODS },
  ...EACH.flatMap(([name, type, pattern]): Loss[] => [
    { name, type, reduction: 'mean', pattern: ['ReduceMean', pattern] },
    { name, type, reduction: 'sum', pattern: ['ReduceSum', pattern] },
    { name, type, reduction: 'none', pattern },
  ]),
];

export const decomposedLosses = LOSSES.map((loss) => decomposition(lossOf(loss)));
