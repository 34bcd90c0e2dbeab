import type { Argument } from './argument.js';
import type { Assembly } from './assembly.js';
import type { Target } from './target.js';

/**
 * Operators of aten whose output is always a part of their first input (docs: Tensor Views). What may be a copy as well,
 * like `reshape`, is not among them.
 */
const VIEWS = new Set([
  ...['alias', 'chunk', 'diagonal', 'expand', 'expand_as', 'hsplit', 'dsplit', 'vsplit', 'imag', 'mH', 'mT', 'movedim'],
  ...['moveaxis', 'narrow', 'permute', 'real', 'select', 'slice', 'split', 'split_with_sizes', 'squeeze', 'swapaxes'],
  ...['swapdims', 't', 'tensor_split', 'transpose', 'unbind', 'unfold', 'unsqueeze', 'unsafe_chunk', 'unsafe_split'],
  ...['view', 'view_as', 'view_as_complex', 'view_as_real'],
]);

/** `unsqueeze_` and `detach_` change what a tensor is, not its elements. */
function isWriting({ inPlace, operator }: Target): boolean {
  return inPlace && operator !== 'detach' && !VIEWS.has(operator);
}

interface Node {
  readonly target: Target;
  /** What it is called on. */
  readonly self: string;
  readonly outputs: readonly string[];
}

/**
 * What is written through a view changes the tensor that it is a part of, and where that needed no gradient before, it
 * does now (torch/csrc/autograd/functions/tensor.cpp, CopySlices). torch.export names what is written anew, but not
 * the tensor: who reads it afterwards is given the name of a layer that joins the two.
 */
export class Views {
  /** The tensor that a view is a part of, by the view. */
  private readonly bases = new Map<string, string>();
  /** What a tensor is called since it was written last. */
  private readonly rewritten = new Map<string, string>();

  constructor(private readonly assembly: Assembly) {}

  nameOf(name: string): string {
    return this.rewritten.get(name) ?? name;
  }

  /** An argument with the names of what it reads as it is now. */
  current(argument: Argument): Argument {
    if (argument.kind !== 'tensors' || this.rewritten.size === 0) return argument;
    return { ...argument, names: argument.names.map((name) => this.nameOf(name)) };
  }

  /** What is copied into a view replaces it: no gradient goes back to what was there. */
  isReplaced({ target, self }: Pick<Node, 'target' | 'self'>): boolean {
    return target.inPlace && target.operator === 'copy' && this.bases.has(self);
  }

  /** Notes what a node that has been read is a view of, or writes through one. */
  follow({ target, self, outputs }: Node): void {
    const base = this.bases.get(self);
    const isWritten = base !== undefined && isWriting(target);
    if (!isWritten && !VIEWS.has(target.operator)) return;
    for (const output of outputs) if (output !== '') this.bases.set(output, base ?? self);
    const [part] = outputs;
    if (isWritten && part) this.write(base, { self, part });
  }

  private write(base: string, { self, part }: { self: string; part: string }): void {
    const tensor = this.assembly.tensors.get(base);
    if (!tensor || tensor.role === 'parameter' || tensor.role === 'buffer') return;
    const current = this.nameOf(base);
    if (self === current) {
      this.rewritten.set(base, part);
      return;
    }
    const id = `${part}/rewritten`;
    this.assembly.describe({ ...tensor, id, storage: id, role: 'activation' });
    this.assembly.add({ id, type: 'Rewritten', inputs: [current, part], outputs: [id], attributes: {} });
    this.rewritten.set(base, id);
    this.bases.set(id, base);
  }

  /** Takes out what was rewritten and never read again. */
  prune(outputs: readonly string[]): void {
    if (this.rewritten.size === 0) return;
    const { layers, tensors } = this.assembly;
    const read = new Set(outputs);
    const kept = layers.toReversed().filter(({ id, type, inputs }) => {
      const isUnread = type === 'Rewritten' && !read.has(id);
      if (isUnread) tensors.delete(id);
      else for (const input of inputs) read.add(input);
      return !isUnread;
    });
    layers.length = 0;
    for (const layer of kept.reverse()) layers.push(layer);
  }
}
