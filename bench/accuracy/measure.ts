/** Runs measured rows through the path of the command line, and what others would answer beside it. */
import { performance } from 'node:perf_hooks';
import { sizeModel } from '../../src/admission/size.js';
import type { Sized } from '../../src/admission/size.js';
import { loadGraph } from '../../src/cli/load.js';
import { onEveryFamily } from '../../src/estimate/index.js';
import type { GpuSpec } from '../../src/estimate/index.js';
import { elements, tensorBytes } from '../../src/ops/index.js';
import { GPU_CATALOGUE } from '../../src/placement/catalogue.js';
import type { MeasuredRow } from './rows.js';

export type ModelClass = 'convolutions' | 'attention' | 'language' | 'perceptron';

export interface Estimated {
  readonly row: MeasuredRow;
  readonly modelClass: ModelClass;
  /** Without the CUDA context, which the testbed decides. */
  readonly expectedBytes: number;
  /** The same. */
  readonly upperBytes: number;
  readonly fragmentationBytes: number;
  /** What `upper` adds for the workspaces of convolutions. */
  readonly bandBytes: number;
  readonly milliseconds: number;
  /** What other tools answered, and what adding up outputs gives, in bytes and without a context. */
  readonly others: Readonly<Record<string, number>>;
}

/** One row, on a process that is warm: the second of two runs counts. */
export async function estimateRow(row: MeasuredRow, contextBytes: number): Promise<Estimated> {
  const gpu = gpuOf(row.gpu);
  const run = async (): Promise<Sized> =>
    sizeModel(await loadGraph(row.file), row.setup, { gpu, contexts: onEveryFamily(contextBytes) });
  await run();
  const began = performance.now();
  const sized = await run();
  const milliseconds = performance.now() - began;
  const { memory } = sized.estimate;
  return {
    row,
    modelClass: classOf(row, sized),
    expectedBytes: memory.expectedBytes - contextBytes,
    upperBytes: memory.upperBytes - contextBytes,
    fragmentationBytes: memory.breakdown.fragmentationBytes,
    bandBytes: memory.headroom.bandBytes,
    milliseconds,
    others: { ...row.others, 'sum of outputs': sumOfOutputs(sized) },
  };
}

function gpuOf(product: string): GpuSpec {
  const gpu = GPU_CATALOGUE.find((one) => one.product === product);
  if (!gpu) throw new Error(`${product} is not in the catalogue`);
  return gpu;
}

function classOf({ set }: MeasuredRow, { bound }: Sized): ModelClass {
  const has = (...types: string[]): boolean => bound.layers.some(({ layer }) => types.includes(layer.type));
  if (set === 'MLP') return 'perceptron';
  if (has('Gather') && !has('Conv')) return 'language';
  return has('Attention') ? 'attention' : 'convolutions';
}

/** Weights, gradients, optimizer states and the output of every layer: what a sum over layers gives. */
function sumOfOutputs({ bound, estimate }: Sized): number {
  const outputs = new Set(bound.layers.filter(({ folded }) => !folded).flatMap((layer) => layer.outputs));
  const activations = [...outputs].reduce((sum, id) => sum + bytesAt(id, bound), 0);
  const states = estimate.memory.breakdown.optimizerStatesBytes;
  return activations + 8 * estimate.parameters + states;
}

function bytesAt(id: string, { tensors }: Sized['bound']): number {
  const type = tensors.get(id)?.type;
  return type && elements(type.shape) > 0 ? tensorBytes(type) : 0;
}
