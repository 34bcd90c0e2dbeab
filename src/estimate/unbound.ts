/** An input dimension that nothing binds, or that cannot be what it was bound to. */
export class UnboundError extends Error {
  override readonly name = 'UnboundError';
}
