import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { encodeVarint, WIRE, WireReader } from './wire.js';
import type { Field } from './wire.js';

type MessageKind = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'training' | 'function';

/** Which fields of a message may hold tensors, and through which messages (onnx.proto field numbers). */
const CHILDREN: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  tensor: {},
  sparse: { 1: 'tensor', 2: 'tensor' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node' },
};

/** float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data. */
const PAYLOADS: ReadonlySet<number> = new Set([4, 5, 6, 7, 9, 10, 11]);
/** TensorProto.DataType of int32, int64, uint32 and uint64: what shapes, axes and indices are made of. */
const INTEGER_TYPES: ReadonlySet<number> = new Set([6, 7, 12, 13]);
const DATA_TYPE_FIELD = 2;

/** A message no larger than the smallest payload that is dropped cannot hold one. */
const VERBATIM_BYTES = LIMITS.maxOtherPayloadBytes;

/**
 * The model without the payloads of large tensors, everything else to the byte. Works on the wire, so that fields nobody
 * here knows survive, and reads the source by ranges, so that payloads are never read.
 */
export async function stripModel(source: ByteSource): Promise<Uint8Array> {
  const stripper = new Stripper(new WireReader(source));
  const { chunks, bytes } = await stripper.message('model', { start: 0, end: source.size }, 0);
  return concatenate(chunks, bytes);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Stripped {
  readonly chunks: Uint8Array[];
  readonly bytes: number;
}

/** Fields of a graph that become objects here, by what they count as. */
const COUNTED: Readonly<Record<number, 'layers' | 'tensors'>> = {
  1: 'layers',
  5: 'tensors',
  11: 'tensors',
  12: 'tensors',
  13: 'tensors',
};

class Stripper {
  /** Everything found so far that will be copied, over all messages. */
  private keptBytes = 0;
  private readonly counts = { fields: 0, layers: 0, tensors: 0 };

  constructor(private readonly reader: WireReader) {}

  async message(kind: MessageKind, range: Range, depth: number): Promise<Stripped> {
    if (depth > LIMITS.maxDepth) throw limit(range.start, `messages nest deeper than ${LIMITS.maxDepth}`);
    const out = new Output();
    let copyFrom = range.start;
    const fields = await this.changedFields(kind, range);
    for (const field of fields) {
      await this.copyTo(out, copyFrom, field.start);
      copyFrom = field.end;
      const child = CHILDREN[kind][field.number];
      if (child) await this.child(out, field, { kind: child, depth });
    }
    await this.copyTo(out, copyFrom, range.end);
    return out;
  }

  private async child(out: Output, field: Field, { kind, depth }: { kind: MessageKind; depth: number }): Promise<void> {
    const header = await this.reader.copy(field.start, field.valueStart - field.start);
    const inner = await this.message(kind, { start: field.valueStart, end: field.end }, depth + 1);
    const isUnchanged = inner.bytes === field.end - field.valueStart;
    out.push(isUnchanged ? [header] : [encodeVarint(field.number * 8 + WIRE.bytes), encodeVarint(inner.bytes)]);
    out.push(inner.chunks);
  }

  /** Fields that are not copied as they are: messages to descend into, and payloads to drop. */
  private async changedFields(kind: MessageKind, range: Range): Promise<Field[]> {
    const changed: Field[] = [];
    let dataType = 0;
    for (let at = range.start; at < range.end;) {
      if (!this.reader.hasHeader(at)) await this.reader.loadHeader(at);
      const field = this.reader.field(at, range.end);
      at = field.end;
      this.count(kind, field);
      if (kind === 'tensor' && field.number === DATA_TYPE_FIELD) dataType = field.value;
      if (field.wireType === WIRE.bytes && isCandidate(kind, field)) changed.push(field);
      else this.keep(field);
    }
    if (kind !== 'tensor') return changed;
    return changed.filter((field) => isDropped(field, dataType) || this.keep(field));
  }

  /** What decoding would make too much of is refused before it is decoded. */
  private count(kind: MessageKind, { start, number }: Field): void {
    const what = kind === 'graph' ? COUNTED[number] : undefined;
    if (++this.counts.fields > LIMITS.maxFields) throw limit(start, `more than ${LIMITS.maxFields} fields`);
    if (what === 'layers' && ++this.counts.layers > LIMITS.maxLayers) {
      throw limit(start, `more than ${LIMITS.maxLayers} nodes`);
    }
    if (what === 'tensors' && ++this.counts.tensors > LIMITS.maxTensors) {
      throw limit(start, `more than ${LIMITS.maxTensors} tensors`);
    }
  }

  /** Counted as soon as it is seen: a file that holds too much is refused before it was read to its end. */
  private keep({ start, end }: Field): undefined {
    this.keptBytes += end - start;
    if (this.keptBytes > LIMITS.maxStructureBytes) {
      throw limit(start, `the structure without weights is larger than ${LIMITS.maxStructureBytes} bytes`);
    }
  }

  private async copyTo(out: Output, start: number, end: number): Promise<void> {
    if (end === start) return;
    out.push([await this.reader.copy(start, end - start)]);
  }
}

class Output {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;

  push(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.bytes += chunk.byteLength;
    }
  }
}

function isCandidate(kind: MessageKind, field: Field): boolean {
  if (kind === 'tensor') return PAYLOADS.has(field.number);
  return CHILDREN[kind][field.number] !== undefined && field.end - field.valueStart > VERBATIM_BYTES;
}

/** data_type may stand behind the payload, so this is decided once the whole tensor was seen. */
function isDropped(field: Field, dataType: number): boolean {
  const keep = INTEGER_TYPES.has(dataType) ? LIMITS.maxIntegerPayloadBytes : LIMITS.maxOtherPayloadBytes;
  return field.end - field.valueStart > keep;
}

function concatenate(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}

function limit(offset: number, message: string): FormatError {
  return new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', location: `byte ${offset}`, message });
}
