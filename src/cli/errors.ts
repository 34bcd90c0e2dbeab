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

/** The one line that says what went wrong. */
export function complain(error: UsageError | InputError): void {
  process.stderr.write(`layergauge: ${error.message}\n`);
}

/** What the operating system says, in words that say what to do; undefined where it said nothing. */
export function systemError(path: string, error: unknown): InputError | undefined {
  if (!isSystemError(error)) return undefined;
  return new InputError(error.code, `${path}: ${SYSTEM_ERRORS[error.code] ?? error.message}`);
}

function isSystemError(error: unknown): error is { readonly code: string; readonly message: string } {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EISDIR: 'this is a directory: name a file in it',
  ENOSPC: 'no space is left on the device',
};
