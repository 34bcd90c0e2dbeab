import type { Layer } from '../graph/index.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';

/** Caffe splits batch-norm into statistics (BatchNorm) and scale and shift (Scale); frameworks of today train one layer. */
export const batchNormScale: Recovery = {
  name: 'BatchNorm and Scale',
  assumption: (count) => `BatchNorm and Scale taken as one batch-norm (${count}x)`,
  matcher: (view) => (layer) => {
    if (layer.type !== 'BatchNormalization' || layer.attributes['affine'] !== false) return undefined;
    const scale = view.onlyReader(layer, 'Scale');
    if (!scale || !isPerChannel(scale)) return undefined;
    const attributes = { ...without(layer.attributes, PER_BLOB), ...only(scale.attributes, PER_BLOB), affine: true };
    return {
      remove: [layer, scale],
      add: [{ ...inPlaceOf(scale, { type: 'BatchNormalization', inputs: layer.inputs, attributes }), id: layer.id }],
    };
  },
};

/** One learned factor for each channel, not a product of two tensors. */
function isPerChannel({ inputs, attributes: { axis = 1, num_axes = 1 } }: Layer): boolean {
  return inputs.length === 1 && axis === 1 && num_axes === 1;
}

/** What a file says of each blob. Those of BatchNorm are statistics, which it freezes; those of Scale are trained. */
const PER_BLOB = ['trainable', 'parameter_names'];

function only(attributes: Layer['attributes'], names: readonly string[]): Layer['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

function without(attributes: Layer['attributes'], names: readonly string[]): Layer['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}
