import { GraphError } from '../graph/index.js';
import type { Graph } from '../graph/index.js';
import type { ByteSource } from './byte-source.js';
import { caffe } from './caffe/index.js';
import { FormatError } from './errors.js';
import type { Format } from './format.js';
import { onnx } from './onnx/index.js';
import { torchExport } from './torch-export/index.js';

/** Every format, in the order content is tried. Adding one is a folder and a line here. */
export const FORMATS: readonly Format[] = [onnx, torchExport, caffe];

/** Bytes that are enough for every format to recognise its own. */
const HEAD_BYTES = 4096;

/** The reader of a file: by its content first, by its name second. */
export async function detectFormat(source: ByteSource): Promise<Format> {
  if (source.size === 0) {
    throw new FormatError({ code: 'EMPTY_FILE', format: 'detect', message: 'the file is empty' });
  }
  const head = await source.read(0, HEAD_BYTES);
  const name = source.name.toLowerCase();
  const format =
    FORMATS.find((candidate) => candidate.sniff(head)) ??
    FORMATS.find((candidate) => candidate.extensions.some((extension) => name.endsWith(extension)));
  if (format) return format;
  const known = FORMATS.map((candidate) => `${candidate.name} (${candidate.extensions.join(', ')})`).join(', ');
  throw new FormatError({
    code: 'UNKNOWN_FORMAT',
    format: 'detect',
    message: `neither the content nor the name is of a known format; known are ${known}`,
  });
}

/** Bytes → the normalised graph. Throws nothing but `FormatError`. */
export async function parseStructure(source: ByteSource): Promise<Graph> {
  const format = await detectFormat(source);
  try {
    return await format.parse(source);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    if (!(cause instanceof GraphError)) throw cause;
    throw new FormatError({ code: 'INVALID_GRAPH', format: format.name, message: cause.message, cause });
  }
}

export { bytesSource } from './byte-source.js';
export type { ByteSource } from './byte-source.js';
export { FORMAT_ERROR_CODES, FormatError } from './errors.js';
export type { FormatErrorCode } from './errors.js';
export type { Format, Packed } from './format.js';
export { LIMITS } from './limits.js';
