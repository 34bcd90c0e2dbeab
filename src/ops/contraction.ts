/** Products of PyTorch over axes that are named, and of two vectors or three tensors. */
import { broadcast, dimAt, elements, input, numberAttribute, output, tensor } from './context.js';
import { LINEAR } from './linear.js';
import { scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, GradientKind, OpContext, OpSpec, Saved, TensorType } from './spec.js';

interface Sizes {
  readonly dtype: TensorType['dtype'];
  readonly rows: number;
  readonly out: number;
  readonly first: number;
  readonly second: number;
}

/** `[N, in1]`, `[out, in1, in2]` and `[N, in2]`. */
function sizesOf(context: OpContext): Sizes {
  const { dtype, shape } = input(context, 0);
  const weight = input(context, 1).shape;
  const [rows, first, second] = [dimAt(shape, 0), dimAt(shape, 1), dimAt(input(context, 2).shape, 1)];
  if (dimAt(weight, 1) !== first || dimAt(weight, 2) !== second) {
    throw new ShapeError(`Trilinear of ${first} and ${second} by [${weight.join(', ')}]`);
  }
  return { dtype, rows, out: dimAt(weight, 0), first, second };
}

/** Each of the three, for the gradients of the other two. */
function saveOthers(context: AutogradContext): readonly Saved[] {
  const isWanted = [0, 1, 2].map((index) => context.requiresGrad(index));
  return [0, 1, 2]
    .filter((index) => isWanted.some((wanted, other) => wanted && other !== index))
    .map((index) => ({ from: 'input', index }));
}

/**
 * One output feature after the other: what two of the three come to, and that by the third. The gradient of the first
 * multiplies the whole matrix of a feature by each row's gradient (Linear.cpp, _trilinear and _trilinear_backward).
 */
function trilinearScratch(context: AutogradContext): { forward: number; backward: number } {
  const { dtype, rows, first, second } = sizesOf(context);
  const bytes = (count: number): number => scratchOf(tensor(dtype, [count]), 1);
  const steps = [rows * first * (second + 1), (rows + second) * first, 2 * rows * second];
  const wanted = steps.filter((_, index) => context.requiresGrad(index));
  return { forward: bytes(rows * (second + 1)), backward: bytes(Math.max(0, ...wanted)) };
}

/** What is added keeps its gradient where it has the output's size and no factor. */
function outerGradients(context: OpContext): readonly GradientKind[] {
  const isWhole = elements(input(context, 0).shape) === elements(output(context, 0).shape);
  return [isWhole && numberAttribute(context.layer, 'beta', 1) === 1 ? 'pass' : 'new', 'new', 'new'];
}

/** Each vector for the other's gradient. */
function saveVectors(context: AutogradContext): readonly Saved[] {
  return [1, 2].filter((index) => context.requiresGrad(3 - index)).map((index) => ({ from: 'input', index }));
}

/** Sources: aten/src/ATen/native/Linear.cpp, LinearAlgebra.cpp; derivatives.yaml (_trilinear, addr); ATen/autocast_mode.h. */
export const CONTRACTION = {
  /** The matrix product inside of tensordot, which autocast promotes as a whole. */
  TensorDot: { ...LINEAR.MatMul, autocast: 'promote' },
  /** sum over i and j of first[n, i] * weight[k, i, j] * second[n, j]: nn.Bilinear without its bias. */
  Trilinear: {
    operands: 3,
    infer: (context) => {
      const { dtype, rows, out } = sizesOf(context);
      return [tensor(dtype, [rows, out])];
    },
    roles: ['constant', 'parameter', 'constant'],
    flops: (context) => {
      const { rows, out, first, second } = sizesOf(context);
      return 2 * rows * out * second * (first + 1);
    },
    saves: saveOthers,
    temporaries: trilinearScratch,
    autocast: 'promote',
    library: 'cublas',
  },
  /** addr: self + vec1 outer vec2 in one element-wise kernel; each vector's gradient is a matrix times the other. */
  OuterSum: {
    operands: 3,
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      const product = [dimAt(input(context, 1).shape, 0), dimAt(input(context, 2).shape, 0)];
      return [tensor(dtype, broadcast(shape, product))];
    },
    saves: saveVectors,
    gradients: outerGradients,
    temporaries: (context) => ({ backward: outerScratch(context) }),
    autocast: 'lower',
    library: 'cublas',
  },
} as const satisfies Record<string, OpSpec>;

/** The gradient of what was stretched, times its factor, before it is summed. */
function outerScratch(context: AutogradContext): number {
  const isStretched = elements(input(context, 0).shape) !== elements(output(context, 0).shape);
  const isScaled = numberAttribute(context.layer, 'beta', 1) !== 1;
  return scratchOf(output(context, 0), isStretched && isScaled && context.requiresGrad(0) ? 1 : 0);
}
