import { FormatError } from '../errors.js';
import type { FormatErrorCode } from '../errors.js';
import { LIMITS } from '../limits.js';
import { Lexer } from './lexer.js';
import type { Token } from './lexer.js';

/** A number, an enum, a bool or a string; the reader of a field decides what it is. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly text: string;
  readonly line: number;
}

/** One message: its fields by name, repeated ones in file order. Unknown fields are kept. */
export interface Message {
  readonly kind: 'message';
  readonly fields: ReadonlyMap<string, readonly Value[]>;
  readonly line: number;
}

export type Value = Scalar | Message;

/** A message whose closing bracket has not come yet. */
interface Open {
  readonly name: string;
  readonly line: number;
  readonly fields: Map<string, Value[]>;
  /** The bracket that closes it; undefined for the file itself. */
  readonly closer: string | undefined;
  /** The repeated field whose `[a, b]` list is open, if any. */
  list: string | undefined;
}

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['<', '>'],
]);

/**
 * Reads protobuf text format as Caffe's parser does (protobuf.dev, "Text Format Language Specification"), a little more
 * tolerant: separators may stand anywhere, unknown fields are kept. One pass, no recursion: time is linear in the text.
 */
export function readText(text: string): Message {
  return new Reader(text).read();
}

class Reader {
  private readonly lexer: Lexer;
  private readonly stack: Open[] = [open('', 1, undefined)];
  private values = 0;

  constructor(text: string) {
    this.lexer = new Lexer(text);
  }

  read(): Message {
    for (let token = this.lexer.next(); token; token = this.lexer.next()) {
      const top = this.top();
      if (top.list !== undefined) this.readListItem(top, top.list, token);
      else if (token.kind === 'word') this.readField(top, token.text);
      else if (token.kind === 'punctuation' && token.text === top.closer) this.close();
      else if (token.text === '[') this.readField(top, this.extensionName());
      else throw this.unexpected(token, top.closer === undefined ? 'a field name' : `a field name or "${top.closer}"`);
    }
    const top = this.top();
    if (top.closer !== undefined) {
      throw failure('TRUNCATED', top.line, `the block "${top.name}" is never closed`);
    }
    return { kind: 'message', fields: top.fields, line: 1 };
  }

  private top(): Open {
    const top = this.stack.at(-1);
    if (!top) throw failure('MALFORMED', this.lexer.line, 'a block is closed that was never opened');
    return top;
  }

  private readField(parent: Open, name: string): void {
    const token = this.expect(`":" or "{" after "${name}"`);
    if (token.kind === 'punctuation' && CLOSERS.has(token.text)) this.open(name, token);
    else if (token.text !== ':') throw this.unexpected(token, `":" or "{" after "${name}"`);
    else this.readValue(parent, name);
  }

  private readValue(parent: Open, name: string): void {
    const token = this.expect(`a value of "${name}"`);
    if (token.kind !== 'punctuation') this.add(parent, name, this.scalar(token));
    else if (CLOSERS.has(token.text)) this.open(name, token);
    else if (token.text === '[') parent.list = name;
    else throw this.unexpected(token, `a value of "${name}"`);
  }

  private readListItem(parent: Open, name: string, token: Token): void {
    if (token.kind !== 'punctuation') this.add(parent, name, this.scalar(token));
    else if (token.text === ']') parent.list = undefined;
    else if (CLOSERS.has(token.text)) this.open(name, token);
    else throw this.unexpected(token, `"]" to end the list of "${name}"`);
  }

  /** Adjacent string literals are one string. */
  private scalar(first: Token): Scalar {
    if (first.kind === 'word') return { kind: 'scalar', text: first.text, line: first.line };
    const parts = [first.text];
    for (let more = this.lexer.nextString(); more !== undefined; more = this.lexer.nextString()) parts.push(more);
    return { kind: 'scalar', text: parts.join(''), line: first.line };
  }

  /** `[package.extension]` in place of a field name. */
  private extensionName(): string {
    const name = this.expect('the name of an extension');
    const closer = this.expect('"]" after the name of an extension');
    if (name.kind !== 'word' || closer.text !== ']')
      throw this.unexpected(closer, '"]" after the name of an extension');
    return `[${name.text}]`;
  }

  private open(name: string, token: Token): void {
    if (this.stack.length > LIMITS.maxDepth) {
      throw failure('LIMIT_EXCEEDED', token.line, `blocks are nested deeper than ${LIMITS.maxDepth}`);
    }
    this.stack.push(open(name, token.line, CLOSERS.get(token.text)));
  }

  private close(): void {
    const closed = this.stack.pop();
    if (closed) this.add(this.top(), closed.name, { kind: 'message', fields: closed.fields, line: closed.line });
  }

  private add(parent: Open, name: string, value: Value): void {
    this.values++;
    if (this.values > LIMITS.maxValues) {
      throw failure('LIMIT_EXCEEDED', value.line, `the file has more than ${LIMITS.maxValues} values`);
    }
    const values = parent.fields.get(name);
    if (values) values.push(value);
    else parent.fields.set(name, [value]);
  }

  private expect(what: string): Token {
    const token = this.lexer.next();
    if (!token) throw failure('TRUNCATED', this.lexer.line, `the file ends where ${what} should stand`);
    return token;
  }

  private unexpected(token: Token, expected: string): FormatError {
    const found = token.kind === 'punctuation' ? `"${token.text}"` : `a ${token.kind}`;
    return failure('MALFORMED', token.line, `${found} stands where ${expected} should`);
  }
}

function open(name: string, line: number, closer: string | undefined): Open {
  return { name, line, fields: new Map(), closer, list: undefined };
}

/** A refusal at a line of the file. */
export function failure(code: FormatErrorCode, line: number, message: string): FormatError {
  return new FormatError({ code, format: 'caffe', location: `line ${line}`, message });
}
