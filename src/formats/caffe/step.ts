import type { Attributes, AttributeValue } from '../../graph/index.js';
import type { OpType } from '../../ops/index.js';
import type { CaffeLayer } from './layer.js';
import { failure } from './text.js';
import type { Message } from './text.js';

/** One layer of the normal form that a Caffe layer becomes; several run one after the other. */
export interface Step {
  readonly type: OpType;
  readonly attributes: Attributes;
  /** Integer constants that follow the bottoms, such as the shape of a Reshape. */
  readonly constants?: readonly (readonly number[])[];
  /** What the net leaves to a configuration file, and what is taken for it. */
  readonly assumption?: string;
}

/** What the rest of the net says about a layer. */
export interface NetFacts {
  /** True where a ProposalTargetLayer samples the regions, that is, where a detector is trained end to end. */
  readonly samplesRegions: boolean;
  /** True where the losses pick the hardest regions (R-FCN's OHEM), so that every proposal is kept. */
  readonly minesHardExamples: boolean;
}

export type Converter = (layer: CaffeLayer, net: NetFacts) => readonly Step[];

/** Attributes without those the file leaves out. */
export function attributes(given: Readonly<Record<string, AttributeValue | undefined>>): Attributes {
  const stated: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) stated[name] = value;
  return stated;
}

/** A single step. */
export function step(type: OpType, given: Readonly<Record<string, AttributeValue | undefined>> = {}): readonly Step[] {
  return [{ type, attributes: attributes(given) }];
}

/** A layer that is one operator without attributes. */
export function plain(type: OpType): Converter {
  return () => step(type);
}

/** A value that the layer cannot do without. */
export function required<T>(value: T | undefined, layer: CaffeLayer, what: string): T {
  if (value === undefined) throw failure('MALFORMED', layer.line, `the ${layer.type} layer has no ${what}`);
  return value;
}

/** The scalars of a message as they stand, for layers nobody here knows. */
export function scalarsOf(message: Message): Attributes {
  const entries = [...message.fields].flatMap(([name, values]): [string, AttributeValue][] => {
    const found = values.flatMap((value) => (value.kind === 'scalar' ? [literal(value.text)] : []));
    const [first] = found;
    if (first === undefined) return [];
    return [[name, found.length === 1 ? first : found.map(String)]];
  });
  return Object.fromEntries(entries);
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

function literal(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : text;
}
