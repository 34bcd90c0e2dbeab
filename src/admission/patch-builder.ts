import { copyOf, isSame } from './json.js';
import { applyAt, childOf, pointer } from './json-patch.js';
import type { Operation } from './types.js';

type Path = readonly (string | number)[];

/**
 * Collects operations while keeping a copy of the document as they leave it: a change that changes nothing gives none, and
 * a value whose parents are missing brings them along.
 */
export class PatchBuilder {
  readonly operations: Operation[] = [];
  private readonly document: unknown;

  /** `root` is the path of the pod: '' for a pod, `/spec/template` for a Job. */
  constructor(
    document: unknown,
    private readonly root: Path = [],
  ) {
    this.document = copyOf(document);
  }

  /** The document with the operations applied. */
  get result(): unknown {
    return this.document;
  }

  get(...path: Path): unknown {
    return [...this.root, ...path].reduce<unknown>((at, key) => childOf(at, String(key)), this.document);
  }

  /** The list at a path as it is now, empty where there is none. */
  list(...path: Path): readonly unknown[] {
    const found = this.get(...path);
    return Array.isArray(found) ? [...(found as unknown[])] : [];
  }

  set(path: Path, value: unknown): void {
    if (isSame(this.get(...path), value)) return;
    const present = this.presentParents(path);
    const [at, missing] = [path.slice(0, present + 1), path.slice(present + 1)];
    const whole = missing.reduceRight((inner, key) => ({ [key]: inner }), value);
    this.apply({ op: this.get(...at) === undefined ? 'add' : 'replace', value: whole }, at);
  }

  append(path: Path, value: unknown): void {
    if (!Array.isArray(this.get(...path))) this.set(path, [value]);
    else this.apply({ op: 'add', value }, [...path, '-']);
  }

  remove(path: Path): void {
    if (this.get(...path) === undefined) return;
    this.apply({ op: 'remove' }, path);
  }

  /** How many parents of a place there are; `null` stands for a map that is left out. */
  private presentParents(path: Path): number {
    let at = this.get();
    const absent = path.slice(0, -1).findIndex((key) => {
      at = childOf(at, String(key));
      return typeof at !== 'object' || at === null;
    });
    return absent === -1 ? path.length - 1 : absent;
  }

  private apply(change: Omit<Operation, 'path'>, path: Path): void {
    const parts = [...this.root, ...path].map(String);
    const operation = { ...change, path: pointer(...parts) };
    applyAt(this.document, parts, operation);
    this.operations.push(operation);
  }
}
