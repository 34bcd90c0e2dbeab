import { copyOf, isSame } from './json.js';
import { applyOperation, childOf, pointer } from './json-patch.js';
import type { Operation } from './types.js';

type Path = readonly (string | number)[];

/**
 * Collects operations while keeping a copy of the document as they leave it: a change that changes nothing gives none, and
 * parents are made before their children.
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

  get(...path: Path): unknown {
    return [...this.root, ...path].reduce<unknown>((at, key) => childOf(at, String(key)), this.document);
  }

  /** The list at a path as it is now, empty where there is none. */
  list(...path: Path): readonly unknown[] {
    const found = this.get(...path);
    return Array.isArray(found) ? [...(found as unknown[])] : [];
  }

  set(path: Path, value: unknown): void {
    const current = this.get(...path);
    if (isSame(current, value)) return;
    this.ensureParent(path);
    this.emit(current === undefined ? 'add' : 'replace', path, value);
  }

  append(path: Path, value: unknown): void {
    if (!Array.isArray(this.get(...path))) this.set(path, [value]);
    else this.emit('add', [...path, '-'], value);
  }

  remove(path: Path): void {
    if (this.get(...path) === undefined) return;
    this.apply({ op: 'remove', path: pointer(...this.root, ...path) });
  }

  /** `null` stands for a map that is left out. */
  private ensureParent(path: Path): void {
    const parent = path.slice(0, -1);
    const current = this.get(...parent);
    if (typeof current === 'object' && current !== null) return;
    if (parent.length > 0) this.set(parent, {});
  }

  private emit(op: 'add' | 'replace', path: Path, value: unknown): void {
    this.apply({ op, path: pointer(...this.root, ...path), value });
  }

  private apply(operation: Operation): void {
    applyOperation(this.document, operation);
    this.operations.push(operation);
  }
}
