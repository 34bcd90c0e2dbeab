/** Exit codes: 0 fine, 1 the input is wrong, 2 the command line is. */
export const EXIT = { ok: 0, input: 1, usage: 2 } as const;

/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file that cannot be used; one clear line. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
