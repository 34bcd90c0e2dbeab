import type { Layer, Tensor } from '../graph/index.js';
import type { GraphView } from './view.js';

/** The key as it was before it was transposed for the scores, and what has to change to get it. */
export interface Key {
  readonly id: string;
  readonly rank: number;
  readonly remove: readonly Layer[];
  readonly add: readonly Layer[];
  readonly tensors: readonly Tensor[];
}

/**
 * The scores multiply by the transposed key. A transpose that also brings the heads forward is replaced by one that
 * only does that; one that works on batch and heads folded into one axis stands between two reshapes.
 */
export function transposedKey(view: GraphView, id: string): Key | undefined {
  const unfolded = view.producer(id, 'Reshape');
  const transpose = unfolded ? view.before(unfolded, 0, 'Transpose') : view.producer(id, 'Transpose');
  const perm = transpose && untransposed(transpose);
  if (!transpose || !perm) return undefined;
  return unfolded ? foldedKey(view, { unfolded, transpose, perm }) : plainKey(view, { id, transpose, perm });
}

/** The permutation without its exchange of the last two axes. */
function untransposed({ attributes: { perm } }: Layer): number[] | undefined {
  if (!Array.isArray(perm) || perm.length < 3) return undefined;
  const axes = perm.map(Number);
  return [...axes.slice(0, -2), axes.at(-1) ?? 0, axes.at(-2) ?? 0];
}

function isIdentity(perm: readonly number[]): boolean {
  return perm.every((axis, index) => axis === index);
}

/** The layers from the end backwards as far as only this chain reads them. */
function unshared(view: GraphView, layers: readonly Layer[]): Layer[] {
  const shared = layers.findIndex(({ outputs }) => view.readers(outputs[0] ?? '').length > 1);
  return layers.slice(0, shared === -1 ? layers.length : shared);
}

function plainKey(
  view: GraphView,
  { id, transpose, perm }: { id: string; transpose: Layer; perm: readonly number[] },
): Key {
  const remove = unshared(view, [transpose]);
  const rank = perm.length;
  if (isIdentity(perm)) return { id: transpose.inputs[0] ?? '', rank, remove, add: [], tensors: [] };
  return { ...derived({ ...transpose, attributes: { perm } }, `${id}/key`), rank, remove };
}

/** The key before batch and heads were folded, under the shape the transposed one was unfolded to, but not transposed. */
function foldedKey(
  view: GraphView,
  { unfolded, transpose, perm }: { unfolded: Layer; transpose: Layer; perm: readonly number[] },
): Key | undefined {
  if (!isIdentity(perm)) return undefined;
  const [folded = ''] = transpose.inputs;
  const source = view.producer(folded, 'Reshape')?.inputs[0];
  const target = view.tensor(unfolded.inputs[1] ?? '')?.value;
  const key = unfoldedBefore(view, source, target) ?? reshapedKey(unfolded, source ?? folded, target);
  return key && { ...key, remove: unshared(view, [unfolded, transpose]) };
}

/** The key under the shape it had before, if that is the shape wanted: a target that is computed is the key's own. */
function unfoldedBefore(
  view: GraphView,
  source: string | undefined,
  target: readonly number[] | undefined,
): Omit<Key, 'remove'> | undefined {
  if (source === undefined) return undefined;
  const rank = view.tensor(source)?.shape?.length;
  return target === undefined || target.length === rank
    ? { id: source, rank: target?.length ?? 4, add: [], tensors: [] }
    : undefined;
}

/** Groups of heads share a key; where it is expanded for each head and folded at once, no tensor has the key's shape. */
function reshapedKey(
  unfolded: Layer,
  source: string,
  target: readonly number[] | undefined,
): Omit<Key, 'remove'> | undefined {
  if (!target || target.length < 3) return undefined;
  const value = [...target.slice(0, -2), target.at(-1) ?? 1, target.at(-2) ?? 1];
  const id = `${unfolded.id}/key_shape`;
  const shape: Tensor = { id, dtype: 'int64', shape: [value.length], storage: id, role: 'constant', value };
  const key = derived({ ...unfolded, inputs: [source, id] }, `${unfolded.id}/key`);
  return { ...key, rank: value.length, tensors: [...key.tensors, shape] };
}

/** A layer like another, under a name of its own and with one new output. */
function derived(like: Layer, id: string): Pick<Key, 'id' | 'add' | 'tensors'> {
  const tensor: Tensor = { id, dtype: 'float32', shape: undefined, storage: id, role: 'activation' };
  return { id, add: [{ ...like, id: `${like.id}/key`, outputs: [id] }], tensors: [tensor] };
}
