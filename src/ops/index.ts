import { ACTIVATION } from './activation.js';
import { ATTENTION } from './attention.js';
import { CELL } from './cell.js';
import { COMPLEX } from './complex.js';
import { CONTRACTION } from './contraction.js';
import { CONTROL } from './control.js';
import { CONVOLUTION } from './convolution.js';
import { DETECTION } from './detection.js';
import { DIAGONAL } from './diagonal.js';
import { DISTANCE } from './distance.js';
import { ELEMENTWISE } from './elementwise.js';
import { EMBEDDING_BAG } from './embedding-bag.js';
import { FACTORS } from './factors.js';
import { FOURIER } from './fourier.js';
import { FUNCTIONS } from './functions.js';
import { GENERATOR } from './generator.js';
import { LINEAR } from './linear.js';
import { LOSS } from './loss.js';
import { MATRIX } from './matrix.js';
import { NORMALIZATION } from './normalization.js';
import { PADDING } from './padding.js';
import { PLACEMENT } from './placement.js';
import { POOLING } from './pooling.js';
import { QUANTIZATION } from './quantization.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTION } from './reduction.js';
import { RESAMPLE } from './resample.js';
import { SCALE } from './scale.js';
import { SELECTION } from './selection.js';
import { SLICE } from './slice.js';
import { SPECIAL } from './special.js';
import type { OpSpec } from './spec.js';
import { TORCH } from './torch.js';
import { UNARY } from './unary.js';
import { VIEW } from './view.js';

/** The operator table: ONNX operator names where they exist. Adding an operator is adding one row to one of these. */
export const OPS = {
  ...ACTIVATION,
  ...ATTENTION,
  ...CELL,
  ...COMPLEX,
  ...CONTRACTION,
  ...CONTROL,
  ...CONVOLUTION,
  ...DETECTION,
  ...DIAGONAL,
  ...DISTANCE,
  ...ELEMENTWISE,
  ...EMBEDDING_BAG,
  ...FACTORS,
  ...FOURIER,
  ...FUNCTIONS,
  ...GENERATOR,
  ...LINEAR,
  ...LOSS,
  ...MATRIX,
  ...NORMALIZATION,
  ...PADDING,
  ...PLACEMENT,
  ...POOLING,
  ...QUANTIZATION,
  ...RECURRENT,
  ...REDUCTION,
  ...RESAMPLE,
  ...SCALE,
  ...SELECTION,
  ...SLICE,
  ...SPECIAL,
  ...TORCH,
  ...UNARY,
  ...VIEW,
} as const satisfies Record<string, OpSpec>;

export type OpType = keyof typeof OPS;

/** The row of a layer's type, or undefined where nobody here knows the operator. */
export function specOf(type: string): OpSpec | undefined {
  return ROWS.get(type);
}

const ROWS: ReadonlyMap<string, OpSpec> = new Map(Object.entries(OPS));

export * from './bound.js';
export * from './context.js';
export { iteratedType } from './layout.js';
export * from './spec.js';
export * from './strides.js';
