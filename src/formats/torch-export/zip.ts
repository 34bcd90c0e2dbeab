/** The central directory of a ZIP file (PKWARE APPNOTE 6.3): what entries there are, and the bytes of one of them. */
import { quoted } from '../../graph/index.js';
import type { ByteSource } from '../byte-source.js';
import { LIMITS } from '../limits.js';
import { failure } from './failure.js';
import { inflateEntry } from './inflate.js';

export interface ZipEntry {
  readonly name: string;
  /** 0 is stored, 8 is deflated. */
  readonly method: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Where the local header begins, in the file. */
  readonly offset: number;
}

const SIGNATURE = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 };
/** Sizes of the fixed part of each record. */
const SIZE = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 };
/** The end record is followed by a comment of at most this. */
const MAX_COMMENT_BYTES = 0xffff;
/** A 32-bit field that says the value stands in the ZIP64 extra field. */
const IN_EXTRA = 0xffffffff;
const ZIP64_EXTRA = 1;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** Every entry, in the order of the central directory; nothing but the directory is read. */
export async function readEntries(source: ByteSource): Promise<readonly ZipEntry[]> {
  const directory = await directoryOf(source);
  if (directory.bytes > LIMITS.maxTextBytes) {
    throw failure('LIMIT_EXCEEDED', `the directory has ${directory.bytes} bytes, more than ${LIMITS.maxTextBytes}`);
  }
  if (directory.offset + directory.bytes > source.size) {
    throw failure('TRUNCATED', 'the directory of the archive reaches beyond the end', at(directory.offset));
  }
  const view = viewOf(await source.read(directory.offset, directory.bytes));
  const entries: ZipEntry[] = [];
  for (let offset = 0; offset + SIZE.central <= view.byteLength;) {
    if (view.getUint32(offset, true) !== SIGNATURE.central) break;
    if (entries.length >= LIMITS.maxTensors) {
      throw failure('LIMIT_EXCEEDED', `the archive has more than ${LIMITS.maxTensors} entries`);
    }
    const record = centralRecord(view, offset, directory.offset);
    entries.push(record.entry);
    offset = record.next;
  }
  return entries;
}

/** The inflated bytes of an entry, of which there may be no more than a text may have. */
export async function readEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const most = Math.max(entry.bytes, entry.compressedBytes);
  if (most > LIMITS.maxTextBytes) {
    throw failure('LIMIT_EXCEEDED', `it has ${most} bytes, more than ${LIMITS.maxTextBytes}`, of(entry));
  }
  const header = viewOf(await source.read(entry.offset, SIZE.local));
  if (header.byteLength < SIZE.local) throw failure('TRUNCATED', 'its header is cut short', of(entry));
  if (header.getUint32(0, true) !== SIGNATURE.local) throw failure('MALFORMED', 'no entry begins there', of(entry));
  const start = entry.offset + SIZE.local + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = await source.read(start, entry.compressedBytes);
  if (packed.byteLength < entry.compressedBytes) throw failure('TRUNCATED', 'it is cut short', of(entry));
  if (entry.method === STORED) return packed;
  if (entry.method === DEFLATED) return inflateEntry(packed, entry);
  throw failure('MALFORMED', `it is packed by method ${entry.method}; 0 and 8 are known`, of(entry));
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
}

async function directoryOf(source: ByteSource): Promise<Directory> {
  const start = Math.max(0, source.size - SIZE.end - MAX_COMMENT_BYTES);
  const tail = viewOf(await source.read(start, source.size - start));
  for (let offset = tail.byteLength - SIZE.end; offset >= 0; offset--) {
    // An archive may hold another, whose record of the end is not at this one's.
    const end = offset + SIZE.end + tail.getUint16(offset + 20, true);
    if (tail.getUint32(offset, true) !== SIGNATURE.end || end !== tail.byteLength) continue;
    const directory = { bytes: tail.getUint32(offset + 12, true), offset: tail.getUint32(offset + 16, true) };
    const isLarge = directory.offset === IN_EXTRA || directory.bytes === IN_EXTRA;
    return isLarge ? largeDirectory(source, start + offset) : directory;
  }
  throw failure('TRUNCATED', 'the archive has no directory at its end; the file is cut short', at(source.size));
}

/** ZIP64: a locator in front of the end record says where the record with 64-bit fields stands. */
async function largeDirectory(source: ByteSource, end: number): Promise<Directory> {
  const locator = viewOf(await source.read(Math.max(0, end - SIZE.locator64), SIZE.locator64));
  if (locator.byteLength < SIZE.locator64 || locator.getUint32(0, true) !== SIGNATURE.locator64) {
    throw failure('MALFORMED', 'the archive has no ZIP64 locator', at(end));
  }
  const offset = wide(locator, 8);
  const record = viewOf(await source.read(offset, SIZE.end64));
  if (record.byteLength < SIZE.end64 || record.getUint32(0, true) !== SIGNATURE.end64) {
    throw failure('MALFORMED', 'the archive has no ZIP64 end record', at(offset));
  }
  return { bytes: wide(record, 40), offset: wide(record, 48) };
}

function centralRecord(view: DataView, offset: number, base: number): { entry: ZipEntry; next: number } {
  const field = (at16: number): number => view.getUint16(offset + at16, true);
  const [nameBytes, extraBytes, commentBytes] = [field(28), field(30), field(32)];
  const nameStart = offset + SIZE.central;
  const next = nameStart + nameBytes + extraBytes + commentBytes;
  if (next > view.byteLength) throw failure('TRUNCATED', 'the directory ends within an entry', at(base + offset));
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + nameStart, nameBytes));
  if ((field(8) & ENCRYPTED) !== 0) throw failure('MALFORMED', 'the archive is encrypted', at(base + offset));
  const extra = new DataView(view.buffer, view.byteOffset + nameStart + nameBytes, extraBytes);
  const [bytes = 0, compressedBytes = 0, localOffset = 0] = widened(
    [24, 20, 42].map((at32) => view.getUint32(offset + at32, true)),
    extra,
  );
  return { entry: { name, method: field(10), compressedBytes, bytes, offset: localOffset }, next };
}

/** Fields that are all ones stand in the ZIP64 extra field, in this order. */
function widened(values: readonly number[], extra: DataView): readonly number[] {
  let at64 = zip64Start(extra);
  return values.map((value) => {
    if (value !== IN_EXTRA || at64 === undefined || at64 + 8 > extra.byteLength) return value;
    at64 += 8;
    return wide(extra, at64 - 8);
  });
}

function zip64Start(extra: DataView): number | undefined {
  for (let offset = 0; offset + 4 <= extra.byteLength; offset += 4 + extra.getUint16(offset + 2, true)) {
    if (extra.getUint16(offset, true) === ZIP64_EXTRA) return offset + 4;
  }
  return undefined;
}

/** Exact up to 2^53, which no file reaches. */
function wide(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function at(offset: number): { location: string } {
  return { location: `byte ${offset}` };
}

function of(entry: ZipEntry): { location: string } {
  return { location: `entry ${quoted(entry.name)}` };
}
