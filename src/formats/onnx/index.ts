import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../errors.js';
import type { Format } from '../format.js';
import { readGraph } from './graph.js';
import { decodeModel } from './schema.js';
import { sniffOnnx } from './sniff.js';
import { stripModel } from './strip.js';

async function parse(source: ByteSource): ReturnType<Format['parse']> {
  const model = decodeModel(await stripModel(source));
  if (!model.graph) {
    throw new FormatError({ code: 'NO_GRAPH', format: 'onnx', message: 'the model holds no graph' });
  }
  return readGraph(model.graph);
}

/** ONNX ModelProto, opset 7 on. */
export const onnx: Format = {
  name: 'onnx',
  description: 'ONNX ModelProto (.onnx), opset 7 and later; external data is never read',
  extensions: ['.onnx'],
  sniff: sniffOnnx,
  parse,
  pack: async (source) => ({ bytes: await stripModel(source), key: 'model.onnx' }),
};
