/** What a `.pt2` archive holds of structure: the program, and which weights are stored once under several names. */
import type { ByteSource } from '../byte-source.js';
import { failure } from './failure.js';
import { fieldsOf, parseJson } from './json.js';
import { readEntries, readEntry } from './zip.js';
import type { ZipEntry } from './zip.js';

/** torch/export/pt2_archive: everything stands in one folder; before 2.8 the program stood alone in the root. */
const PROGRAM = /(?:^|\/)(?:models\/[^/]+\.json|serialized_exported_program\.json)$/;
const WEIGHTS = /(?:^|\/)data\/weights\/[^/]+_weights_config\.json$/;
/** Text and numbers beside them: format, version, byte order, what the constants are. */
const SMALL =
  /(?:^|\/)(?:archive_format|archive_version|byteorder|version|\.data\/[^/]+|data\/constants\/[^/]+\.json)$/;

export interface Archive {
  readonly program: unknown;
  /** The payload of each weight, by its name in the module: names of one place in one payload share storage. */
  readonly payloads: ReadonlyMap<string, string>;
}

export async function readArchive(source: ByteSource): Promise<Archive> {
  const entries = await readEntries(source);
  const weights = entries.find(({ name }) => WEIGHTS.test(name));
  return {
    program: parseJson(await readEntry(source, programOf(entries))),
    payloads: weights ? payloadsOf(parseJson(await readEntry(source, weights))) : new Map<string, string>(),
  };
}

/** The entries of an archive that are structure. */
export async function structureOf(source: ByteSource): Promise<readonly ZipEntry[]> {
  const entries = await readEntries(source);
  programOf(entries);
  return entries.filter(({ name }) => [PROGRAM, WEIGHTS, SMALL].some((pattern) => pattern.test(name)));
}

function programOf(entries: readonly ZipEntry[]): ZipEntry {
  const [program] = entries.filter(({ name }) => PROGRAM.test(name));
  if (program) return program;
  throw failure('NO_GRAPH', 'the archive holds no exported program (models/*.json)');
}

/**
 * `{ config: { 'conv1.weight': { path_name: 'weight_0', tensor_meta: { storage_offset, … }, … } } }`. Parameters that are
 * parts of one buffer, as the flat weights of cuDNN's recurrent layers, begin at places of their own.
 */
function payloadsOf(value: unknown): ReadonlyMap<string, string> {
  const config = fieldsOf(fieldsOf(value, 'the weights')['config'], 'config');
  return new Map(
    Object.entries(config).flatMap(([name, meta]): [string, string][] => {
      const { path_name: payload, tensor_meta: tensor } = fieldsOf(meta, 'config');
      const offset = tensor === undefined ? 0 : fieldsOf(tensor, 'tensor_meta')['storage_offset'];
      return typeof payload === 'string' ? [[name, `${payload}@${JSON.stringify(offset)}`]] : [];
    }),
  );
}
