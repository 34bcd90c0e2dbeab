import type { DType } from '../graph/index.js';
import type { BoundGraph, BoundLayer, TensorType } from '../ops/index.js';
import { computedIn } from './autocast.js';
import { isCastable } from './precisions.js';
import type { PrecisionSpec } from './precisions.js';
import { numbersIn } from './promotion.js';
import type { Recasts } from './recasts.js';

/**
 * The types of what a program makes of nothing and whose elements are known, so that no layer of the step makes it. In a
 * float32 export `torch.zeros(shape, dtype=x.dtype)` and `mask.to(x.dtype)` name float32, which stands for the model's
 * dtype, as it does in layers; integers that become float32 are positions (transformers, modeling_llama.py:
 * `position_ids.float()`), and stay that.
 */
export class MadeTypes {
  private readonly types = new Map<string, TensorType>();

  constructor(
    private readonly graph: BoundGraph,
    private readonly precision: PrecisionSpec,
    private readonly recasts: Recasts,
  ) {
    for (const layer of graph.layers) if (layer.folded) this.make(layer);
  }

  /** Of an input that is no tensor of the step; a number is as it is. */
  of({ inputs, context }: BoundLayer, index: number): TensorType | undefined {
    return this.types.get(inputs[index] ?? '') ?? context.inputs[index];
  }

  private make(bound: BoundLayer): void {
    bound.outputs.forEach((id, index) => {
      const type = bound.context.outputs[index];
      if (type && isCastable(type.dtype)) this.types.set(id, { ...type, dtype: this.dtypeOf(bound, type) });
    });
  }

  private dtypeOf(bound: BoundLayer, { dtype, shape }: TensorType): DType {
    const types = bound.inputs.map((_, index) => this.of(bound, index));
    const isNumber = numbersIn(this.graph, bound);
    const [id = ''] = bound.inputs;
    const [type] = types;
    const to = type && isCastable(type.dtype) ? this.recasts.targetOf(bound, { id, type }) : undefined;
    const computed = to ?? computedIn(bound, types, { precision: this.precision, isNumber });
    const isOfModel = bound.layer.type === 'ConstantOfShape' || shape.length === 0;
    return computed ?? (isOfModel ? this.precision.weights : undefined) ?? dtype;
  }
}
