import { buildGraph } from '../graph/index.js';
import type { Graph, TrainingHints } from '../graph/index.js';
import { specOf } from '../ops/index.js';
import { hardswish, mish, silu } from './activations.js';
import { attention } from './attention.js';
import { batchNormScale } from './batch-norm-scale.js';
import { batchNorm, hiddenBatchNorm } from './batch-norm.js';
import { gelu, geluTanh } from './gelu.js';
import { contiguous } from './contiguous.js';
import { decomposedFunctions } from './decomposed-functions.js';
import { decomposedLosses } from './decomposed-losses.js';
import { decomposedPads } from './decomposed-pads.js';
import { geluFunction } from './gelu-function.js';
import { linear } from './linear.js';
import { matmul } from './matmul.js';
import { layerNorm, rmsNorm } from './norms.js';
import { applyRecovery } from './recovery.js';
import type { Recovery } from './recovery.js';
import { GraphView } from './view.js';

/** Every recovery, in the order they run. Adding one is a row. */
export const RECOVERIES: readonly Recovery[] = [
  gelu,
  geluTanh,
  geluFunction,
  silu,
  hardswish,
  mish,
  ...decomposedLosses,
  ...decomposedFunctions,
  decomposedPads,
  layerNorm,
  rmsNorm,
  matmul,
  attention,
  linear,
  contiguous,
  batchNorm,
  hiddenBatchNorm,
  batchNormScale,
];

export interface Recovered {
  readonly graph: Graph;
  /** One sentence for each step that found its pattern. */
  readonly assumptions: readonly string[];
}

/**
 * From what was exported to what is trained. In a file that holds the training's own operators only what torch.export
 * itself writes out is put back.
 */
export function recoverTraining(exported: Graph): Recovered {
  const assumptions: string[] = [];
  let view = new GraphView(exported);
  for (const recovery of RECOVERIES.filter((each) => isFor(each, exported.hints))) {
    const { graph, count } = applyRecovery(view.graph, recovery, view);
    if (count === 0) continue;
    view = new GraphView(graph);
    assumptions.push(recovery.assumption(count));
  }
  return { graph: withLoss(view.graph), assumptions };
}

/** A loss that was put back is the graph's own. */
function withLoss(graph: Graph): Graph {
  const isFound = graph.hints.isVerbatim === false && graph.layers.some(({ type }) => specOf(type)?.loss === true);
  return isFound ? buildGraph({ ...graph, hints: { ...graph.hints, hasLoss: true } }) : graph;
}

function isFor({ inVerbatim = false, onlyDecomposed = false }: Recovery, { isVerbatim }: TrainingHints): boolean {
  if (isVerbatim === true) return inVerbatim;
  return isVerbatim === false || !onlyDecomposed;
}

export { BatchFixedError } from './errors.js';
export { rebaseBatch } from './rebase.js';
