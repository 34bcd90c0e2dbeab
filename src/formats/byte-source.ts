/** What every format reads from: a file of gigabytes costs the kilobytes that are read of it. */
export interface ByteSource {
  readonly size: number;
  readonly name: string;
  /** Exactly the bytes in [offset, offset + length) that exist; shorter only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory. */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return {
    size: bytes.byteLength,
    name,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
