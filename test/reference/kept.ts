/** What our table says that autograd keeps, in the words of the golden cases. */
import { planStep } from '../../src/estimate/plan.js';
import type { Plan, PlannedLayer } from '../../src/estimate/plan.js';
import type { Graph } from '../../src/graph/index.js';
import { bindGraph } from '../../src/ops/bind.js';
import { tensorBytes } from '../../src/ops/index.js';
import type { BoundGraph, Saved, TensorType } from '../../src/ops/index.js';
import type { KeptStorage, OperatorCase } from './golden.js';

/** A storage in one line, alike for both sides: `input 0 float32 1024`. */
export const line = ({ from, dtype, bytes }: Pick<KeptStorage, 'from' | 'dtype' | 'bytes'>): string =>
  `${from} ${dtype} ${bytes}`;

export function bindCase(graph: Graph): BoundGraph {
  return bindGraph(graph, { bindings: new Map() });
}

/** Weights of 16 bits are trained in 16 bits. */
export function planCase(graph: BoundGraph): Plan {
  const isHalf = [...graph.tensors.values()].some(
    ({ role, type }) => role === 'parameter' && type?.dtype === 'bfloat16',
  );
  return planStep(graph, isHalf ? 'bf16' : 'fp32');
}

/** What makes the tracked inputs works in autocast's low precision, as a product does. */
export function planAutocast(graph: BoundGraph, { tracked }: Pick<OperatorCase, 'tracked'>): Plan {
  const layers = graph.layers.map((layer) =>
    layer.spec && layer.outputs.some((id) => tracked.includes(id))
      ? { ...layer, spec: { ...layer.spec, autocast: 'lower' as const } }
      : layer,
  );
  return planStep({ ...graph, layers }, 'amp-bf16');
}

/** One line for each storage that our rows keep; what is of no size is not kept. */
export function keptByUs(
  graph: BoundGraph,
  { tracked }: Pick<OperatorCase, 'tracked'>,
  plan = planCase(graph),
): readonly string[] {
  const names = storageNames(graph, plan, tracked);
  const named = new Map<string, string>();
  const fresh: string[] = [];
  for (const layer of plan.layers) {
    for (const saved of layer.saved) {
      const storage = storageOf(layer, saved);
      const cast = castOf(layer, saved);
      if (saved.from === 'new') fresh.push(lineOf('new', saved.type));
      else if (cast) named.set(cast.name, lineOf('new', cast.type));
      else if (storage !== undefined && plan.tensors.has(storage)) {
        named.set(storage, lineOf(names.get(storage) ?? 'new', typeOf(plan, storage)));
      }
    }
  }
  return [...named.values(), ...fresh].filter((text) => !text.endsWith(' 0')).sort();
}

/** The same of PyTorch. */
export function keptByPyTorch({ saved }: Pick<OperatorCase, 'saved'>): readonly string[] {
  return saved
    .filter(({ bytes }) => bytes > 0)
    .map(line)
    .sort();
}

const lineOf = (from: string, type: TensorType): string => line({ from, dtype: type.dtype, bytes: tensorBytes(type) });

/** The copy that autocast made of an input; of a parameter there is one for all who read it. */
function castOf(layer: PlannedLayer, saved: Saved): { name: string; type: TensorType } | undefined {
  const [input, dtype] = saved.from === 'input' ? [layer.inputs[saved.index], layer.casts[saved.index]] : [];
  if (!input || !dtype) return undefined;
  const isCached = input.isWeight && input.requiresGrad;
  const by = isCached ? '' : `${layer.id} ${saved.from === 'input' ? saved.index : ''}`;
  return { name: `${input.storage} ${dtype} ${by}`, type: { ...input.type, dtype } };
}

function typeOf(plan: Plan, storage: string): TensorType {
  return plan.tensors.get(storage)?.type ?? { dtype: 'float32', shape: [0] };
}

function storageOf(layer: PlannedLayer, saved: Saved): string | undefined {
  if (saved.from === 'new') return undefined;
  return (saved.from === 'input' ? layer.inputs : layer.outputs)[saved.index]?.storage;
}

/** Whose each storage is; who had it first. */
function storageNames(graph: BoundGraph, plan: Plan, tracked: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const name = (id: string, text: string): void => {
    const storage = plan.tensors.get(id)?.storage;
    if (storage !== undefined && !names.has(storage)) names.set(storage, text);
  };
  tracked.forEach((id, index) => name(id, `input ${index}`));
  graph.inputs.forEach((id, index) => name(id, `given ${index}`));
  for (const { id, role } of graph.tensors.values()) {
    if (role === 'parameter' || role === 'buffer') name(id, `${role} ${id.replace(/^[a-z]_/, '')}`);
  }
  graph.outputs.forEach((id, index) => name(id, `output ${index}`));
  return names;
}
