import type { Graph } from '../../graph/index.js';
import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../errors.js';
import type { Format } from '../format.js';
import { biasAssumptions } from './biases.js';
import { inlineFunctions } from './functions.js';
import { readGraph } from './graph.js';
import { opsetAssumptions } from './opset.js';
import { decodeModel } from './schema.js';
import { sniffOnnx } from './sniff.js';
import { stripModel } from './strip.js';
import { tieAssumptions } from './ties.js';

async function parse(source: ByteSource): Promise<Graph> {
  const model = decodeModel(await stripModel(source));
  if (!model.graph) throw noGraph('the model holds no graph');
  if (model.graph.node.length === 0) throw noGraph('the graph holds no node');
  const inlined = inlineFunctions(model, model.graph);
  const graph = readGraph(inlined);
  const assumptions = [...opsetAssumptions(model), ...tieAssumptions(graph), ...biasAssumptions(inlined.node)];
  return { ...graph, hints: { assumptions } };
}

function noGraph(message: string): FormatError {
  return new FormatError({ code: 'NO_GRAPH', format: 'onnx', message });
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
