import type { Argument } from './argument.js';

/** Where the names of a graph are looked up: the program's own, or those of a body that runs in place of a node. */
export interface Place {
  /** In front of everything that a body names for itself. */
  readonly prefix: string;
  /** What its inputs stand for. */
  readonly names: ReadonlyMap<string, string>;
  readonly depth: number;
}

export const OUTERMOST: Place = { prefix: '', names: new Map(), depth: 0 };

/** An argument with the names of the graph around. */
export function renamed(argument: Argument, place: Place): Argument {
  if (place === OUTERMOST) return argument;
  const rename = (name: string): string => name && (place.names.get(name) ?? place.prefix + name);
  if (argument.kind === 'tensors') return { ...argument, names: argument.names.map(rename) };
  if (argument.kind !== 'sizes') return argument;
  return { ...argument, values: argument.values.map((value) => (typeof value === 'string' ? rename(value) : value)) };
}

/** Every name of an argument, absent ones included, so that outputs keep their positions. */
export function namesOf(argument: Argument): readonly string[] {
  if (argument.kind === 'tensors') return argument.names;
  return argument.kind === 'sizes' ? argument.values.map((value) => (typeof value === 'string' ? value : '')) : [''];
}
