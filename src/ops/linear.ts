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
import { einsum } from './einsum.js';
import type { Einsum, Side } from './einsum.js';
import { copyOf, saveFactors, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type {
  AutogradContext,
  GradientKind,
  ImpliedParameter,
  OpContext,
  OpSpec,
  Saved,
  Temporaries,
  TensorType,
} from './spec.js';
import { isContiguous, stridesOf, viewStrides, withStrides } from './strides.js';

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
  const weight = input(context, 1).shape;
  if (weight.length !== 2) throw new ShapeError(`Gemm by rank ${weight.length}`);
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

/** The two factors, as they are multiplied; what a Gemm adds is not kept. */
function saveMatMul(context: AutogradContext): readonly Saved[] {
  return saveFactors(context).map((saved) => {
    const copy = saved.from === 'input' ? reshapedCopy(context, saved.index) : undefined;
    return copy ? copyOf(copy) : saved;
  });
}

/** A side whose batch was stretched gets its gradient in the stretched size, before it is summed. */
function stretchedGradients(context: AutogradContext): number {
  const batch = output(context, 0).shape.slice(0, -2);
  const sides = [0, 1].map((index) => input(context, index));
  if (sides.some(({ shape }) => shape.length <= 2)) return 0;
  return sides.reduce((bytes, { dtype, shape }, index) => {
    const full = tensor(dtype, [...batch, ...shape.slice(-2)]);
    const isStretched = context.requiresGrad(index) && elements(full.shape) !== elements(shape);
    return bytes + scratchOf(full, isStretched ? 1 : 0);
  }, 0);
}

/** Of a product that is not contiguous and more than a matrix, linear adds the bias in a step of its own. */
function addedBias(context: OpContext): number {
  const isFused = !context.inputs[2] || input(context, 0).shape.length <= 2 || isContiguous(input(context, 0));
  return scratchOf(output(context, 0), isFused ? 0 : 1);
}

/**
 * ONNX Runtime's `FusedMatMul` (docs/ContribOperators.md): alpha * A' B'. `transBatchA` moves A's first axis behind its
 * batch axes, `transA` exchanges the last two axes; each is a view, as it is in PyTorch before the product.
 */
function fused<Context extends OpContext>(context: Context): Context {
  const inputs = context.inputs.map((type, index) => type && turned(context, type, index === 0 ? 'A' : 'B'));
  return { ...context, inputs };
}

function turned({ layer }: OpContext, type: TensorType, side: 'A' | 'B'): TensorType {
  const [first = 0, ...rest] = type.shape.keys();
  const last = rest.pop();
  if (last === undefined) return type;
  const batched = booleanAttribute(layer, `transBatch${side}`, false) ? [...rest, first, last] : [first, ...rest, last];
  const isSwapped = booleanAttribute(layer, `trans${side}`, false);
  const axes = isSwapped ? [...batched.slice(0, -2), ...batched.slice(-2).reverse()] : batched;
  const strides = stridesOf(type);
  return withStrides(
    type,
    axes.map((axis) => type.shape[axis] ?? 1),
    axes.map((axis) => strides[axis] ?? 1),
  );
}

/** The product times alpha is a tensor of its own, and so is its gradient. */
function fusedTemporaries(context: AutogradContext): Temporaries {
  const scaled = scratchOf(output(context, 0), numberAttribute(context.layer, 'alpha', 1) === 1 ? 0 : 1);
  return { forward: scaled, backward: scaled + stretchedGradients(fused(context)) };
}

/**
 * What is multiplied transposed gets its gradient transposed: a view. What is added has the output's gradient where it has
 * its size and no factor.
 */
function gemmGradients(context: OpContext): readonly GradientKind[] {
  const ofFactor = (flag: string): GradientKind => (booleanAttribute(context.layer, flag, false) ? 'view' : 'new');
  const isWhole = elements(context.inputs[2]?.shape ?? []) === elements(output(context, 0).shape);
  const ofAdded = isWhole && numberAttribute(context.layer, 'beta', 1) === 1 ? 'pass' : 'new';
  return [ofFactor('transA'), ofFactor('transB'), ofAdded];
}

function einsumOf(context: OpContext): Einsum {
  const inputs = context.inputs.map((_, index) => input(context, index));
  return einsum(stringAttribute(context.layer, 'equation', ''), inputs);
}

/** Each side of each product, as it is multiplied, for the other's gradient. */
function saveEinsum(context: AutogradContext): readonly Saved[] {
  const isWanted = ({ inputs }: Side): boolean => inputs.some((index) => context.requiresGrad(index));
  const save = ({ inputs: [index = 0], type, isCopy }: Side): Saved =>
    isCopy ? copyOf(type) : { from: 'input', index };
  return einsumOf(context).pairs.flatMap(({ left, right }) => [
    ...(isWanted(right) ? [save(left)] : []),
    ...(isWanted(left) ? [save(right)] : []),
  ]);
}

const OFFSETS: readonly Saved[] = [{ from: 'input', index: 2 }];

const PRODUCT = { autocast: 'lower', library: 'cublas' } as const;

/** Sources: ONNX operator specification; derivatives.yaml; saved_tensors_hooks, torch 2.15. */
export const LINEAR = {
  Gemm: {
    ...PRODUCT,
    operands: 2,
    infer: inferGemm,
    parameters: impliedGemm,
    roles: ['constant', 'parameter'],
    flops: (context) => 2 * elements(output(context, 0).shape) * matrix(context, 0, 'transA')[1],
    saves: saveMatMul,
    gradients: gemmGradients,
    temporaries: (context) => ({ forward: addedBias(context) }),
  },
  MatMul: {
    ...PRODUCT,
    operands: 2,
    infer: inferMatMul,
    roles: ['parameter'],
    flops: matMulFlops,
    saves: saveMatMul,
    temporaries: (context) => ({ backward: stretchedGradients(context) }),
  },
  FusedMatMul: {
    ...PRODUCT,
    operands: 2,
    infer: (context) => inferMatMul(fused(context)),
    roles: ['parameter'],
    flops: (context) => matMulFlops(fused(context)),
    saves: (context) => saveMatMul(fused(context)),
    temporaries: fusedTemporaries,
  },
  /**
   * Rows `[S, K]`, each times one of the matrices `[G, K, N]`; the third input says how many rows go to each
   * (derivatives.yaml: _grouped_mm).
   */
  GroupedMatMul: {
    ...PRODUCT,
    operands: 2,
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      return [tensor(dtype, [...shape.slice(0, -1), input(context, 1).shape.at(-1) ?? 1])];
    },
    roles: ['constant', 'parameter'],
    flops: matMulFlops,
    saves: (context) => [...saveFactors(context), ...(context.inputs[2] ? OFFSETS : [])],
    gradients: () => ['new', 'new', 'none'],
  },
  /** FLOPs of the products, not of sums over the axes of one operand. */
  Einsum: {
    ...PRODUCT,
    infer: (context) => [einsumOf(context).output],
    roles: ['parameter'],
    flops: (context) => einsumOf(context).pairs.reduce((sum, { flops }) => sum + flops, 0),
    view: (context) => einsumOf(context).isView,
    saves: saveEinsum,
    gradients: ({ inputs }) => inputs.map(() => (inputs.length === 1 ? 'pass' : 'new')),
  },
} as const satisfies Record<string, OpSpec>;
