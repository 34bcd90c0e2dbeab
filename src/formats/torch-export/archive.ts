/** What a `.pt2` archive holds of structure: the program, and which weights are stored once under several names. */
import type { ByteSource } from '../byte-source.js';
import { failure } from './failure.js';
import { fieldsOf, parseJson } from './json.js';
import type { Fields } from './json.js';
import { readEntries, readEntry } from './zip.js';
import type { ZipEntry } from './zip.js';

/** torch/export/pt2_archive: everything stands in one folder; before 2.8 the program stood alone in the root. */
const PROGRAM = /(?:^|\/)(?:models\/[^/]+\.json|serialized_exported_program\.json)$/;
const WEIGHTS = /(?:^|\/)data\/weights\/[^/]+_weights_config\.json$/;
const PAYLOAD = /(?:^|\/)data\/weights\/([^/]+)$/;
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
    payloads: weights
      ? payloadsOf(parseJson(await readEntry(source, weights)), emptyPayloads(entries))
      : new Map<string, string>(),
  };
}

/** The entries of an archive that are structure; that a payload is empty is one too. */
export async function structureOf(source: ByteSource): Promise<readonly ZipEntry[]> {
  const entries = await readEntries(source);
  programOf(entries);
  const empty = emptyPayloads(entries);
  return entries.filter(
    ({ name }) =>
      [PROGRAM, WEIGHTS, SMALL].some((pattern) => pattern.test(name)) || empty.has(PAYLOAD.exec(name)?.[1] ?? ''),
  );
}

/** All the weights of a model on the meta device, and of one of fake tensors, are saved as one file of no bytes. */
function emptyPayloads(entries: readonly ZipEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ name, bytes }) => (bytes === 0 ? (PAYLOAD.exec(name)?.[1] ?? []) : [])));
}

function programOf(entries: readonly ZipEntry[]): ZipEntry {
  const [program] = entries.filter(({ name }) => PROGRAM.test(name));
  if (program) return program;
  throw failure('NO_GRAPH', 'the archive holds no exported program (models/*.json)');
}

/** Where a weight's data begins, and of how many elements of which dtype it is. */
interface Place {
  readonly name: string;
  readonly place: string;
  readonly extent: string;
}

/**
 * `{ config: { 'conv1.weight': { path_name: 'weight_0', tensor_meta: { storage_offset, … }, … } } }`. Parameters that are
 * parts of one buffer, as the flat weights of cuDNN's recurrent layers, begin at places of their own. A place that tensors
 * of several sizes have holds none of them: it was empty in an archive that has lost its payloads.
 */
function payloadsOf(value: unknown, empty: ReadonlySet<string>): ReadonlyMap<string, string> {
  const config = fieldsOf(fieldsOf(value, 'the weights')['config'], 'config');
  const places = Object.entries(config).flatMap(([name, meta]) => placeOf(name, meta, empty));
  const extents = new Map<string, string>();
  const contradicted = new Set<string>();
  for (const { place, extent } of places) {
    if ((extents.get(place) ?? extent) !== extent) contradicted.add(place);
    extents.set(place, extent);
  }
  return new Map(places.flatMap(({ name, place }) => (contradicted.has(place) ? [] : [[name, place]])));
}

function placeOf(name: string, meta: unknown, empty: ReadonlySet<string>): Place[] {
  const { path_name: payload, tensor_meta: tensor = {} } = fieldsOf(meta, 'config');
  if (typeof payload !== 'string' || empty.has(payload)) return [];
  const { storage_offset: offset = 0, dtype, sizes = [] } = fieldsOf(tensor, 'tensor_meta');
  const dims = Array.isArray(sizes) ? sizes.map((size: Fields | null) => Number(size?.['as_int'])) : [];
  const extent = JSON.stringify([dtype, dims.reduce((count, dim) => count * dim, 1)]);
  return [{ name, place: `${payload}@${JSON.stringify(offset)}`, extent }];
}
