/** Distances as one number, and between the rows of one tensor. */
import { broadcast, dimAt, elements, input, output, tensor } from './context.js';
import { KEEP_BOTH, KEEP_OPERANDS, KEEP_OUTPUT, scratchOf } from './parts.js';
import { ShapeError } from './spec.js';
import type { AutogradContext, OpContext, OpSpec, TensorType } from './spec.js';

/** The difference, in the shape that the two have together. */
function differenceOf(context: OpContext): TensorType {
  return tensor(output(context, 0).dtype, broadcast(input(context, 0).shape, input(context, 1).shape));
}

/**
 * The difference again, and what it is divided by (FunctionsManual.cpp, norm_backward of order 2; of order 1 its sign);
 * a gradient in more than its tensor's size is summed afterwards.
 */
function distanceScratch(context: AutogradContext): number {
  const difference = differenceOf(context);
  const isStretched = (index: number): boolean =>
    context.requiresGrad(index) && elements(input(context, index).shape) !== elements(difference.shape);
  return scratchOf(difference, 2 + [0, 1].filter(isStretched).length);
}

/** Sources: aten/src/ATen/native/Distance.cpp, cuda/DistanceKernel.cu; derivatives.yaml (dist, _pdist_forward). */
export const DISTANCE = {
  /** norm(self - other), whose operands are kept. */
  TensorDistance: {
    operands: 2,
    infer: (context) => {
      broadcast(input(context, 0).shape, input(context, 1).shape);
      return [tensor(input(context, 0).dtype, [])];
    },
    saves: () => [...KEEP_OPERANDS, ...KEEP_OUTPUT],
    temporaries: (context) => ({ forward: scratchOf(differenceOf(context), 1), backward: distanceScratch(context) }),
    autocast: 'fp32',
  },
  /** pdist: of N rows each pair once; backward writes N - 1 gradients of the whole, and sums them. */
  PairDistances: {
    infer: (context) => {
      const { dtype, shape } = input(context, 0);
      if (shape.length !== 2) throw new ShapeError(`pairs of rank ${shape.length}`);
      const rows = dimAt(shape, 0);
      return [tensor(dtype, [(rows * Math.max(0, rows - 1)) / 2])];
    },
    saves: () => KEEP_BOTH,
    temporaries: (context) => {
      const { shape } = input(context, 0);
      return { backward: scratchOf(tensor(output(context, 0).dtype, shape), Math.max(0, dimAt(shape, 0) - 1)) };
    },
    autocast: 'fp32',
  },
} as const satisfies Record<string, OpSpec>;
