import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../errors.js';
import type { Format } from '../format.js';
import { LIMITS } from '../limits.js';
import { readNet } from './net.js';
import { readText } from './text.js';

/**
 * What makes a text a net, or a solver, which the reader names as such. A name alone does not: workflows, TensorFlow
 * graphs and model servers' configurations have one too, and inputs inside their blocks.
 */
const FIELD =
  /(?:^|[\s,;>}])layers?\s*:?\s*[{<]|^(?:input|net|train_net)[ \t]*:[ \t]*["']|^[ \t]*(?:input_shape[ \t]*:?\s*[{<]|input_dim[ \t]*:[ \t]*\d)/m;

/** What no text format contains; NUL alone tells most binaries. */
// eslint-disable-next-line no-control-regex
const BINARY = /[\u0000-\u0008\u000e-\u001f]/;

/** Windows tools write UTF-16 and say so by its first two bytes. */
function decode(bytes: Uint8Array): string {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

async function textOf(source: ByteSource): Promise<string> {
  if (source.size > LIMITS.maxTextBytes) {
    const message = `the text has ${source.size} bytes, more than ${LIMITS.maxTextBytes}`;
    throw new FormatError({ code: 'LIMIT_EXCEEDED', format: 'caffe', message });
  }
  return decode(await source.read(0, source.size));
}

/** Caffe's `.prototxt`: a net for training or deployment, of either layer format. */
export const caffe: Format = {
  name: 'caffe',
  description: 'Caffe net (prototxt): train_val and deploy, layer (V2) and layers (V1)',
  extensions: ['.prototxt'],
  sniff: (head) => {
    const text = decode(head);
    return !BINARY.test(text) && FIELD.test(text.replace(/#.*$/gm, ''));
  },
  parse: async (source) => readNet(readText(await textOf(source)), source.name),
  /** A prototxt is structure already: it is packed as it stands. */
  pack: async (source) => {
    await textOf(source);
    return { bytes: await source.read(0, source.size), key: 'model.prototxt' };
  },
};
