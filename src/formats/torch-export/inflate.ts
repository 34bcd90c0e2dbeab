import { inflateRawSync } from 'node:zlib';
import { quoted } from '../../graph/index.js';
import { failure } from './failure.js';

/** Inflates an entry to exactly the size its directory states; a bomb is given up at the first byte beyond. */
export function inflateEntry(packed: Uint8Array, entry: { name: string; bytes: number }): Uint8Array {
  let whole: Uint8Array;
  try {
    whole = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.bytes) });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw wrongSize(entry);
    throw failure('MALFORMED', 'it does not inflate', { location: `entry ${quoted(entry.name)}`, cause });
  }
  if (whole.length !== entry.bytes) throw wrongSize(entry);
  return whole;
}

function wrongSize({ name, bytes }: { name: string; bytes: number }): Error {
  return failure('MALFORMED', `it does not inflate to the ${bytes} bytes it states`, {
    location: `entry ${quoted(name)}`,
  });
}
