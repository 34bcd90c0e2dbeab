import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import type { ByteSource } from '../byte-source.js';
import type { Packed } from '../format.js';
import { LIMITS } from '../limits.js';
import { structureOf } from './archive.js';
import { failure } from './failure.js';
import { readEntry } from './zip.js';

/** ZIP counts years from 1980; the same structure gives the same bytes. */
const EPOCH = new Date(1980, 0, 1);

/** The archive without its weights: each entry of structure to the byte, stored, so that what wraps it can compress it. */
export async function packArchive(source: ByteSource): Promise<Packed> {
  const files: Zippable = {};
  let bytes = 0;
  for (const entry of await structureOf(source)) {
    const content = await readEntry(source, entry);
    bytes += content.byteLength;
    if (bytes > LIMITS.maxStructureBytes) {
      throw failure('LIMIT_EXCEEDED', `the structure is larger than ${LIMITS.maxStructureBytes} bytes`);
    }
    files[entry.name] = [content, { level: 0, mtime: EPOCH }];
  }
  return { bytes: zipSync(files), key: 'model.pt2' };
}
