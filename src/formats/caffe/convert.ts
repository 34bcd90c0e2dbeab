import type { Attributes } from '../../graph/index.js';
import { DETECTION_LAYERS, pythonConverter } from './detection.js';
import { parameters } from './layer.js';
import type { CaffeLayer } from './layer.js';
import { LOSSES } from './losses.js';
import { text } from './message.js';
import { POINTWISE } from './pointwise.js';
import { SHAPE } from './shape.js';
import { scalarsOf } from './step.js';
import type { Converter, NetFacts } from './step.js';
import { WEIGHTED } from './weighted.js';
import { WINDOW } from './window.js';

/** A Caffe layer type and the operators it becomes: adding one is adding one row to one of these. */
export const CONVERTERS: Readonly<Record<string, Converter>> = {
  ...WINDOW,
  ...WEIGHTED,
  ...POINTWISE,
  ...SHAPE,
  ...LOSSES,
  ...DETECTION_LAYERS,
};

/** An operator of the normal form, or a Caffe type nobody here knows under its own name. */
export interface Operator {
  readonly type: string;
  readonly attributes: Attributes;
  readonly constants?: readonly (readonly number[])[];
  readonly assumption?: string;
}

/** The operators a layer becomes, in order; never empty. */
export function convert(layer: CaffeLayer, net: NetFacts): readonly Operator[] {
  const steps = converterOf(layer)?.(layer, net) ?? [{ type: layer.type, attributes: ownParameters(layer) }];
  const blobs = blobAttributes(layer);
  return steps.map((step, index) =>
    index === steps.length - 1 ? { ...step, attributes: { ...step.attributes, ...blobs } } : step,
  );
}

function converterOf(layer: CaffeLayer): Converter | undefined {
  if (layer.type === 'Python') return pythonConverter(text(parameters(layer, 'python_param'), 'layer') ?? '');
  return Object.hasOwn(CONVERTERS, layer.type) ? CONVERTERS[layer.type] : undefined;
}

/** A layer has one message of parameters of its own, and perhaps some of those that all layers have. */
const MAX_OWN_MESSAGES = 16;

/** Everything an unknown layer's `*_param` messages say. */
function ownParameters(layer: CaffeLayer): Attributes {
  const all = [...layer.message.fields.keys()].filter((name) => name.endsWith('_param'));
  const names = all.slice(0, MAX_OWN_MESSAGES);
  return Object.fromEntries(names.flatMap((name) => Object.entries(scalarsOf(parameters(layer, name)))));
}

/** Which implied weights are frozen (`lr_mult: 0`, `blobs_lr: 0`) and under which names they are shared. */
function blobAttributes({ blobs }: CaffeLayer): Attributes {
  const frozen = blobs.some(({ rate }) => rate === 0);
  const shared = blobs.some(({ name }) => name !== '');
  return {
    ...(frozen ? { trainable: blobs.map(({ rate }) => Number(rate !== 0)) } : {}),
    ...(shared ? { parameter_names: blobs.map(({ name }) => name) } : {}),
  };
}
