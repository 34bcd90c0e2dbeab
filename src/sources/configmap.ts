import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';

/** The two maps of a core/v1 ConfigMap. */
export interface ConfigMapData {
  readonly data?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
}

export type StructureProblem = 'no-such-key' | 'no-key' | 'several-keys' | 'too-large' | 'not-gzip';

/** A ConfigMap that holds no usable structure. */
export class ConfigMapError extends Error {
  override readonly name = 'ConfigMapError';

  constructor(
    readonly problem: StructureProblem,
    message: string,
  ) {
    super(message);
  }
}

/** A structure as it was packed: its bytes, and a name whose ending tells its format. */
export interface Structure {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a packed structure may inflate to. A ConfigMap holds 1 MiB; structures compress to a tenth. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

const inflate = promisify(gunzip);

/** The structure under a key, or under the only one; gzip is recognised by its magic number. */
export async function structureOf(map: ConfigMapData, key?: string): Promise<Structure> {
  const chosen = key ?? onlyKey(map);
  const stored = storedBytes(map, chosen);
  if (!stored) throw new ConfigMapError('no-such-key', `it has no key "${chosen}"; it has ${listed(keysOf(map))}`);
  if (!isGzip(stored)) return { name: chosen, bytes: stored };
  return { name: chosen.replace(/\.gz$/, ''), bytes: await inflated(stored) };
}

function onlyKey(map: ConfigMapData): string {
  const keys = keysOf(map);
  const [first] = keys;
  if (first === undefined) throw new ConfigMapError('no-key', 'it is empty');
  if (keys.length > 1) throw new ConfigMapError('several-keys', `it has ${listed(keys)}: name one behind a slash`);
  return first;
}

function keysOf({ data, binaryData }: ConfigMapData): string[] {
  return [...Object.keys(data ?? {}), ...Object.keys(binaryData ?? {})].sort();
}

/** More names than these do not help. */
const MAX_LISTED = 5;

function listed(keys: readonly string[]): string {
  if (keys.length === 0) return 'none';
  const shown = keys.slice(0, MAX_LISTED).map((key) => `"${key}"`);
  return keys.length > MAX_LISTED ? `${shown.join(', ')} and ${keys.length - MAX_LISTED} more` : shown.join(', ');
}

function storedBytes({ data = {}, binaryData = {} }: ConfigMapData, key: string): Uint8Array | undefined {
  if (Object.hasOwn(binaryData, key)) return Buffer.from(binaryData[key] ?? '', 'base64');
  return Object.hasOwn(data, key) ? Buffer.from(data[key] ?? '', 'utf8') : undefined;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ConfigMapError('too-large', `it inflates to more than ${MAX_INFLATED_BYTES / 1024 / 1024} MiB`);
    }
    throw new ConfigMapError('not-gzip', 'its gzip data is broken: pack the model again');
  }
}
