import type { DType, Layer, Role } from '../graph/index.js';

/** A tensor's type once every symbol is bound. `strides` (in elements) is absent where the tensor is contiguous. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
}

/** What one operator row sees of one layer. */
export interface OpContext {
  readonly layer: Layer;
  /** By position; undefined where an optional input is absent. Rows never see an input whose type is unknown. */
  readonly inputs: readonly (TensorType | undefined)[];
  /** Empty while `infer` and `parameters` run. */
  readonly outputs: readonly TensorType[];
  /** How many outputs the layer names. */
  readonly outputCount: number;
  /** The elements of a small constant input, row-major, where they are known. */
  value(index: number): readonly number[] | undefined;
}

/** What `saves` and `temporaries` see besides: whether autograd tracks an input. */
export interface AutogradContext extends OpContext {
  requiresGrad(index: number): boolean;
}

/** A tensor that autograd keeps from forward to backward. One that two layers save counts once: it is one storage. */
export type Saved =
  | { readonly from: 'input'; readonly index: number }
  | { readonly from: 'output'; readonly index: number }
  | {
      readonly from: 'new';
      readonly what: 'mask' | 'indices' | 'statistics' | 'copy' | 'reserve';
      readonly type: TensorType;
    };

/** A weight the file does not carry but the layer's attributes imply (Caffe, Keras, Hugging Face configs). */
export interface ImpliedParameter extends TensorType {
  readonly name: string;
  readonly role: Extract<Role, 'parameter' | 'buffer'>;
}

/**
 * How the gradient of one input comes to be in backward:
 * `new` allocates a tensor of the input's size; `view` does, and hands over a view of it; `pass` hands the output's gradient on (itself or a view of it);
 * `none`: the input is not differentiable.
 */
export type GradientKind = 'new' | 'view' | 'pass' | 'none';

/** Scratch that an operator allocates from PyTorch's caching allocator and frees before it returns, in bytes. */
export interface Temporaries {
  readonly forward?: number;
  readonly backward?: number;
}

/**
 * The class of a row under `torch.autocast`: `lower` computes in the low precision; `fp32` in float32, to which its inputs
 * are cast; `fp32-output` reads its inputs as they are and puts out float32 (AT_FORALL_FP32_SET_OPT_DTYPE); `promote` casts
 * its inputs to the widest of them, `widest` computes in that without; `keep` computes in what it is given.
 */
export type AutocastClass = 'lower' | 'fp32' | 'fp32-output' | 'promote' | 'widest' | 'keep';

/**
 * Whose kernels compute a row, where that decides what is allocated beside its tensors or what float32 is computed in:
 * `cudnn` are convolutions, `cudnn-rnn` recurrent layers.
 */
export type Library = 'cublas' | 'cudnn' | 'cudnn-rnn';

/** One row of the operator table: everything Layergauge knows of one operator. */
export interface OpSpec {
  /** How many inputs the operator cannot do without, implied weights included; the binder sees to it. Default 1. */
  readonly operands?: number;
  /** Output shapes and dtypes. Throws `ShapeError` where the inputs cannot be. */
  readonly infer: (context: OpContext) => readonly TensorType[];
  /** Folds small constants: the elements of each output, undefined where they are unknown. */
  readonly evaluate?: (context: OpContext) => readonly (readonly number[] | undefined)[];
  /** Weights implied by attributes; the binder appends them to the layer's inputs where it has none. */
  readonly parameters?: (context: OpContext) => readonly ImpliedParameter[];
  /** What a floating-point constant is at each input position; the last entry holds for all that follow. Default: constant. */
  readonly roles?: readonly Role[];
  /** For control flow: the attribute that names the body to inline. */
  readonly body?: (context: OpContext) => string;
  /** For control flow that cannot be inlined: the attribute that names the body whose weights the layer reads. */
  readonly reads?: string;
  /** True where every output is a view of input 0: nothing is allocated. */
  readonly view?: (context: OpContext) => boolean;
  /** Forward FLOPs of contractions: 2 x multiply-accumulates. Element-wise work is counted as bytes. Default 0. */
  readonly flops?: (context: OpContext) => number;
  /** Bytes moved forward. Default: inputs + outputs, nothing for a view. */
  readonly bytes?: (context: OpContext) => number;
  /** What autograd keeps, given what requires a gradient. Default: nothing. */
  readonly saves?: (context: AutogradContext) => readonly Saved[];
  /** By input position. Default: `new` for every floating-point input. */
  readonly gradients?: (context: OpContext) => readonly GradientKind[];
  readonly temporaries?: (context: AutogradContext) => Temporaries;
  /** Default: `keep`. */
  readonly autocast?: AutocastClass;
  /** True where the strides of the outputs depend on the dtype, which decides about the kernel. */
  readonly laidOutByDType?: boolean;
  /** Default: kernels of PyTorch's own, which take no workspace. */
  readonly library?: Library;
  /** True for a layer whose output is a loss: backward starts there. */
  readonly loss?: boolean;
}

/** The inputs of a layer contradict each other, or the operator. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}
