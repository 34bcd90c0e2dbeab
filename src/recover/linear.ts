import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * torch.nn.Linear on more than two dims: exported as MatMul and Add, trained as one addmm; and without a bias as a MatMul by
 * its turned weight, which autocast casts before it is turned.
 */
export const linear: Recovery = {
  name: 'Linear',
  assumption: (count) => `Linear restored from MatMul (${count}x)`,
  matcher: (view) => (layer) => {
    const weight = layer.type === 'MatMul' ? weightOf(view, layer) : undefined;
    if (weight === undefined) return undefined;
    const [input = '', read] = layer.inputs;
    const attributes = weight === read ? {} : { transB: 1 };
    const added = biasBehind(view, layer);
    if (added) {
      const { add, bias } = added;
      return {
        remove: [layer, add],
        add: [inPlaceOf(add, { type: 'Gemm', inputs: [input, weight, bias], attributes })],
      };
    }
    if (weight === read) return undefined;
    return { remove: [layer], add: [inPlaceOf(layer, { type: 'Gemm', inputs: [input, weight], attributes })] };
  },
};

/** The weight matrix that a product of rows multiplies with, or that a Transpose turns for it. */
function weightOf(view: GraphView, layer: Layer): string | undefined {
  const [input = '', id] = layer.inputs;
  if (view.tensor(input)?.shape?.length === 1) return undefined;
  const turning = view.before(layer, 1, 'Transpose');
  const source = turning && isTurning(turning) ? turning.inputs[0] : id;
  return isParameterOf(view, source, 2) ? source : undefined;
}

function isTurning({ attributes: { perm = [1, 0] } }: Layer): boolean {
  return String(perm) === '1,0';
}

function biasBehind(view: GraphView, layer: Layer): { add: Layer; bias: string } | undefined {
  const add = view.onlyReader(layer, 'Add');
  const bias = view.other(add, layer.outputs[0]);
  return add && isParameterOf(view, bias, 1) ? { add, bias } : undefined;
}

function isParameterOf(view: GraphView, id: string | undefined, rank: number): id is string {
  return id !== undefined && view.isParameter(id) && view.tensor(id)?.shape?.length === rank;
}
