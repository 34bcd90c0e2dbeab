import type { Call } from '../call.js';
import { all, identity, nothing, row } from './rows.js';
import type { Rows } from './rows.js';

/** `to(dtype)`, `to(device)`: a copy where the dtype changes; every tensor is on the one device of the training. */
function to(call: Call): void {
  const dtype = call.dtype();
  if (dtype) call.result('Cast', [call.operand('self')], { to: dtype });
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
