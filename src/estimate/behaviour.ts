import { isDifferentiable } from '../ops/index.js';
import type { AutogradContext, GradientKind, OpSpec, Saved, Temporaries } from '../ops/index.js';

/**
 * What an operator saves of an input that it overwrites, it copies first (torch/csrc/autograd/VariableTypeUtils.h and
 * gen_variable_type.py: `original_self`).
 */
export function keptBefore(saved: Saved, { inputs }: AutogradContext, overwritten: number | undefined): Saved {
  const type = saved.from === 'input' && saved.index === overwritten ? inputs[saved.index] : undefined;
  return type ? { from: 'new', what: 'copy', type: { dtype: type.dtype, shape: type.shape } } : saved;
}

/** What a layer's row says of it; an unknown one is taken to differentiate and keep its first input. */
export function behaviour(
  spec: OpSpec | undefined,
  context: AutogradContext,
): { gradients: GradientKind[]; tracked: boolean; view: boolean; scratch: Temporaries; saved: readonly Saved[] } {
  const gradients = gradientKinds(spec, context);
  const tracked = isTracked(context, gradients);
  return {
    gradients,
    tracked,
    view: spec?.view?.(context) === true,
    scratch: spec?.temporaries?.(context) ?? {},
    saved: tracked ? savedBy(spec, context) : [],
  };
}

function gradientKinds(spec: OpSpec | undefined, context: AutogradContext): GradientKind[] {
  const stated = spec?.gradients?.(context);
  return context.inputs.map((type, index) => {
    if (!isDifferentiable(type)) return 'none';
    return stated ? (stated[index] ?? 'none') : 'new';
  });
}

/** Autograd records a layer whose output can carry a gradient back to something that wants one. */
function isTracked(context: AutogradContext, gradients: readonly GradientKind[]): boolean {
  const wanted = gradients.some((kind, index) => kind !== 'none' && context.requiresGrad(index));
  return wanted && isDifferentiable(context.outputs[0]);
}

/** An operator nobody here knows is taken to keep its first input, as most do. */
function savedBy(spec: OpSpec | undefined, context: AutogradContext): readonly Saved[] {
  if (!spec) return context.inputs[0] ? [{ from: 'input', index: 0 }] : [];
  return spec.saves?.(context) ?? [];
}
