import { printable } from '../graph/index.js';

/** Every way a structure file can be refused; the README's table of codes is this list. */
export const FORMAT_ERROR_CODES = {
  UNKNOWN_FORMAT: 'no reader recognises the file',
  EMPTY_FILE: 'the file holds no bytes',
  TRUNCATED: 'the file ends in the middle of something',
  MALFORMED: 'the bytes or the text break the rules of the format',
  UNSUPPORTED_VERSION: 'the file is of a version no reader here knows',
  NO_GRAPH: 'the file is well-formed but holds no network',
  INVALID_GRAPH: 'the layers contradict each other',
  LIMIT_EXCEEDED: 'the file is larger or deeper than the limits allow',
  BATCH_FIXED: 'the batch size is baked into the file and cannot be changed',
  SHAPE_UNBOUND: 'nothing says the size of an input dimension, or what says it contradicts the file',
} as const;

export type FormatErrorCode = keyof typeof FORMAT_ERROR_CODES;

export interface FormatErrorDetails {
  readonly code: FormatErrorCode;
  /** The format that refused, such as `onnx`; `detect` before one was chosen. */
  readonly format: string;
  /** Where: `byte 812`, `line 14`, `node "Conv_3"`. */
  readonly location?: string;
  /** What is wrong and what to do next; never a quotation of the file's content beyond names. */
  readonly message: string;
  readonly cause?: unknown;
}

/** Longer than any message here; what names of a file put into those of other rooms is cut. */
const MAX_MESSAGE_LENGTH = 1000;

/** The one error that leaves this room. Its message is one short line, whatever the file holds. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  readonly format: string;
  readonly location: string | undefined;

  constructor(details: FormatErrorDetails) {
    const where = details.location === undefined ? '' : ` at ${details.location}`;
    super(printable(`${details.format}${where}: ${details.message}`, MAX_MESSAGE_LENGTH), { cause: details.cause });
    this.code = details.code;
    this.format = details.format;
    this.location = details.location;
  }
}
