import { describe, expect, test } from '@jest/globals';
import { LINEAR } from '../../src/ops/linear.js';
import { runRow } from '../helpers/row.js';

const { Gemm, MatMul, FusedMatMul, Einsum } = LINEAR;

describe('Gemm', () => {
  // ONNX operator documentation, Gemm; leading dims as torch.nn.functional.linear, 2.15.
  test.each([
    [['2x7', '7x5', '2x5'], {}, '2x5', 2 * 2 * 7 * 5],
    [['6x3', '6x4', '1x4'], { transA: 1 }, '3x4', 2 * 3 * 6 * 4],
    [['3x6', '4x6', '1x4'], { transB: 1 }, '3x4', 2 * 3 * 6 * 4],
    [['4x3', '5x4', '1x5'], { transA: 1, transB: 1 }, '3x5', 2 * 3 * 4 * 5],
    [['2x4x3', '5x3', '5'], { transB: 1 }, '2x4x5', 2 * 2 * 4 * 3 * 5],
    [['2x7 float16', '7x5 float16'], {}, '2x5 float16', 2 * 2 * 7 * 5],
  ])('%j with %j gives %s in %d FLOPs', (inputs, attributes, output, flops) => {
    expect(runRow(Gemm, inputs, { attributes })).toMatchObject({ outputs: [output], flops });
  });

  test.each([
    [{ out_features: 5, transB: 1 }, ['weight 5x7', 'bias 5'], '2x5'],
    [{ out_features: 5 }, ['weight 7x5', 'bias 5'], '2x5'],
    [{ out_features: 5, bias: false }, ['weight 7x5'], '2x5'],
    [{}, ['weight 7x7', 'bias 7'], '2x7'],
  ])('of attributes %j alone implies %j', (attributes, parameters, output) => {
    expect(runRow(Gemm, ['2x7'], { attributes })).toMatchObject({ parameters, outputs: [output] });
  });

  test('implies a weight for the last axis of more than a matrix', () => {
    const attributes = { out_features: 5, transB: 1 };
    expect(runRow(Gemm, ['2x4x7'], { attributes })).toMatchObject({
      parameters: ['weight 5x7', 'bias 5'],
      outputs: ['2x4x5'],
    });
  });

  test('refuses factors that do not fit', () => {
    expect(() => runRow(Gemm, ['2x7', '6x5'])).toThrow('Gemm multiplies 2x7 by 6x5');
    expect(() => runRow(Gemm, ['2x7', '7x5'], { attributes: { transB: 1 } })).toThrow('Gemm multiplies 2x7 by 5x7');
    expect(() => runRow(Gemm, ['7', '7x5'])).toThrow('shape [7] has no axis -1');
    expect(() => runRow(Gemm, ['2x4x7', '2x7x5'])).toThrow('Gemm by rank 3');
  });
});

describe('GroupedMatMul', () => {
  // torch._grouped_mm, 2.15: 10 rows of 4, each times one of 3 matrices of 4 x 6.
  test('multiplies every row by one matrix, and keeps rows, matrices and offsets', () => {
    expect(runRow(LINEAR.GroupedMatMul, ['10x4', '3x4x6', '3 int32'])).toMatchObject({
      outputs: ['10x6'],
      flops: 2 * 10 * 4 * 6,
      saves: ['input 0', 'input 1', 'input 2'],
      gradients: ['new', 'new', 'none'],
    });
  });
});

describe('MatMul', () => {
  // torch.matmul, 2.15.
  test.each([
    ['3', '3', 'scalar', 2 * 3],
    ['4x3', '3', '4', 2 * 4 * 3],
    ['4', '4x3', '3', 2 * 4 * 3],
    ['4x3', '3x5', '4x5', 2 * 4 * 3 * 5],
    ['2x4x3', '3x5', '2x4x5', 2 * 2 * 4 * 3 * 5],
    ['2x4x3', '3', '2x4', 2 * 2 * 4 * 3],
    ['3', '2x3x5', '2x5', 2 * 2 * 3 * 5],
    ['2x6x4x3', '6x3x5', '2x6x4x5', 2 * 2 * 6 * 4 * 3 * 5],
    ['2x1x4x3', '1x6x3x5', '2x6x4x5', 2 * 2 * 6 * 4 * 3 * 5],
  ])('%s by %s gives %s in %d FLOPs', (left, right, output, flops) => {
    expect(runRow(MatMul, [left, right])).toMatchObject({ outputs: [output], flops });
  });

  test.each([
    ['4x3', '4x5', 'MatMul of [4, 3] and [4, 5]'],
    ['3', '4', 'MatMul of [3] and [4]'],
    ['scalar', '4', 'MatMul of a scalar'],
    ['4', 'scalar', 'MatMul of a scalar'],
    ['2x4x3', '5x3x4', 'shapes [2] and [5] do not broadcast'],
  ])('%s by %s is refused', (left, right, message) => {
    expect(() => runRow(MatMul, [left, right])).toThrow(message);
  });
});

describe('a product keeps each factor for the other one’s gradient', () => {
  test.each([
    [Gemm, ['4x3', '3x5', '5']],
    [MatMul, ['4x3', '3x5']],
    [Einsum, ['4x3', '3x5']],
  ])('%#', (row, inputs) => {
    const kept = (constants: number[]): unknown =>
      runRow(row, inputs, { constants, attributes: { equation: 'ij,jk->ik' } }).saves;
    expect(kept([])).toEqual(['input 0', 'input 1']);
    expect(kept([0])).toEqual(['input 0']);
    expect(kept([1])).toEqual(['input 1']);
    expect(kept([0, 1])).toEqual([]);
  });
});

describe('a factor that cannot be reshaped where it lies is kept as a copy', () => {
  // saved_tensors_hooks on torch.matmul and torch.nn.functional.linear, torch 2.15.
  test.each([
    ['2-d, transposed', '4x3', '3x5 /1x3', ['input 0', 'input 1']],
    ['3-d by a matrix', '2x4x3', '3x5', ['input 0', 'input 1']],
    ['3-d, rows transposed, by a matrix', '2x4x3 /12x1x4', '3x5', ['copy 8x3', 'input 1']],
    ['3-d, batch and rows swapped, by a matrix', '2x4x3 /3x6x1', '3x5', ['copy 8x3', 'input 1']],
    ['4-d, heads swapped, by a matrix', '2x6x4x3 /72x3x18x1', '3x5', ['copy 48x3', 'input 1']],
    ['3-d, rows transposed, by a vector', '2x4x3 /12x1x4', '3', ['copy 8x3', 'input 1']],
    ['a matrix by 3-d', '4x3', '2x3x5', ['input 0', 'copy 10x3']],
    ['a matrix by 3-d, transposed', '4x3', '2x3x5 /15x1x3', ['input 0', 'input 1']],
    ['a vector by 3-d', '3', '2x3x5', ['input 0', 'copy 10x3']],
    ['a vector by 3-d, transposed', '3', '2x3x5 /15x1x3', ['input 0', 'input 1']],
    ['a matrix by 4-d', '4x3', '2x6x3x5', ['input 0', 'copy 60x3']],
    ['3-d by 3-d, transposed', '2x4x3', '2x3x5 /15x1x3', ['input 0', 'input 1']],
    ['4-d by 4-d', '2x6x4x3', '2x6x3x5', ['input 0', 'input 1']],
    ['4-d by 4-d, transposed', '2x6x4x3', '2x6x3x5 /90x15x1x3', ['input 0', 'input 1']],
    ['queries by keys', '2x6x4x3 /72x3x18x1', '2x6x3x4 /72x3x1x18', ['copy 12x4x3', 'copy 12x3x4']],
    ['queries by keys of one sample', '1x6x4x3 /72x3x18x1', '1x6x3x4 /72x3x1x18', ['input 0', 'input 1']],
    ['one batch dim stretched', '2x6x4x3', '1x6x3x5', ['input 0', 'copy 12x3x5']],
    ['the inner one stretched', '2x6x4x3', '2x1x3x5', ['input 0', 'copy 12x3x5']],
    ['both sides stretched', '2x1x4x3', '1x6x3x5', ['copy 12x4x3', 'copy 12x3x5']],
    ['all batch dims stretched', '2x6x4x3', '1x1x3x5', ['input 0', 'input 1']],
    ['batch dims missing', '6x4x3', '2x6x3x5', ['copy 12x4x3', 'input 1']],
    ['all batch dims missing but one of size 1', '1x4x3', '2x6x3x5', ['input 0', 'input 1']],
  ])('%s', (_, left, right, saves) => {
    expect(runRow(MatMul, [left, right]).saves).toEqual(saves);
  });

  test('and no copy is kept for a gradient that nobody wants', () => {
    expect(runRow(MatMul, ['2x4x3 /12x1x4', '3x5'], { constants: [1] }).saves).toEqual(['input 1']);
    expect(runRow(MatMul, ['4x3', '2x3x5'], { constants: [0] }).saves).toEqual(['input 0']);
  });

  test('Linear over more than a matrix', () => {
    const attributes = { transB: 1 };
    expect(runRow(Gemm, ['2x4x3', '5x3', '5'], { attributes }).saves).toEqual(['input 0', 'input 1']);
    expect(runRow(Gemm, ['2x4x3 /3x6x1', '5x3', '5'], { attributes }).saves).toEqual(['copy 8x3', 'input 1']);
    expect(runRow(Gemm, ['4x4x3 /21x3x1', '5x3', '5'], { attributes }).saves).toEqual(['copy 16x3', 'input 1']);
    expect(runRow(Gemm, ['4x3 /1x4', '5x3', '5'], { attributes }).saves).toEqual(['input 0', 'input 1']);
  });
});

// onnxruntime docs/ContribOperators.md, com.microsoft.FusedMatMul; torch.matmul of the views it stands for.
describe('FusedMatMul', () => {
  test.each([
    [{}, '2x4x3', '3x5', '3x5'],
    [{ transA: 1 }, '2x3x4', '3x5', '3x5'],
    [{ transB: 1 }, '2x4x3', '5x3', '3x5 /1x3'],
    [{ transA: 1, transB: 1 }, '2x3x4', '2x5x3', '2x3x5 /15x1x3'],
    [{ transBatchA: 1 }, '4x2x3', '3x5', '3x5'],
    [{ transBatchA: 1, transA: 1 }, '3x2x4', '3x5', '3x5'],
    [{ transBatchB: 1 }, '2x4x3', '3x2x5', '2x3x5 /5x10x1'],
  ])('with %j of %s and %s is a product of 2x4x3 and a view %s', (attributes, left, right, view) => {
    const found = runRow(FusedMatMul, [left, right], { attributes });
    expect([found.outputs, found.flops]).toEqual([['2x4x5'], 2 * 2 * 4 * 5 * 3]);
    const { transA, transBatchA } = { transA: 0, transBatchA: 0, ...attributes };
    const turned = ['2x4x3', '2x4x3 /12x1x4', '2x4x3 /3x6x1', '2x4x3 /4x1x8'][transA + 2 * transBatchA] ?? '';
    expect(found.saves).toEqual(runRow(MatMul, [turned, view]).saves);
  });

  test('times alpha has the product beside it, in forward and backward', () => {
    const bytes = 2 * 4 * 5 * 4;
    expect(runRow(FusedMatMul, ['2x4x3', '3x5'], { attributes: { alpha: 0.5 } }).bytes).toEqual({
      forward: bytes,
      backward: bytes,
    });
    expect(runRow(FusedMatMul, ['2x4x3', '3x5']).bytes).toEqual({ forward: 0, backward: 0 });
  });

  test('that does not fit is refused, as MatMul is', () => {
    expect(() => runRow(FusedMatMul, ['2x4x3', '5x3'])).toThrow('MatMul of [2, 4, 3] and [5, 3]');
    expect(() => runRow(FusedMatMul, ['4x3', '5'], { attributes: { transB: 1 } })).toThrow('MatMul of [4, 3] and [5]');
  });
});

describe('Einsum', () => {
  // Shapes and strides of torch.einsum, 2.15; FLOPs: 2 x every index of a product once, where one is summed over.
  test.each([
    ['ij,jk->ik', ['4x3', '3x5'], '4x5', 2 * 4 * 3 * 5],
    ['bhqd, bhkd -> bhqk', ['2x6x4x3', '2x6x5x3'], '2x6x4x5', 2 * 2 * 6 * 4 * 5 * 3],
    ['ij->ji', ['4x3'], '3x4 /1x3', 0],
    ['i,j->ij', ['4', '3'], '4x3', 0],
    ['ij->i', ['4x3'], '4', 0],
    ['ij->', ['4x3'], 'scalar', 0],
    ['...ij,...jk->...ik', ['2x6x4x3', '2x6x3x5'], '2x6x4x5', 2 * 2 * 6 * 4 * 3 * 5],
    ['...ij,jk->...ik', ['2x4x3', '3x5'], '2x4x5', 2 * 2 * 4 * 3 * 5],
    ['ij,jk', ['4x3', '3x5'], '4x5', 2 * 4 * 3 * 5],
    ['ba', ['4x3'], '3x4 /1x3', 0],
    ['bi,bi->b', ['4x3', '1x3'], '4', 2 * 4 * 3],
    ['i,i', ['3', '3'], 'scalar', 2 * 3],
    ['bij,ij->bij', ['2x4x3', '4x3'], '2x4x3', 0],
    ['ij,jk,kl->il', ['4x3', '3x5', '5x2'], '4x2', 2 * (4 * 3 * 5 + 4 * 5 * 2)],
    ['bhqk,bkhd->bqhd', ['2x6x4x5', '2x5x6x3'], '2x4x6x3 /72x3x12x1', 2 * 2 * 6 * 4 * 5 * 3],
    ['ii->i', ['4x4'], '4 /5', 0],
    ['...ij,...jk', ['2x4x3', '6x1x3x5'], '6x2x4x5 /5x120x30x1', 2 * 6 * 2 * 4 * 3 * 5],
  ])('%s of %j is %s in %d FLOPs', (equation, inputs, output, flops) => {
    expect(runRow(Einsum, inputs, { attributes: { equation } })).toMatchObject({ outputs: [output], flops });
  });

  test('that does not fit its inputs is refused', () => {
    expect(() => runRow(Einsum, ['4x3', '2x3x5'], { attributes: { equation: 'ij,jk->ik' } })).toThrow(
      'Einsum "ij,jk->ik" does not fit its input 1',
    );
    expect(() => runRow(Einsum, ['4x3', '2x5'], { attributes: { equation: 'ij,jk->ik' } })).toThrow(
      'Einsum "ij,jk->ik" has both 3 and 2 for j',
    );
    expect(() => runRow(Einsum, ['4x3'], { attributes: { equation: 'ij->k' } })).toThrow(
      'Einsum "ij->k" has a result that its terms do not give',
    );
    expect(() => runRow(Einsum, ['4x3', '3x5'], { attributes: { equation: 'ij->i' } })).toThrow(
      'Einsum of 2 inputs by 1 terms',
    );
  });

  // saved_tensors_hooks on torch.einsum, torch 2.15.
  test.each([
    ['bhqd,bhkd->bhqk', ['2x6x4x3', '2x6x5x3'], ['input 0', 'input 1']],
    ['bqhd,bkhd->bhqk', ['2x4x6x3', '2x5x6x3'], ['copy 12x4x3', 'copy 12x3x5']],
    ['bld,dhk->blhk', ['2x4x3', '3x6x5'], ['input 0', 'input 1']],
    ['bhwc,hkc->bhwk', ['2x4x5x3', '4x6x3'], ['copy 4x10x3', 'input 1']],
    ['i,j->ij', ['4', '3'], ['input 0', 'input 1']],
    ['ij,jk,kl->il', ['4x3', '3x5', '5x2'], ['input 0', 'input 1', 'copy 1x4x5', 'input 2']],
    ['ij->i', ['4x3'], []],
    ['ij->ji', ['4x3'], []],
  ])('%s of %j keeps %j', (equation, inputs, saves) => {
    expect(runRow(Einsum, inputs, { attributes: { equation } }).saves).toEqual(saves);
  });

  // The gradients of torch.einsum, 2.15: expanded or exchanged views for one operand.
  test.each([
    ['ij->ji', ['4x3'], true, ['pass']],
    ['ij->i', ['4x3'], false, ['pass']],
    ['ij,jk->ik', ['4x3', '3x5'], false, ['new', 'new']],
  ])('%s of %j is a view: %s, with gradients %j', (equation, inputs, view, gradients) => {
    expect(runRow(Einsum, inputs, { attributes: { equation } })).toMatchObject({ view, gradients });
  });
});

test('products run in the low precision, in kernels of cuBLAS', () => {
  expect([Gemm, MatMul, Einsum].map(({ autocast }) => autocast)).toEqual(['lower', 'lower', 'lower']);
  expect([Gemm, MatMul, Einsum].map(({ library }) => library)).toEqual(['cublas', 'cublas', 'cublas']);
});

// The profiler of torch 2.15 shows `aten::add`, and not `add_`, for a linear layer that is used twice.
test.each([
  [{}, ['new', 'new', 'new']],
  [{ transB: 1 }, ['new', 'view', 'new']],
  [{ transA: 1, transB: 1 }, ['view', 'view', 'new']],
])('a Gemm with %j hands over the gradients of its factors as %j', (attributes, gradients) => {
  expect(runRow(Gemm, ['7x7', '7x7', '7'], { attributes }).gradients).toEqual(gradients);
});

// torch.addmm, 2.15.
test.each([
  ['of the output’s size', ['2x7', '7x5', '2x5'], {}, ['new', 'new', 'pass']],
  ['broadcast', ['2x7', '7x5', '5'], {}, ['new', 'new', 'new']],
  ['times a factor', ['2x7', '7x5', '2x5'], { beta: 2 }, ['new', 'new', 'new']],
])('what a Gemm adds hands the gradient on where it is %s', (_, inputs, attributes, gradients) => {
  expect(runRow(Gemm, inputs, { attributes }).gradients).toEqual(gradients);
});

describe('scratch', () => {
  // Of torch.nn.functional.linear, 2.15: 2 x 4 x 5 floats.
  test.each([
    [['2x4x7', '5x7', '5'], 0],
    [['2x4x7 /7x14x1', '5x7', '5'], 160],
    [['2x4x7 /7x14x1', '5x7'], 0],
  ])('a bias is added to %j in %d bytes', (inputs, forward) => {
    expect(runRow(Gemm, inputs, { attributes: { transB: 1 } }).bytes).toEqual({ forward, backward: 0 });
  });

  // Of torch.matmul’s backward, 2.15: 2 x 6 x 3 x 5 and 2 x 6 x 4 x 3 floats.
  test.each([
    [['2x6x4x3', '2x6x3x5'], [], 0],
    [['2x6x4x3', '1x6x3x5'], [], 720],
    [['2x6x4x3', '1x6x3x5'], [1], 0],
    [['2x1x4x3', '1x6x3x5'], [], 720 + 576],
    [['2x4x3', '3x5'], [], 0],
  ])('gradients of %j that are stretched take %3$d bytes', (inputs, constants, backward) => {
    expect(runRow(MatMul, inputs, { constants }).bytes).toEqual({ forward: 0, backward });
  });
});
