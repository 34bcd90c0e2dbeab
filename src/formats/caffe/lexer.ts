import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';

export interface Token {
  readonly kind: 'word' | 'string' | 'punctuation';
  /** A string's text is unescaped. */
  readonly text: string;
  readonly line: number;
}

const NEWLINE = 10;
const HASH = 35;
const BACKSLASH = 92;

function codes(characters: string): ReadonlySet<number> {
  return new Set([...characters].map((character) => character.charCodeAt(0)));
}

/** Between tokens; `,` and `;` may follow any field, and nothing is lost by allowing them everywhere. */
const SEPARATORS = codes(' \t\r\n\f\v,;\uFEFF');
const PUNCTUATION = codes('{}<>[]:');
const QUOTES = codes('"\'');
/** Identifiers, numbers, and the paths people forget to quote. */
const WORD = codes('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/');

/** Tokens of protobuf text format, one forward pass over the characters. */
export class Lexer {
  line = 1;
  private at = 0;

  constructor(private readonly text: string) {}

  /** The next token, or undefined at the end of the file. */
  next(): Token | undefined {
    this.skip();
    if (this.at >= this.text.length) return undefined;
    const { line } = this;
    const code = this.text.charCodeAt(this.at);
    if (PUNCTUATION.has(code)) return { kind: 'punctuation', text: this.text.charAt(this.at++), line };
    if (QUOTES.has(code)) return { kind: 'string', text: this.string(code), line };
    if (WORD.has(code)) return { kind: 'word', text: this.word(), line };
    throw this.failure('MALFORMED', `the character U+${code.toString(16).padStart(4, '0')} has no meaning here`);
  }

  /** The next token's text where it is a string; otherwise nothing is consumed. */
  nextString(): string | undefined {
    this.skip();
    const code = this.text.charCodeAt(this.at);
    return QUOTES.has(code) ? this.string(code) : undefined;
  }

  private skip(): void {
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at);
      if (code === NEWLINE) this.line++;
      if (code === HASH) this.skipComment();
      else if (SEPARATORS.has(code)) this.at++;
      else return;
    }
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  private word(): string {
    const start = this.at;
    while (WORD.has(this.text.charCodeAt(this.at))) this.at++;
    if (this.at - start > LIMITS.maxNameBytes) {
      throw this.failure('LIMIT_EXCEEDED', `a word is longer than ${LIMITS.maxNameBytes} characters`);
    }
    return this.text.slice(start, this.at);
  }

  /** A literal may not cross a line: that finds a forgotten quote where it was forgotten. */
  private string(quote: number): string {
    const start = ++this.at;
    let escaped = false;
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === quote) return this.literal(start, escaped);
      if (code === NEWLINE) throw this.failure('MALFORMED', 'a string is not closed on its line');
      if (code === BACKSLASH) {
        escaped = true;
        this.at++;
        if (this.text.charCodeAt(this.at) === NEWLINE) this.line++;
      }
    }
    throw this.failure('TRUNCATED', 'the file ends inside a string');
  }

  private literal(start: number, escaped: boolean): string {
    const raw = this.text.slice(start, this.at++);
    if (raw.length > LIMITS.maxStringBytes) {
      throw this.failure('LIMIT_EXCEEDED', `a string is longer than ${LIMITS.maxStringBytes} characters`);
    }
    return escaped ? unescape(raw) : raw;
  }

  private failure(code: 'MALFORMED' | 'TRUNCATED' | 'LIMIT_EXCEEDED', message: string): FormatError {
    return new FormatError({ code, format: 'caffe', location: `line ${this.line}`, message });
  }
}

const ESCAPE = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs;

const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

const LAST_CODE_POINT = 0x10ffff;

function unescape(raw: string): string {
  return raw.replace(ESCAPE, (_, ...groups: (string | undefined)[]) => {
    const [octal, hex, short, long, other = ''] = groups;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const digits = hex ?? short ?? long;
    if (digits === undefined) return NAMED_ESCAPES.get(other) ?? other;
    const code = Number.parseInt(digits, 16);
    return code > LAST_CODE_POINT ? '\uFFFD' : String.fromCodePoint(code);
  });
}
