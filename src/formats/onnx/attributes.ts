import type { Attributes, AttributeValue } from '../../graph/index.js';
import { DATA_TYPES, tensorValue } from './payload.js';
import type { OnnxAttribute } from './schema.js';

/** AttributeProto.AttributeType, by number. */
const READ: Readonly<Record<number, (attribute: OnnxAttribute) => AttributeValue | undefined>> = {
  1: ({ f }) => f,
  2: ({ i }) => i,
  3: ({ s }) => decode(s),
  4: ({ t }) => (t ? tensorValue(t) : undefined),
  6: ({ floats }) => [...floats],
  7: ({ ints }) => [...ints],
  8: ({ strings }) => strings.map(decode),
};

/** An empty field comes as an empty array rather than as bytes. */
function decode(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : new TextDecoder().decode(bytes);
}

/** IR versions before 4 may leave the type out: then the field that is set says it. */
function typeOf(attribute: OnnxAttribute): number {
  if (attribute.type !== 0) return attribute.type;
  if (attribute.ints.length > 0) return 7;
  if (attribute.floats.length > 0) return 6;
  if (attribute.strings.length > 0) return 8;
  if (attribute.t) return 4;
  if (attribute.s.length > 0) return 3;
  return attribute.f !== 0 ? 1 : 2;
}

/** `to` (Cast) and `dtype` (generators) are numbers of TensorProto.DataType. */
function dtypeName(name: string, value: AttributeValue): AttributeValue | undefined {
  return (name === 'to' || name === 'dtype') && typeof value === 'number' ? DATA_TYPES[value] : undefined;
}

/** Configurable attributes; a tensor becomes its elements and `<name>_dtype`; graphs are read elsewhere. */
export function readAttributes(attributes: readonly OnnxAttribute[]): Attributes {
  const result: [string, AttributeValue][] = [];
  for (const attribute of attributes) {
    const value = READ[typeOf(attribute)]?.(attribute);
    if (value !== undefined) result.push([attribute.name, dtypeName(attribute.name, value) ?? value]);
    const dtype = attribute.t && DATA_TYPES[attribute.t.dataType];
    if (dtype) result.push([`${attribute.name}_dtype`, dtype]);
  }
  return Object.fromEntries(result);
}
