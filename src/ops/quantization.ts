/** Quantization that is trained through: the numbers stay floats. */
import { input, tensor } from './context.js';
import { iteratedType } from './layout.js';
import { firstGradient } from './parts.js';
import type { OpContext, OpSpec, Saved } from './spec.js';

/** A byte for each element says whether it was within the range. */
function saveMask(context: OpContext): readonly Saved[] {
  return [{ from: 'new', what: 'mask', type: tensor('bool', input(context, 0).shape) }];
}

/**
 * Rounds to a grid, and passes the gradient times the mask. Sources: derivatives.yaml,
 * fake_quantize_per_tensor_affine_cachemask and its neighbours; aten/src/ATen/native/quantized/FakeQuantPerTensorAffine.cpp.
 */
export const QUANTIZATION = {
  FakeQuantize: {
    infer: (context) => [iteratedType([input(context, 0)], input(context, 0).dtype)],
    saves: saveMask,
    gradients: firstGradient,
  },
} as const satisfies Record<string, OpSpec>;
