import type { Graph } from '../../graph/index.js';
import type { ByteSource } from '../byte-source.js';
import type { Format, Packed } from '../format.js';
import { LIMITS } from '../limits.js';
import { readArchive } from './archive.js';
import { failure } from './failure.js';
import { parseJson } from './json.js';
import { packArchive } from './pack.js';
import { graphOf } from './program.js';
import { readProgram } from './schema.js';
import { isArchive, sniffTorchExport } from './sniff.js';

async function isZip(source: ByteSource): Promise<boolean> {
  return isArchive(await source.read(0, 4));
}

/** A program by itself is read whole. */
async function textOf(source: ByteSource): Promise<Uint8Array> {
  if (source.size > LIMITS.maxTextBytes) {
    throw failure('LIMIT_EXCEEDED', `the text has ${source.size} bytes, more than ${LIMITS.maxTextBytes}`);
  }
  return source.read(0, source.size);
}

async function parse(source: ByteSource): Promise<Graph> {
  const name = source.name.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
  if (!(await isZip(source))) return graphOf(readProgram(parseJson(await textOf(source))), name, new Map());
  const { program, payloads } = await readArchive(source);
  return graphOf(readProgram(program), name, payloads);
}

/** A program by itself is structure already: it is packed as it stands. */
async function pack(source: ByteSource): Promise<Packed> {
  if (await isZip(source)) return packArchive(source);
  return { bytes: await textOf(source), key: 'model.json' };
}

/** What `torch.export.save` writes, whole or without its weights; and the program in it by itself. */
export const torchExport: Format = {
  name: 'torch-export',
  description: 'PyTorch ExportedProgram (torch.export.save), or its models/model.json; weights are never read',
  extensions: ['.pt2'],
  sniff: sniffTorchExport,
  parse,
  pack,
};
