/** Whole training steps against PyTorch: every block that is taken and given back, in order, to the byte. */
import { describe, expect, test } from '@jest/globals';
import { goldenFile, graphOf } from './golden.js';
import { bindCase, planCase } from './kept.js';
import { eventsOfOurs, eventsOfPyTorch, peakOf, runsOf, without } from './step.js';
import type { Event, NetCase } from './step.js';

/** A block that one side alone has, in each step. */
interface Difference {
  readonly net: string;
  readonly side: 'PyTorch' | 'ours';
  readonly bytes: number;
  /** Who takes it: PyTorch's operator, our layer. */
  readonly by: string;
  readonly reason: string;
}

const SEED: Difference = {
  net: 'language',
  side: 'PyTorch',
  bytes: 8,
  by: '_scaled_dot_product_efficient_attention',
  reason: 'seed and offset are on the host outside of a CUDA graph (attention.cu, Note [Seed and Offset Device])',
};

const DIFFERENCES: readonly Difference[] = [
  SEED,
  SEED,
  {
    net: 'language',
    side: 'ours',
    bytes: 2560,
    by: 'scaled_dot_product_attention',
    reason: 'what the kernel takes while it runs (attention_backward.cu: delta), which no tracker sees',
  },
  {
    net: 'language',
    side: 'PyTorch',
    bytes: 61440,
    by: 'clone',
    reason:
      'the gradient of query, key and value comes permuted, and is copied to be reshaped: no row knows its strides',
  },
];

/** Scalars of the loss: the seed of backward lives as long as backward, the loss as long as its name. */
const SCALAR_BYTES = 4;

const STEPS = [1, 2];

/** What both sides have. */
function shared(net: string, side: Difference['side'], events: readonly Event[]): readonly Event[] {
  const stepped = events.filter(({ step, bytes }) => STEPS.includes(step) && bytes !== SCALAR_BYTES);
  const own = DIFFERENCES.filter((each) => each.net === net && each.side === side);
  return STEPS.flatMap((step) => own.map((each) => ({ ...each, step }))).reduce(without, stepped);
}

const CASES = Object.entries(goldenFile<NetCase>('nets.json'));

describe.each(CASES)('%s', (name, golden) => {
  const ours = async (): Promise<readonly Event[]> =>
    eventsOfOurs(planCase(bindCase(await graphOf(golden.program))), golden.optimizer);

  test('loads as many bytes', async () => {
    const loaded = (await ours()).filter(({ step }) => step === 0);
    expect(loaded.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(golden.weights);
  });

  test('takes and gives back the same blocks in two steps', async () => {
    const [expected, actual] = [shared(name, 'PyTorch', eventsOfPyTorch(golden)), shared(name, 'ours', await ours())];
    expect(runsOf(actual)).toEqual(runsOf(expected));
  });

  test('has its peak at the same place, and as high', async () => {
    const expected = eventsOfPyTorch(golden);
    const actual = (await ours()).filter(({ step }) => STEPS.includes(step));
    expect(peakOf(actual).at).toBe(peakOf(expected).at);
    expect(peakOf(shared(name, 'ours', actual))).toEqual(peakOf(shared(name, 'PyTorch', expected)));
  });
});
