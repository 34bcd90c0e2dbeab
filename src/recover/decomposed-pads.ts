import type { Layer, Tensor } from '../graph/index.js';
import { matchOf } from './pattern.js';
import type { Pattern } from './pattern.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery, Rewrite } from './recovery.js';
import type { GraphView } from './view.js';

/**
 * reflection_pad and replication_pad, which keep their input: torch/_decomp/decompositions.py, _reflection_or_replication_pad,
 * indexes one axis after the other, and an index keeps nothing of what it reads.
 */
export const decomposedPads: Recovery = {
  name: 'Pad',
  onlyDecomposed: true,
  assumption: (count) => `padding by reflection and replication restored from its indices (${count}x)`,
  matcher: (view) => (layer) => {
    const last = stepOf(view, layer);
    // The last axis speaks for those before.
    const next = last && view.onlyReader(layer, 'Index');
    const isLast = !next || stepOf(view, next)?.mode !== last.mode;
    return last && isLast ? padded(view, last) : undefined;
  },
};

const RANGE: Pattern = ['Range', '#start', '#end'];
const MODES: readonly (readonly [mode: string, pattern: Pattern])[] = [
  ['reflect', ['Sub', '#edge', ['Abs', ['Sub', '#same', ['Abs', RANGE]]]]],
  ['edge', ['Clip', RANGE, 0, '#edge']],
];

/** One axis that is padded. */
interface Step {
  readonly index: Layer;
  readonly layers: readonly Layer[];
  readonly mode: string;
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
}

function stepOf(view: GraphView, index: Layer): Step | undefined {
  if (index.type !== 'Index') return undefined;
  const axis = index.inputs.findLastIndex((id) => id !== '') - 1;
  const isOne = index.inputs.filter((id) => id !== '').length === 2;
  for (const [mode, pattern] of isOne ? MODES : []) {
    const found = matchOf(view, pattern, index.inputs[axis + 1] ?? '');
    if (!found) continue;
    const [start = NaN, end = NaN, edge = NaN] = ['#start', '#end', '#edge'].map((word) =>
      view.scalar(found.tensors.get(word)),
    );
    return { index, layers: [index, ...found.layers], mode, axis, begin: -start, end: end - edge - 1 };
  }
  return undefined;
}

function padded(view: GraphView, last: Step): Rewrite | undefined {
  const steps = [last];
  for (let at: Step | undefined = last; at;) {
    const before = view.before(at.index, 0, 'Index');
    at = before && stepOf(view, before);
    if (at?.mode !== last.mode) break;
    steps.push(at);
  }
  const input = steps.at(-1)?.index.inputs[0] ?? '';
  const rank = view.tensor(input)?.shape?.length;
  if (rank === undefined) return undefined;
  const pads = padsOf(`${last.index.id}/pads`, steps, rank);
  const replacement = { type: 'Pad', inputs: [input, pads.id], attributes: { mode: last.mode } };
  return {
    remove: steps.flatMap(({ layers }) => layers),
    add: [inPlaceOf(last.index, replacement)],
    tensors: [pads],
  };
}

/** As ONNX has them: all begins, then all ends. */
function padsOf(id: string, steps: readonly Step[], rank: number): Tensor {
  const value = new Array<number>(2 * rank).fill(0);
  for (const { axis, begin, end } of steps) {
    value[axis] = begin;
    value[rank + axis] = end;
  }
  return { id, dtype: 'int64', shape: [2 * rank], storage: id, role: 'constant', value };
}
