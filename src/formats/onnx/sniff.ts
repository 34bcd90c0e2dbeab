/** Keys of ModelProto with the wire type each must have: ir_version, producer_name, producer_version, domain, … */
const MODEL_KEYS: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
]);

const MAX_IR_VERSION = 64;

/**
 * True for bytes that begin like a ModelProto. Serialisers write fields in order, so an ir_version (a small varint)
 * comes first and another known key behind it; a TensorFlow GraphDef begins with a node (field 1, length-delimited).
 */
export function sniffOnnx(head: Uint8Array): boolean {
  const [key, version = 0, next] = head;
  if (key === 0x08 && version > 0 && version < MAX_IR_VERSION) return next === undefined || isModelKey(next);
  // Without ir_version: a graph or an opset import, whose first key is again a known one.
  return (key === 0x3a || key === 0x42) && version !== 0 && head.length > 4 && !isText(head);
}

function isModelKey(byte: number): boolean {
  return MODEL_KEYS.get(byte >> 3) === (byte & 7);
}

/** A colon and a capital B begin text too. */
function isText(head: Uint8Array): boolean {
  return head.subarray(0, 64).every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
