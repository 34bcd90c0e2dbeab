import { bytesOf } from '../graph/index.js';
import { elements, tensorBytes } from '../ops/index.js';
import type { TensorType } from '../ops/index.js';

/** Bytes of a tensor that an optimizer makes for one parameter; 0 where it makes none. */
export type Size = (parameter: TensorType) => number;

/** A tensor that an optimizer keeps for each parameter. */
export interface OptimizerTensor {
  readonly name: string;
  readonly bytes: Size;
}

/**
 * What a step does to one of its local names: `make` allocates before the name lets go of what it held, as an assignment
 * in Python does; `drop` lets go. What still has a name when the step returns goes then.
 */
export type StepAction =
  | {
      readonly kind: 'make';
      readonly name: string;
      readonly bytes: Size;
      readonly when: 'always' | 'decayed' | 'plain';
    }
  | { readonly kind: 'drop'; readonly name: string };

/** How a step runs: over lists of all parameters, in one kernel, or one parameter after another. */
export const IMPLEMENTATIONS = {
  foreach: 'each operation runs on the list of all parameters, and its result is a list',
  'for-loop': 'the whole update of one parameter, then of the next',
  fused: 'one kernel that updates in place',
} as const satisfies Record<string, string>;

export type Implementation = keyof typeof IMPLEMENTATIONS;

/** As large as the parameter, in its dtype: `torch.zeros_like(p)`. */
export const full: Size = (parameter) => tensorBytes(parameter);

/** One float32, a whole block of the allocator. */
export const scalar: Size = () => bytesOf('float32', 1);

/** The dims of a parameter of two dims or more with some of them reduced; nothing for a vector. */
function reduced(reduce: (shape: readonly number[]) => readonly number[]): Size {
  return ({ dtype, shape }) => (shape.length > 1 ? bytesOf(dtype, elements(reduce(shape))) : 0);
}

/** Reduced over the last dim, over the last but one, over both; and the parameter itself where it is no vector. */
export const rows = reduced((shape) => shape.slice(0, -1));
export const columns = reduced((shape) => [...shape.slice(0, -2), ...shape.slice(-1)]);
export const matrices = reduced((shape) => shape.slice(0, -2));
export const factored = reduced((shape) => shape);

/** The parameter's size where it is a vector or a scalar; nothing otherwise. */
export const vector: Size = (parameter) => (parameter.shape.length > 1 ? 0 : full(parameter));

/** The parameter in bfloat16, and its Gram matrix over the smaller dim. */
export const inBfloat16: Size = ({ shape }) => bytesOf('bfloat16', elements(shape));
export const gramInBfloat16: Size = ({ shape }) => bytesOf('bfloat16', Math.min(...shape) ** 2);

const QUANTIZED_BLOCK = 256;
const MIN_QUANTIZED_ELEMENTS = 4096;

/** One byte an element, or four where the parameter is too small to be quantized. */
export const quantized: Size = ({ shape }) => {
  const count = elements(shape);
  return count < MIN_QUANTIZED_ELEMENTS ? bytesOf('float32', count) : count;
};

/** A float32 for each block of 256 quantized elements. */
export const blockScales: Size = ({ shape }) => {
  const count = elements(shape);
  return count < MIN_QUANTIZED_ELEMENTS ? 0 : bytesOf('float32', Math.ceil(count / QUANTIZED_BLOCK));
};

export function state(name: string, bytes: Size = full): OptimizerTensor {
  return { name, bytes };
}

export function make(name: string, bytes: Size = full): StepAction {
  return { kind: 'make', name, bytes, when: 'always' };
}

export function drop(...names: readonly string[]): StepAction[] {
  return names.map((name) => ({ kind: 'drop', name }));
}

/** `grad = grad.add(param, alpha=weight_decay)`: made where the weight decay is not 0. */
export const DECAYED: StepAction = { kind: 'make', name: 'grad', bytes: full, when: 'decayed' };

/** Made where the weight decay is 0: with one, the decayed gradient is overwritten in its place. */
export function makePlain(name: string): StepAction {
  return { kind: 'make', name, bytes: full, when: 'plain' };
}
