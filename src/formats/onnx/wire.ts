import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../errors.js';

/** Protobuf wire types (protobuf.dev, "Encoding"). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Files up to this are read at once. */
const WHOLE_FILE_BYTES = 4 * 1024 * 1024;
/** What one read brings otherwise: enough for hundreds of fields, little enough to waste on each skipped payload. */
const WINDOW_BYTES = 64 * 1024;
/** A key and a length, each a varint of at most ten bytes. */
const HEADER_BYTES = 20;
/** The largest field number protobuf allows; decoders cut off the bits of a larger one. */
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Where the key begins, where the value begins and where it ends, in the file. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** The value of a varint; its low 53 bits. */
  readonly value: number;
}

/** Reads protobuf fields from a window that moves over the source; awaits only when it has to move. */
export class WireReader {
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;

  constructor(private readonly source: ByteSource) {}

  /** Makes the range available to `field` and `copy`. */
  async load(offset: number, length: number): Promise<void> {
    const wanted = this.source.size <= WHOLE_FILE_BYTES ? this.source.size : Math.max(length, WINDOW_BYTES);
    this.start = this.source.size <= WHOLE_FILE_BYTES ? 0 : offset;
    this.bytes = await this.source.read(this.start, Math.min(wanted, this.source.size - this.start));
  }

  has(offset: number, length: number): boolean {
    const end = Math.min(offset + length, this.source.size);
    return offset >= this.start && end <= this.start + this.bytes.byteLength;
  }

  async copy(offset: number, length: number): Promise<Uint8Array> {
    if (!this.has(offset, length)) await this.load(offset, length);
    return this.bytes.slice(offset - this.start, offset - this.start + length);
  }

  /** True where the header of the field at an offset can be read without moving. */
  hasHeader(offset: number): boolean {
    return this.has(offset, HEADER_BYTES);
  }

  loadHeader(offset: number): Promise<void> {
    return this.load(offset, HEADER_BYTES);
  }

  /** The field at an offset inside a message that ends at `end`. */
  field(offset: number, end: number): Field {
    const key = this.varint(offset, end);
    const number = Math.floor(key.value / 8);
    const wireType = key.value % 8;
    if (number === 0) throw malformed(offset, 'a field has the number 0');
    if (number > MAX_FIELD_NUMBER) throw malformed(offset, 'a field number is over 2^29 - 1');
    const length = this.valueLength(wireType, { offset, at: key.next, end });
    if (length.end > end) throw truncated(offset);
    return { number, wireType, start: offset, valueStart: length.start, end: length.end, value: length.value };
  }

  private valueLength(
    wireType: number,
    place: { offset: number; at: number; end: number },
  ): { start: number; end: number; value: number } {
    const { at } = place;
    if (wireType === WIRE.fixed64) return { start: at, end: at + 8, value: 0 };
    if (wireType === WIRE.fixed32) return { start: at, end: at + 4, value: 0 };
    if (wireType !== WIRE.varint && wireType !== WIRE.bytes)
      throw malformed(place.offset, `wire type ${wireType} is not used by ONNX`);
    const varint = this.varint(at, place.end);
    if (wireType === WIRE.varint) return { start: at, end: varint.next, value: varint.value };
    return { start: varint.next, end: varint.next + varint.value, value: 0 };
  }

  private varint(offset: number, end: number): { value: number; next: number } {
    let value = 0;
    let scale = 1;
    for (let at = offset; at < offset + 10; at++) {
      const byte = at < end ? this.bytes[at - this.start] : undefined;
      if (byte === undefined) throw truncated(offset);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return { value, next: at + 1 };
    }
    throw malformed(offset, 'a number is longer than ten bytes');
  }
}

/** A varint as bytes. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}

function malformed(offset: number, message: string): FormatError {
  return new FormatError({ code: 'MALFORMED', format: 'onnx', location: `byte ${offset}`, message });
}

function truncated(offset: number): FormatError {
  return new FormatError({
    code: 'TRUNCATED',
    format: 'onnx',
    location: `byte ${offset}`,
    message: 'a field reaches beyond the end; the file is cut short or is not ONNX',
  });
}
