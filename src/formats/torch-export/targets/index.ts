import type { Row } from '../call.js';
import type { Target } from '../target.js';
import { ATTENTION } from './attention.js';
import { CAST } from './cast.js';
import { COMPLEX } from './complex.js';
import { CONTRACTION } from './contraction.js';
import { CONVOLUTION } from './convolution.js';
import { DIAGONAL } from './diagonal.js';
import { DISTANCE } from './distance.js';
import { ELEMENTWISE } from './elementwise.js';
import { FUNCTIONS } from './functions.js';
import { GENERATOR } from './generator.js';
import { LINEAR } from './linear.js';
import { LOSS } from './loss.js';
import { MARGIN } from './margin.js';
import { MATRIX } from './matrix.js';
import { NORMALIZATION } from './normalization.js';
import { ORDERED } from './ordered.js';
import { PIECES } from './pieces.js';
import { PLACEMENT } from './placement.js';
import { POOLING } from './pooling.js';
import { QUANTIZATION } from './quantization.js';
import { RANDOM } from './random.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTION } from './reduction.js';
import { RESAMPLE } from './resample.js';
import { trimmed } from './rows.js';
import type { Rows } from './rows.js';
import { SELECTION } from './selection.js';
import { SIZES } from './sizes.js';
import { SLICE } from './slice.js';
import { STACK } from './stack.js';
import { UNARY } from './unary.js';
import { VIEW } from './view.js';

/** Every target: `relu`, or with its overload where that is another operator (`max.dim`). Adding one is a row. */
export const TARGETS: Rows = {
  ...ATTENTION,
  ...CAST,
  ...COMPLEX,
  ...CONTRACTION,
  ...CONVOLUTION,
  ...DIAGONAL,
  ...DISTANCE,
  ...ELEMENTWISE,
  ...FUNCTIONS,
  ...GENERATOR,
  ...LINEAR,
  ...LOSS,
  ...MARGIN,
  ...MATRIX,
  ...NORMALIZATION,
  ...ORDERED,
  ...PIECES,
  ...PLACEMENT,
  ...POOLING,
  ...QUANTIZATION,
  ...RANDOM,
  ...RECURRENT,
  ...REDUCTION,
  ...RESAMPLE,
  ...SELECTION,
  ...SIZES,
  ...SLICE,
  ...STACK,
  ...UNARY,
  ...VIEW,
};

/** An operator nobody here knows keeps its name, its tensors and the shapes the file states. */
const unknown: Row = (call) => {
  call.result(call.target.text, trimmed(call.tensorOperands()));
};

export function rowOf({ operator, overload }: Target): Row {
  const key = [`${operator}.${overload}`, operator].find((name) => Object.hasOwn(TARGETS, name));
  return (key !== undefined && TARGETS[key]) || unknown;
}
