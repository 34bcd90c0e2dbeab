import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';
import type { GraphView } from './view.js';

/** torch.nn.Linear on more than two dims: exported as MatMul and Add, trained as one addmm. */
export const linear: Recovery = {
  name: 'Linear',
  assumption: (count) => `Linear restored from MatMul and Add (${count}x)`,
  matcher: (view) => (layer) => {
    const weight = layer.inputs[1] ?? '';
    if (layer.type !== 'MatMul' || !isMatrixParameter(view, weight)) return undefined;
    const add = view.onlyReader(layer, 'Add');
    const bias = add && view.other(add, layer.outputs[0] ?? '');
    const isVector = bias !== undefined && view.isParameter(bias) && view.tensor(bias)?.shape?.length === 1;
    if (!add || !isVector) return undefined;
    return { remove: [layer, add], add: [inPlaceOf(add, { type: 'Gemm', inputs: [layer.inputs[0] ?? '', weight, bias] })] };
  },
};

/** A weight matrix, or its transpose. */
function isMatrixParameter(view: GraphView, id: string): boolean {
  const transpose: Layer | undefined = view.producer(id, 'Transpose');
  const source = transpose?.inputs[0] ?? id;
  return view.isParameter(source) && view.tensor(source)?.shape?.length === 2;
}
