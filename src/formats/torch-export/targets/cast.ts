import type { Call } from '../call.js';
import { all, identity, nothing, row } from './rows.js';
import type { Rows } from './rows.js';

const MOVES: ReadonlySet<string> = new Set(['device', 'dtype_layout']);

/** `to(dtype)`, `to(device)`: a copy where the dtype changes; every tensor is on the one device of the training. */
function to(call: Call): void {
  const dtype = call.dtype();
  const source = call.recorded(call.operand('self'));
  // `to(device)` is written with the dtype that the tensor has anyway.
  const isMoved = MOVES.has(call.target.overload) && dtype === source?.dtype;
  if (dtype && !isMoved) call.result('Cast', [call.operand('self')], { to: dtype });
  else identity(call);
}

export const CAST: Rows = {
  ...all(['to', '_to_copy'], to),
  ...all(['type_as', 'to.other'], row('CastLike', ['self', 'other'])),
  ...all(
    [
      '_assert_tensor_metadata',
      '_assert_scalar',
      '_assert_async',
      'sym_constrain_range',
      'sym_constrain_range_for_size',
    ],
    nothing,
  ),
};
