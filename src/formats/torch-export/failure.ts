import { FormatError } from '../errors.js';
import type { FormatErrorCode } from '../errors.js';

interface Where {
  readonly location?: string;
  readonly cause?: unknown;
}

/** A refusal of this format. */
export function failure(code: FormatErrorCode, message: string, where: Where = {}): FormatError {
  return new FormatError({ code, format: 'torch-export', message, ...where });
}
