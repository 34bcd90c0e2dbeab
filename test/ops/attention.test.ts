import { describe, expect, test } from '@jest/globals';
import { ATTENTION } from '../../src/ops/attention.js';
import { runRow } from '../helpers/row.js';
import type { RowOptions } from '../helpers/row.js';

const { Attention, RotaryEmbedding } = ATTENTION;

describe('Attention puts out', () => {
  // The node tests of ONNX opset 23.
  const cases: readonly (readonly [inputs: readonly string[], options: RowOptions, outputs: readonly string[]])[] = [
    [['2x3x4x8 float16', '2x3x6x8 float16', '2x3x6x8 float16'], {}, ['2x3x4x8 float16']],
    [['2x3x4x8 float16', '2x3x6x8 float16', '2x3x6x10 float16'], {}, ['2x3x4x10 float16']],
    [['2x9x4x8 float16', '2x3x6x8 float16', '2x3x6x8 float16'], {}, ['2x9x4x8 float16']],
    [['2x4x24', '2x6x24', '2x6x24'], { attributes: { q_num_heads: 3, kv_num_heads: 3 } }, ['2x4x24']],
    [['2x4x24', '2x6x24', '2x6x30'], { attributes: { q_num_heads: 3, kv_num_heads: 3 } }, ['2x4x30']],
    [['2x4x72', '2x6x24', '2x6x24'], { attributes: { q_num_heads: 9, kv_num_heads: 3 } }, ['2x4x72']],
    [
      ['2x3x4x8 float16', '2x3x6x8 float16', '2x3x6x8 float16', '-', '2x3x12x8 float16', '2x3x12x8 float16'],
      { outputCount: 4 },
      ['2x3x4x8 float16', '2x3x18x8 float16', '2x3x18x8 float16', '2x3x4x18 float16'],
    ],
    [
      ['2x4x24', '2x6x24', '2x6x24', '4x18', '2x3x12x8', '2x3x12x8'],
      { outputCount: 3, attributes: { q_num_heads: 3, kv_num_heads: 3 } },
      ['2x4x24', '2x3x18x8', '2x3x18x8'],
    ],
  ];
  test.each(cases)('for %j with %j: %j', (inputs, options, outputs) => {
    expect(runRow(Attention, inputs, options).outputs).toEqual(outputs);
  });

  test('nothing for other ranks', () => {
    expect(() => runRow(Attention, ['4x8', '6x8', '6x8'])).toThrow('Attention of rank 2');
  });

  test.each([0, -2, 3])('refuses %d heads of 8 features', (heads) => {
    const attributes = { q_num_heads: heads, kv_num_heads: heads };
    expect(() => runRow(Attention, ['2x4x8', '2x6x8', '2x6x8'], { attributes })).toThrow(
      `8 features do not divide into ${heads} heads`,
    );
  });
});

// torch.ops.aten._scaled_dot_product_efficient_attention and _flash_attention on CUDA tensors, torch 2.15.
describe('the memory layout of the output', () => {
  test.each([
    ['float32: heads behind positions', ['2x4x33x16', '2x4x35x16', '2x4x35x20'], '2x4x33x20 /2640x20x80x1'],
    ['16 bit: as the query', ['2x4x33x16 float16', '2x4x33x16 float16', '2x4x33x16 float16'], '2x4x33x16 float16'],
    [
      '16 bit: as the query, which was transposed',
      ['2x4x32x16 float16 /2048x16x64x1', '2x4x32x16 float16 /2048x16x64x1', '2x4x32x16 float16 /2048x16x64x1'],
      '2x4x32x16 float16 /2048x16x64x1',
    ],
    [
      '16 bit with a mask: heads behind positions',
      ['2x4x32x16 float16', '2x4x40x16 float16', '2x4x40x16 float16', '32x40 float16'],
      '2x4x32x16 float16 /2048x16x64x1',
    ],
  ])('in %s', (_, inputs, output) => {
    expect(runRow(Attention, inputs).outputs).toEqual([output]);
  });
});

// saved_tensors_hooks on the same.
describe('what Attention keeps besides query, key, value and output', () => {
  const SINGLE = ['2x4x33x16', '2x4x40x16', '2x4x40x16'];
  const HALF = SINGLE.map((type) => `${type} float16`);
  test.each([
    ['float32: a logarithm for each of 64 queries', SINGLE, [], ['statistics 2x4x64']],
    [
      '16 bit: one for each query, and a random state',
      HALF,
      [],
      ['statistics 2x4x33', 'statistics 2 uint64', 'statistics scalar uint64'],
    ],
    ['an additive mask', [...SINGLE, '33x40'], ['input 3'], ['statistics 2x4x64']],
    ['a mask whose rows are not aligned: a padded copy', [...SINGLE, '33x35'], ['copy 33x40'], ['statistics 2x4x64']],
    ['a mask of choices: an additive one', [...SINGLE, '1x1x33x40 bool'], ['copy 1x1x33x40'], ['statistics 2x4x64']],
    ['in 16 bit too', [...HALF, '33x40 bool'], ['copy 33x40 float16'], ['statistics 2x4x64']],
  ])('%s', (_, inputs, mask, statistics) => {
    const { saves } = runRow(Attention, inputs);
    expect(saves).toEqual(['input 0', 'input 1', 'input 2', ...mask, 'output 0', ...statistics]);
  });

  // torch.ops.aten._scaled_dot_product_attention_math with enable_gqa, CPU, torch 2.15: batch 4, 8 heads over 2, 256 x 64.
  test.each([
    ['float32', ['4x8x256x64', '4x2x256x64', '4x2x256x64']],
    ['16 bit with a mask', [...['4x8x256x64', '4x2x256x64', '4x2x256x64'].map((type) => `${type} float16`), '256x256']],
  ])('fewer heads of keys than of queries in %s: the factors of both products', (_, inputs) => {
    const { saves, bytes } = runRow(Attention, inputs);
    expect(saves).toEqual(['copy 4x8x256x64', 'copy 4x8x256x64', 'copy 4x8x256x256', 'copy 4x8x256x64']);
    const scores = 4 * 8 * 256 * 256 * 4;
    expect(bytes).toEqual({ forward: scores, backward: 2 * scores });
  });

  // Held against PyTorch in test/golden/operators/attention.json.
  test.each([
    ['windows on an axis of their own', ['2x4x3x40x16', '2x4x3x40x16', '2x4x3x40x16'], '8x3x40'],
    ['no axis of heads', ['8x40x16', '8x40x16', '8x40x16'], '8x1x40'],
  ])('%s: written out, with the values as they are', (_, inputs, rows) => {
    const { saves } = runRow(Attention, inputs);
    expect(saves).toEqual([`copy ${rows}x16`, `copy ${rows}x16`, `copy ${rows}x40`, 'input 2']);
  });

  test('heads that ONNX names need no axis', () => {
    const attributes = { q_num_heads: 4, kv_num_heads: 4 };
    const { saves } = runRow(Attention, ['2x40x64', '2x40x64', '2x40x64'], { attributes });
    expect(saves).toContain('output 0');
  });

  test('fewer heads of keys in 16 bit without a mask are for the flash kernel', () => {
    const { saves } = runRow(Attention, ['4x8x256x64 float16', '4x2x256x64 float16', '4x2x256x64 float16']);
    expect(saves.slice(0, 4)).toEqual(['input 0', 'input 1', 'input 2', 'output 0']);
  });

  test('keys and values with the past in front are copies', () => {
    const { saves } = runRow(Attention, [...SINGLE, '-', '2x4x8x16', '2x4x8x16']);
    expect(saves).toEqual(['input 0', 'copy 2x4x48x16', 'copy 2x4x48x16', 'output 0', 'statistics 2x4x64']);
  });
});

test.each([
  [['2x4x33x16', '2x4x35x16', '2x4x35x20'], {}, 2 * 2 * 4 * 33 * 35 * (16 + 20)],
  [['2x4x24', '2x6x24', '2x6x24'], { q_num_heads: 3, kv_num_heads: 3 }, 2 * 2 * 3 * 4 * 6 * (8 + 8)],
  [['2x9x4x8', '2x3x6x8', '2x3x6x8'], {}, 2 * 2 * 9 * 4 * 6 * (8 + 8)],
  [['2x4x1x16', '2x4x1x16', '2x4x1x16', '-', '2x4x9x16', '2x4x9x16'], {}, 2 * 2 * 4 * 1 * 10 * (16 + 16)],
])('the scores of %j with %j and their product with the values take %3$d FLOPs', (inputs, attributes, flops) => {
  expect(runRow(Attention, inputs, { attributes }).flops).toBe(flops);
});

// FlashAttention, flash_api.cpp, mha_bwd: softmax_d and dq_accum in float32, of 128 queries and 32 features at a time.
test.each([
  ['float32', ['2x4x33x16', '2x4x35x16', '2x4x35x16'], [], 2 * 4 * 33 * 4],
  ['16 bit', ['2x4x33x16 float16', '2x4x35x16 float16', '2x4x35x16 float16'], [], 2 * 4 * 128 * (1 + 32) * 4],
  ['a mask that is trained', ['2x4x33x16', '2x4x40x16', '2x4x40x16', '33x40'], [], 2 * 4 * 33 * (1 + 40) * 4],
  ['a mask that is not', ['2x4x33x16', '2x4x40x16', '2x4x40x16', '33x40'], [3], 2 * 4 * 33 * 4],
])('backward takes scratch: %s', (_, inputs, constants, backward) => {
  expect(runRow(Attention, inputs, { constants }).bytes).toEqual({ forward: 0, backward });
});

test('runs in the low precision', () => {
  expect(Attention.autocast).toBe('lower');
});

describe('RotaryEmbedding', () => {
  // saved_tensors_hooks on x * cos + cat([-x2, x1]) * sin, torch 2.15: two products beside the sum, each way.
  test('keeps cosine and sine, not what it turns', () => {
    expect(runRow(RotaryEmbedding, ['2x4x3x8', '50x4', '50x4', '2x3 int64'])).toMatchObject({
      outputs: ['2x4x3x8'],
      saves: ['input 1', 'input 2'],
      gradients: ['new', 'none', 'none', 'none'],
      bytes: { forward: 2 * 768, backward: 2 * 768 },
    });
  });
});

test('axes in front of batch, heads, positions and size, as of windows, are so many batches', () => {
  const { outputs, flops } = runRow(Attention, ['2x4x3x16x8', '2x4x3x16x8', '2x4x3x16x8']);
  expect(outputs).toEqual(['2x4x3x16x8']);
  // Two products of 16 x 8 x 16 for each of the 24 heads, 2 FLOPs a multiply-accumulate.
  expect(flops).toBe(2 * 2 * (2 * 4 * 3) * 16 * 16 * 8);
});
