import { Inflate } from 'fflate';
import { quoted } from '../../graph/index.js';
import { failure } from './failure.js';

/** Deflate expands by at most 1032: what one step can put out before it is counted. */
const STEP_BYTES = 4096;

/** Inflates an entry to exactly the size its directory states; a bomb is given up at the first byte beyond. */
export function inflateEntry(packed: Uint8Array, entry: { name: string; bytes: number }): Uint8Array {
  const whole = new Uint8Array(entry.bytes);
  let filled = 0;
  const inflater = new Inflate((chunk) => {
    if (filled + chunk.length > entry.bytes) throw wrongSize(entry);
    whole.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let offset = 0; offset < packed.length; offset += STEP_BYTES) {
      inflater.push(packed.subarray(offset, offset + STEP_BYTES), offset + STEP_BYTES >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'FormatError') throw cause;
    throw failure('MALFORMED', 'it does not inflate', { location: `entry ${quoted(entry.name)}`, cause });
  }
  if (filled !== entry.bytes) throw wrongSize(entry);
  return whole;
}

function wrongSize({ name, bytes }: { name: string; bytes: number }): Error {
  return failure('MALFORMED', `it does not inflate to the ${bytes} bytes it states`, {
    location: `entry ${quoted(name)}`,
  });
}
