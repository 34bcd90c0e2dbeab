import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';
import type { GraphView } from './view.js';

/** torch.nn.Linear on more than two dims: exported as MatMul and Add, trained as one addmm. */
export const linear: Recovery = {
  name: 'Linear',
  assumption: (count) => `Linear restored from MatMul and Add (${count}x)`,
  matcher: (view) => (layer) => {
    const [input, weight] = layer.inputs;
    if (layer.type !== 'MatMul' || input === undefined || weight === undefined) return undefined;
    const add = isMatrixParameter(view, weight) ? view.onlyReader(layer, 'Add') : undefined;
    const bias = view.other(add, layer.outputs[0]);
    if (!add || bias === undefined || !isVectorParameter(view, bias)) return undefined;
    return { remove: [layer, add], add: [inPlaceOf(add, { type: 'Gemm', inputs: [input, weight, bias] })] };
  },
};

function isVectorParameter(view: GraphView, id: string): boolean {
  return view.isParameter(id) && view.tensor(id)?.shape?.length === 1;
}

/** A weight matrix, or its transpose. */
function isMatrixParameter(view: GraphView, id: string): boolean {
  const source = view.producer(id, 'Transpose')?.inputs[0] ?? id;
  return view.isParameter(source) && view.tensor(source)?.shape?.length === 2;
}
