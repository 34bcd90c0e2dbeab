import {
  booleanAttribute,
  broadcast,
  dimAt,
  elements,
  input,
  numberAttribute,
  output,
  stringAttribute,
  tensor,
} from './context.js';
import { saveOperands } from './convolution.js';
import { einsumShape } from './einsum.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, ImpliedParameter, OpContext, OpSpec, Saved, TensorType } from './spec.js';
import { stridesOf, viewStrides } from './strides.js';

/** Rows and columns of a Gemm operand after its transpose flag. */
function matrix(context: OpContext, index: number, flag: string): readonly [number, number] {
  const { shape } = input(context, index);
  const [rows, columns] = [dimAt(shape, shape.length - 2), dimAt(shape, shape.length - 1)];
  return booleanAttribute(context.layer, flag, false) ? [columns, rows] : [rows, columns];
}

/**
 * `Gemm`, ONNX opset 7-13: Y `[M, N]` = A `[M, K]` B `[K, N]` + C; PyTorch's Linear is transB = 1. ONNX wants rank 2;
 * Linear takes leading dims too, and recovery puts it back so.
 */
function inferGemm(context: OpContext): readonly TensorType[] {
  const { dtype, shape } = input(context, 0);
  const [rows, inner] = matrix(context, 0, 'transA');
  const leading = shape.slice(0, -2);
  if (!context.inputs[1])
    return [tensor(dtype, [...leading, rows, numberAttribute(context.layer, 'out_features', inner)])];
  const [innerB, columns] = matrix(context, 1, 'transB');
  if (inner !== innerB) throw new ShapeError(`Gemm multiplies ${rows}x${inner} by ${innerB}x${columns}`);
  return [tensor(dtype, [...leading, rows, columns])];
}

function impliedGemm(context: OpContext): readonly ImpliedParameter[] {
  if (context.inputs[1]) return [];
  const { dtype } = input(context, 0);
  const [, features] = matrix(context, 0, 'transA');
  const out = numberAttribute(context.layer, 'out_features', features);
  const weightShape = booleanAttribute(context.layer, 'transB', false) ? [out, features] : [features, out];
  const weight = { name: 'weight', role: 'parameter', dtype, shape: weightShape } as const;
  const bias = { name: 'bias', role: 'parameter', dtype, shape: [out] } as const;
  return booleanAttribute(context.layer, 'bias', true) ? [weight, bias] : [weight];
}

/** `MatMul`, ONNX opset 1-13: NumPy matmul, batch dims broadcast. */
function inferMatMul(context: OpContext): readonly TensorType[] {
  const { dtype, shape: left } = input(context, 0);
  const { shape: right } = input(context, 1);
  if (left.length === 0 || right.length === 0) throw new ShapeError('MatMul of a scalar');
  const leftMatrix = left.length === 1 ? [1, ...left] : left;
  const rightMatrix = right.length === 1 ? [...right, 1] : right;
  const inner = dimAt(leftMatrix, leftMatrix.length - 1);
  if (inner !== dimAt(rightMatrix, rightMatrix.length - 2)) {
    throw new ShapeError(`MatMul of [${left.join(', ')}] and [${right.join(', ')}]`);
  }
  const rows = left.length === 1 ? [] : [dimAt(leftMatrix, leftMatrix.length - 2)];
  const columns = right.length === 1 ? [] : [dimAt(rightMatrix, rightMatrix.length - 1)];
  return [tensor(dtype, [...broadcast(leftMatrix.slice(0, -2), rightMatrix.slice(0, -2)), ...rows, ...columns])];
}

/** 2 x output elements x the contracted dim. */
function matMulFlops(context: OpContext): number {
  return 2 * elements(output(context, 0).shape) * (input(context, 0).shape.at(-1) ?? 1);
}

/**
 * torch.matmul (and linear) folds a batched side times a matrix into one mm, and expands and reshapes two batched sides
 * to bmm's rank 3 (aten/src/ATen/native/LinearAlgebra.cpp, _matmul_impl). A side whose strides do not allow the reshape
 * is copied, and then the copy is what is saved.
 */
function reshapedCopy(context: OpContext, index: number): TensorType | undefined {
  const operand = input(context, index);
  if (operand.shape.length <= 2) return undefined;
  if (input(context, 1 - index).shape.length <= 2) return copyUnlessView(foldable(operand, index), 1);
  return copyUnlessView(expandTo(operand, output(context, 0).shape.slice(0, -2)), 2);
}

/** The leading axes made one in front of the `kept` last ones: undefined where that is a view, else the copy. */
function copyUnlessView(type: TensorType, kept: number): TensorType | undefined {
  const shape = [elements(type.shape.slice(0, -kept)), ...type.shape.slice(-kept)];
  return viewStrides(type, shape) ? undefined : tensor(type.dtype, shape);
}

/** The contracted axis comes last: a batched right side is transposed before it is folded. */
function foldable(type: TensorType, index: number): TensorType {
  const swapped = (values: readonly number[]): number[] => [...values.slice(0, -2), ...values.slice(-2).reverse()];
  return index === 0 ? type : { ...type, shape: swapped(type.shape), strides: swapped(stridesOf(type)) };
}

function expandTo(type: TensorType, batch: readonly number[]): TensorType {
  const own = [...new Array<number>(batch.length + 2 - type.shape.length).fill(1), ...type.shape];
  const strides = [...new Array<number>(own.length - type.shape.length).fill(0), ...stridesOf(type)];
  const stretched = batch.map((dim, axis) => (own[axis] === dim ? (strides[axis] ?? 0) : 0));
  return { ...type, shape: [...batch, ...type.shape.slice(-2)], strides: [...stretched, ...strides.slice(-2)] };
}

function saveMatMul(context: AutogradContext): readonly Saved[] {
  return saveOperands(context).map((saved) => {
    const copy = saved.from === 'input' ? reshapedCopy(context, saved.index) : undefined;
    return copy ? ({ from: 'new', what: 'copy', type: copy } as const) : saved;
  });
}

/** 2 x the product of every index of the equation, when it contracts. */
function einsumFlops(context: OpContext): number {
  const { sizes, contracted } = einsumShape(stringAttribute(context.layer, 'equation', ''), context.inputs);
  return contracted ? 2 * elements([...sizes.values()]) : 0;
}

export const LINEAR = {
  Gemm: {
    infer: inferGemm,
    parameters: impliedGemm,
    roles: ['constant', 'parameter'],
    flops: (context) => 2 * elements(output(context, 0).shape) * matrix(context, 0, 'transA')[1],
    saves: saveMatMul,
    autocast: 'lower',
  },
  MatMul: {
    infer: inferMatMul,
    roles: ['parameter'],
    flops: matMulFlops,
    saves: saveMatMul,
    autocast: 'lower',
  },
  Einsum: {
    infer: (context) => {
      const { shape } = einsumShape(stringAttribute(context.layer, 'equation', ''), context.inputs);
      return [tensor(input(context, 0).dtype, shape)];
    },
    roles: ['parameter'],
    flops: einsumFlops,
    saves: saveOperands,
    autocast: 'lower',
  },
} as const satisfies Record<string, OpSpec>;
