import { WIRE } from './wire.js';

const IR_VERSION = 1;
const MAX_IR_VERSION = 64;

/** What fields of ModelProto hold: a number, text, or messages, of which some can only be this format's. */
const MODEL_FIELDS: Readonly<Record<number, 'number' | 'text' | 'message'>> = {
  [IR_VERSION]: 'number',
  2: 'text',
  3: 'text',
  4: 'text',
  5: 'number',
  6: 'text',
  7: 'message',
  8: 'message',
  14: 'message',
  20: 'message',
  25: 'message',
};

/**
 * True for bytes that begin like a ModelProto: an ir_version (a small number), then names of the producer, then the
 * graph. A TensorFlow SavedModel and a Core ML model begin with a small number too, but a message stands where the
 * producer's name would; a TensorFlow GraphDef begins with a node (field 1, length-delimited).
 */
export function sniffOnnx(head: Uint8Array): boolean {
  const [key, first = 0] = head;
  if (first === 0) return false;
  // A colon and a capital B are the keys of a graph and of an opset import; they begin text too.
  if (key === 0x3a || key === 0x42) return head.length > 4 && !isText(head.subarray(0, 64));
  return key === IR_VERSION * 8 && first < MAX_IR_VERSION && isModel(head);
}

function isModel(head: Uint8Array): boolean {
  let at: number | undefined = 2;
  while (at !== undefined && at < head.length) at = skipField(head, at);
  return at !== undefined;
}

/** Where the field at an offset ends; the end of the head behind a message, undefined where no ModelProto goes on so. */
function skipField(head: Uint8Array, offset: number): number | undefined {
  const key = varint(head, offset);
  const value = varint(head, key.next);
  const kind = MODEL_FIELDS[Math.floor(key.value / 8)];
  if (kind === undefined || key.value % 8 !== (kind === 'number' ? WIRE.varint : WIRE.bytes)) return undefined;
  if (kind === 'number') return value.next;
  if (kind === 'message') return head.length;
  const end = value.next + value.value;
  return isText(head.subarray(value.next, end)) ? end : undefined;
}

function varint(head: Uint8Array, offset: number): { value: number; next: number } {
  let value = 0;
  for (let at = offset, scale = 1; at < head.length; at++, scale *= 128) {
    const byte = head[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return { value, next: head.length };
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
