import type { PlannedLayer } from './plan.js';

/** How much of what autograd saves is computed again instead. */
export const CHECKPOINTING = {
  none: 'what autograd saves is kept',
  full: 'of each repeated block only its inputs are kept; it runs again before its backward',
} as const satisfies Record<string, string>;

export type Checkpointing = keyof typeof CHECKPOINTING;

/** What finding blocks must know of a layer. */
export interface ScopedLayer {
  readonly type: string;
  readonly scope?: string;
}

/** One repeated block: the layers from `first` to `last`, both included. */
export interface Block {
  /** The modules it is one of, such as `bert.encoder.layer.N`. */
  readonly container: string;
  readonly first: number;
  readonly last: number;
}

/**
 * The repeated blocks of a model, in order: the outermost modules with numbered names (`layers.0`, `encoder_layer_1`) of
 * which two run the same operators, more than one each. Those of a container without such a pair are looked into.
 */
export function repeatedBlocks(layers: readonly ScopedLayer[]): readonly Block[] {
  const indices = layers.map((_, index) => index);
  const found = blocksWithin(layers, indices, 0).sort((a, b) => a.first - b.first);
  return found.filter(({ first }, index) => first > (found[index - 1]?.last ?? -1));
}

/** `a.0.b.1.c` has the numbered modules `a.0` and `a.0.b.1`. */
function numberedModule(scope: string, level: number): string | undefined {
  const parts = scope.split('.');
  const ends = parts.flatMap((part, index) => (/(^|_)\d+$/.test(part) ? [index + 1] : []));
  return ends[level] === undefined ? undefined : parts.slice(0, ends[level]).join('.');
}

function containerOf(module: string): string {
  return module.replace(/\d+$/, 'N');
}

function blocksWithin(layers: readonly ScopedLayer[], indices: readonly number[], level: number): Block[] {
  const modules = groupBy(indices, (index) => numberedModule(layers[index]?.scope ?? '', level));
  const containers = groupBy([...modules.keys()], containerOf);
  return [...containers].flatMap(([container, names]) => {
    const members = names.map((name) => modules.get(name) ?? []);
    if (!isRepeated(members.map((each) => each.map((index) => layers[index]?.type)))) {
      return blocksWithin(layers, members.flat(), level + 1);
    }
    return members
      .filter((each) => each.length > 1)
      .map((each) => ({ container, first: Math.min(...each), last: Math.max(...each) }));
  });
}

/** Whether two of the modules run the same operators, more than one each. */
function isRepeated(modules: readonly (readonly unknown[])[]): boolean {
  const signatures = modules.filter((types) => types.length > 1).map((types) => types.join(' '));
  return new Set(signatures).size < signatures.length;
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key | undefined): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** A checkpointed part of a plan. */
export interface Segment {
  readonly layers: readonly PlannedLayer[];
  /**
   * What runs again: up to the last layer that saves something (`early_stop` of torch.utils.checkpoint), which itself
   * does not run where it saves nothing but inputs.
   */
  readonly again: readonly PlannedLayer[];
  readonly stopsBefore: PlannedLayer | undefined;
}

export function segmentsOf(layers: readonly PlannedLayer[], checkpointing: Checkpointing): readonly Segment[] {
  if (checkpointing === 'none') return [];
  return repeatedBlocks(layers.map(({ bound }) => bound.layer)).flatMap(({ first, last }) => {
    const segment = layers.slice(first, last + 1);
    const end = segment.findLastIndex(({ saved }) => saved.length > 0);
    const final = segment[end];
    if (!final) return [];
    const runs = final.saved.some(({ from }) => from !== 'input');
    return [{ layers: segment, again: segment.slice(0, runs ? end + 1 : end), stopsBefore: runs ? undefined : final }];
  });
}
