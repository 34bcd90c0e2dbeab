import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ByteSource } from '../formats/byte-source.js';

export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/**
 * A file on disk, read by ranges: what is not asked for is never read. Fails as the system does, also for what is no
 * file; a pipe that nobody writes to does not hold it up.
 */
export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const size = await sizeOf(handle);
    return {
      size,
      name: basename(path),
      read: (offset, length) => readRange(handle, offset, Math.min(length, Math.max(0, size - offset))),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function sizeOf(handle: FileHandle): Promise<number> {
  const stats = await handle.stat();
  if (stats.isFile()) return stats.size;
  const code = stats.isDirectory() ? 'EISDIR' : 'EINVAL';
  throw Object.assign(new Error(`${code}: not a regular file, read`), { code, syscall: 'read' });
}

async function readRange(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
