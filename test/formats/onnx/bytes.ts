/** Protobuf by hand, so that a test decides about every byte; and sources that watch or fake what is read. */
import { bytesSource } from '../../../src/formats/byte-source.js';
import type { ByteSource } from '../../../src/formats/byte-source.js';
import { FormatError } from '../../../src/formats/errors.js';

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

export function bytesOf(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A length-delimited field: text, bytes, or the fields of a message. */
export function block(field: number, ...content: readonly (Uint8Array | readonly number[] | string)[]): Uint8Array {
  const value = bytesOf(...content.map((part) => (typeof part === 'string' ? encode(part) : part)));
  return bytesOf(varint(field * 8 + 2), varint(value.length), value);
}

export function integer(field: number, value: number): Uint8Array {
  return bytesOf(varint(field * 8), varint(value));
}

export const FLOAT = 1;
export const INT64 = 7;

/** A TensorProto: data_type, then the payload in the field given, then the name. */
export function tensor(name: string, dataType: number, payload: { field: number; bytes: number }): Uint8Array {
  return bytesOf(integer(2, dataType), block(payload.field, new Uint8Array(payload.bytes)), block(8, name));
}

/** A ModelProto around the fields of a graph. */
export function model(...graph: readonly Uint8Array[]): Uint8Array {
  return bytesOf(integer(1, 8), block(7, ...graph));
}

/** Notes the ranges that are read. */
export function recording(bytes: Uint8Array): ByteSource & { readonly ranges: [offset: number, length: number][] } {
  const ranges: [number, number][] = [];
  const source = bytesSource(bytes, 'model.onnx');
  return {
    ...source,
    ranges,
    read: (offset, length) => {
      ranges.push([offset, length]);
      return source.read(offset, length);
    },
  };
}

/** A file of any size that holds the given bytes at the front and zeros behind them. */
export function padded(head: Uint8Array, size: number): ByteSource {
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    bytes.set(head.subarray(offset, offset + length));
    return Promise.resolve(bytes);
  };
  return { size, name: 'model.onnx', read };
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a promise is refused with; anything but a FormatError is thrown on. */
export async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { code: error.code, message: error.message };
  }
  throw new Error('it was accepted');
}
