import { describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { bytesSource } from '../../../src/formats/index.js';
import { readEntries, readEntry } from '../../../src/formats/torch-export/zip.js';
import { refusal } from './reading.js';

const CONTENT = new TextEncoder().encode('structure '.repeat(100));
const archive = (level: 0 | 9 = 0, comment = 0): Uint8Array => {
  const bytes = zipSync({ 'net/a': CONTENT, 'net/b': new Uint8Array(0) }, { level });
  const whole = new Uint8Array(bytes.byteLength + comment);
  whole.set(bytes);
  new DataView(whole.buffer).setUint16(bytes.byteLength - 2, comment, true);
  return whole;
};

const source = (bytes: Uint8Array): ReturnType<typeof bytesSource> => bytesSource(bytes, 'net.pt2');

/** The archive as ZIP64 writes it: sizes and offsets of all ones, and the numbers in records of their own. */
function large(): Uint8Array {
  const plain = archive();
  const view = new DataView(plain.buffer);
  const end = plain.byteLength - 22;
  const [directoryBytes, directory] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const record = new DataView(new ArrayBuffer(56 + 20));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(40, BigInt(directoryBytes), true);
  record.setBigUint64(48, BigInt(directory), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(end), true);
  const tail = plain.slice(end);
  new DataView(tail.buffer).setUint32(16, 0xffffffff, true);
  return Uint8Array.from([...plain.slice(0, end), ...new Uint8Array(record.buffer), ...tail]);
}

describe('the entries of an archive', () => {
  test.each([
    ['stored', archive()],
    ['deflated', archive(9)],
    ['with a comment behind them', archive(0, 500)],
    ['of ZIP64', large()],
  ])('%s', async (_, bytes) => {
    const entries = await readEntries(source(bytes));
    expect(entries.map(({ name, bytes: size }) => [name, size])).toEqual([
      ['net/a', CONTENT.byteLength],
      ['net/b', 0],
    ]);
    for (const [at, content] of [CONTENT, new Uint8Array(0)].entries()) {
      const entry = entries[at];
      expect(entry && (await readEntry(source(bytes), entry))).toEqual(content);
    }
  });
});

describe('refused is an archive', () => {
  // Two local headers of 30 + 5 bytes and 1000 of content: the directory is at 1070, the end record 2 x (46 + 5) behind it.
  const changed = (change: (view: DataView, end: number) => void): Uint8Array => {
    const bytes = archive();
    const view = new DataView(bytes.buffer);
    change(view, bytes.byteLength - 22);
    return bytes;
  };

  test.each([
    [
      'without a directory',
      archive().slice(0, 200),
      'TRUNCATED',
      'byte 200: the archive has no directory at its end; the file is cut short',
    ],
    [
      'that is cut short and holds another, whole',
      Uint8Array.from([...archive(), ...archive().slice(0, -1)]),
      'TRUNCATED',
      'byte 2387: the archive has no directory at its end; the file is cut short',
    ],
    [
      'whose directory lies behind its end',
      changed((view, end) => {
        view.setUint32(end + 16, 100_000, true);
      }),
      'TRUNCATED',
      'byte 100000: the directory of the archive reaches beyond the end',
    ],
    [
      'that is encrypted',
      changed((view, end) => {
        view.setUint16(view.getUint32(end + 16, true) + 8, 1, true);
      }),
      'MALFORMED',
      'byte 1070: the archive is encrypted',
    ],
    [
      'of ZIP64 without its locator',
      changed((view, end) => {
        view.setUint32(end + 16, 0xffffffff, true);
      }),
      'MALFORMED',
      'byte 1172: the archive has no ZIP64 locator',
    ],
  ])('%s', async (_, bytes, code, message) => {
    expect(await refusal(readEntries(source(bytes)))).toEqual({ code, message: `torch-export at ${message}` });
  });
});
