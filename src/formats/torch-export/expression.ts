/** Symbolic sizes, as SymPy writes them: `s0//2 + 1` (str), or `Mul(Integer(8), Symbol('s77', integer=True))` (srepr). */
import { arithmetic, symbol } from '../../graph/index.js';
import type { Dim, Operator } from '../../graph/index.js';

const TOKEN = /\s*(\*\*|\/\/|'[^']*'|[A-Za-z_][\w.]*|\d+|[-+*/%(),=])/y;
/** Longer text than this is no size anyone has, and the parser recurses. */
const MAX_TEXT_LENGTH = 512;
/** The highest power that is written out as a product. */
const MAX_POWER = 4;

/** Reads an expression; one that is no arithmetic on integers becomes a symbol of that text. */
export function parseExpression(text: string): Dim {
  const tokens = text.length <= MAX_TEXT_LENGTH ? tokensOf(text) : undefined;
  const parser = tokens && new Parser(tokens);
  const dim = parser?.sum();
  return dim === undefined || parser?.isDone !== true ? symbol(text.slice(0, MAX_TEXT_LENGTH)) : dim;
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match?.[1] === undefined) return undefined;
    tokens.push(match[1]);
  }
  return tokens;
}

type Apply = (operands: readonly Dim[]) => Dim | undefined;

function chain(operator: Operator): Apply {
  return (operands) => (operands.length === 0 ? undefined : operands.reduce((a, b) => arithmetic(operator, a, b)));
}

/** `x**3` is x * x * x. */
const power: Apply = ([base, exponent]) => {
  if (base === undefined || typeof exponent !== 'number' || exponent < 1 || exponent > MAX_POWER) return undefined;
  return chain('*')(new Array<Dim>(exponent).fill(base));
};

/** Functions of SymPy and of torch/utils/_sympy/functions.py. */
const FUNCTIONS: Readonly<Record<string, Apply>> = {
  Integer: ([value]) => value,
  Add: chain('+'),
  Mul: chain('*'),
  Pow: power,
  FloorDiv: chain('//'),
  CleanDiv: chain('//'),
  Mod: chain('%'),
  PythonMod: chain('%'),
};

/** Recursive descent over the tokens; each level gives undefined where the text goes on differently. */
class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get isDone(): boolean {
    return this.at === this.tokens.length;
  }

  sum(): Dim | undefined {
    return this.chain(['+', '-'], () => this.product());
  }

  private product(): Dim | undefined {
    return this.chain(['*', '//', '%'], () => this.signed());
  }

  private chain(operators: readonly string[], operand: () => Dim | undefined): Dim | undefined {
    let left = operand();
    while (left !== undefined && operators.includes(this.peek())) {
      const operator = this.next() as Operator;
      const right = operand();
      left = right === undefined ? undefined : arithmetic(operator, left, right);
    }
    return left;
  }

  private signed(): Dim | undefined {
    if (!this.take('-')) return this.raised();
    const value = this.signed();
    return value === undefined ? undefined : arithmetic('*', -1, value);
  }

  private raised(): Dim | undefined {
    const base = this.atom();
    if (base === undefined || !this.take('**')) return base;
    const exponent = this.signed();
    return exponent === undefined ? undefined : power([base, exponent]);
  }

  private atom(): Dim | undefined {
    const token = this.next();
    if (token === '(') return this.closed(this.sum());
    if (/^\d/.test(token)) return Number(token);
    if (!/^[A-Za-z_]/.test(token)) return undefined;
    if (!this.take('(')) return symbol(token);
    return token === 'Symbol' ? this.symbolCall() : this.call(token);
  }

  /** `Symbol('s77', positive=True, integer=True)`; what it asserts of the symbol is left. */
  private symbolCall(): Dim | undefined {
    const name = /^'(.*)'$/.exec(this.next())?.[1];
    while (!this.isDone && this.peek() !== ')') this.next();
    return this.closed(name === undefined ? undefined : symbol(name));
  }

  private call(name: string): Dim | undefined {
    const operands: Dim[] = [];
    do {
      const operand = this.sum();
      if (operand === undefined) return undefined;
      operands.push(operand);
    } while (this.take(','));
    return this.closed(Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]?.(operands) : undefined);
  }

  private closed(dim: Dim | undefined): Dim | undefined {
    return this.take(')') ? dim : undefined;
  }

  private peek(): string {
    return this.tokens[this.at] ?? '';
  }

  private next(): string {
    return this.tokens[this.at++] ?? '';
  }

  private take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }
}
