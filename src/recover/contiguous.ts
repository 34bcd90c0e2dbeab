import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';

/**
 * `contiguous()`, and `reshape()` of what no view can have in that shape: run_decompositions writes the copy that was made
 * on the machine that exported. Attention of a GPU lays out its output so that most of them are none.
 */
export const contiguous: Recovery = {
  name: 'Contiguous',
  onlyDecomposed: true,
  assumption: (count) => `copies to contiguous memory taken for those of contiguous() and reshape() (${count}x)`,
  matcher: () => (layer) => {
    if (layer.type !== 'Clone' || layer.attributes['memory_format'] !== 'contiguous') return undefined;
    return { remove: [layer], add: [inPlaceOf(layer, { type: 'Contiguous', inputs: layer.inputs })] };
  },
};
