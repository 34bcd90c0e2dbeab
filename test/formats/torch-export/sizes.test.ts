import { expect, test } from '@jest/globals';
import type { Given, NodeDescription } from '../../../examples/pt2-writer.js';
import { bound, call, read } from './reading.js';

type Step = readonly [target: string, given: Readonly<Record<string, Given>>];

/** The size that steps make of the batch, `$n`, which is 2; each step's result is named by its position: `$0`, `$1`. */
async function sizeOf(steps: readonly Step[]): Promise<readonly number[] | undefined> {
  const nodes: NodeDescription[] = steps.map(([target, given], index) => ({
    ...{ target, arguments: given, outputs: { [`$${index}`]: [] } },
  }));
  const graph = await read([
    call('sym_size.int', { self: '%x', dim: 0 }, { $n: [] }),
    ...nodes,
    call('new_zeros.default', { self: '%x', size: [`$${steps.length - 1}`] }, { y: ['u0'] }),
  ]);
  const { tensors, unknownOps, problems } = bound(graph);
  expect({ unknownOps, problems }).toEqual({ unknownOps: {}, problems: [] });
  return tensors.get('y')?.type?.shape;
}

const compared = (name: string, b: number): Step => [`_operator.${name}`, { a: '$n', b }];
const chosen = (b: string): Step => ['torch.sym_ite', { b, t: 5, f: 7 }];

test.each<readonly [string, readonly Step[], number]>([
  ['n == 2', [compared('eq', 2), chosen('$0')], 5],
  ['n != 2', [compared('ne', 2), chosen('$0')], 7],
  ['n > 1', [compared('gt', 1), chosen('$0')], 5],
  ['n <= 1', [compared('le', 1), chosen('$0')], 7],
  ['not n > 1', [compared('gt', 1), ['torch.sym_not', { a: '$0' }], chosen('$1')], 7],
  ['not n < 1', [compared('lt', 1), ['_operator.not_', { a: '$0' }], chosen('$1')], 5],
  [
    'n > 1 and n > 2',
    [compared('gt', 1), compared('gt', 2), ['_operator.and_', { a: '$0', b: '$1' }], chosen('$2')],
    7,
  ],
  ['n > 1 or n > 2', [compared('gt', 1), compared('gt', 2), ['_operator.or_', { a: '$0', b: '$1' }], chosen('$2')], 5],
  ['n chosen', [compared('ge', 2), ['torch.sym_ite', { b: '$0', t: '$n', f: 7 }]], 2],
])('%s', async (_, steps, size) => {
  expect(await sizeOf(steps)).toEqual([size]);
});

// math.ceil(n / 4), as torch 2.15 writes it: the functions of math name their argument x.
test.each<readonly [string, readonly Step[], number]>([
  ['ceil(5n / 4)', [compared('mul', 5), ['_operator.truediv', { a: '$0', b: 4 }], ['math.ceil', { x: '$1' }]], 3],
  ['floor(7n / 4)', [compared('mul', 7), ['_operator.truediv', { a: '$0', b: 4 }], ['math.floor', { x: '$1' }]], 3],
  ['trunc(7n / 4)', [compared('mul', 7), ['_operator.truediv', { a: '$0', b: 4 }], ['math.trunc', { x: '$1' }]], 3],
  ['7n // 4', [compared('mul', 7), ['_operator.floordiv', { a: '$0', b: 4 }]], 3],
  [
    'int(n * 2.5)',
    [
      ['torch.sym_float', { a: '$n' }],
      ['_operator.mul', { a: '$0', b: { float: 2.5 } }],
      ['torch.sym_int', { a: '$1' }],
    ],
    5,
  ],
  [
    'trunc(sqrt(8n))',
    [
      compared('mul', 8),
      ['torch.sym_float', { a: '$0' }],
      ['torch._sym_sqrt', { a: '$1' }],
      ['math.trunc', { x: '$2' }],
    ],
    4,
  ],
])('%s is a fraction until it is rounded', async (_, steps, size) => {
  expect(await sizeOf(steps)).toEqual([size]);
});
